"""The registry: connectors by category, loaded at first use, failures kept apart."""

import sys

import msgspec
import pytest

from fairlead import (
    AsyncConnector,
    ConnectorNotFound,
    ConnectorRegistry,
    PluginError,
    ResourceMeta,
    SyncConnector,
    TaskCategory,
    hookimpl,
)

CONNECTOR = """
    from fairlead import SyncConnector

    class C(SyncConnector):
        "Does it."

        name = "{name}"
        task_type = "{task_type}"
        task_type_version = {version}

        def do(self, task, inputs, context): ...
"""


def source(task_type, version=0, name="Batch"):
    return CONNECTOR.format(task_type=task_type, version=version, name=name)


def test_a_plugin_is_loaded_at_its_first_use(site):
    """Asking for one connector imports one plugin, once."""
    site.add("one", entry_points="[fairlead.connectors]\none = one_mod:C", modules={"one_mod": source("one")})
    site.add("two", entry_points="[fairlead.connectors]\ntwo = two_mod:C", modules={"two_mod": source("two")})
    registry = ConnectorRegistry()
    connector = registry.get_connector("one")
    assert connector is registry.get_connector("one")
    assert connector.category == TaskCategory("one")
    assert "two_mod" not in sys.modules


def test_versions_side_by_side(site):
    """Each version of a task type has its own connector."""
    site.add("one", entry_points="[fairlead.connectors]\nbatch = m0:C", modules={"m0": source("batch")})
    site.add("two", entry_points="[fairlead.connectors]\nbatch.v2 = m2:C", modules={"m2": source("batch", 2)})
    registry = ConnectorRegistry()
    assert registry.get_connector("batch").task_type_version == 0
    assert registry.get_connector("batch", 2).task_type_version == 2
    with pytest.raises(ConnectorNotFound, match=r"`batch.v3` is installed; installed are `batch`, `batch.v2`"):
        registry.get_connector("batch", 3)
    (metadata,) = registry.list_connectors()
    assert metadata.categories == (TaskCategory("batch"), TaskCategory("batch", 2))


def test_unknown_task_types_are_explained(site):
    """The error proposes the closest, lists what is installed, and says how to install a known one."""
    site.add("one", entry_points="[fairlead.connectors]\nbatch = m0:C", modules={"m0": source("batch")})
    registry = ConnectorRegistry()
    with pytest.raises(ConnectorNotFound, match=r"Did you mean `batch`\? Installed: batch"):
        registry.get_connector("bacth")
    with pytest.raises(ConnectorNotFound, match="pip install fairlead-databricks"):
        registry.get_connector("spark")


def test_failures_stay_where_they_belong(site):
    """A broken plugin is raised where it is asked for, recorded once, and does not hide the others."""
    site.add("good", entry_points="[fairlead.connectors]\ngood = good_mod:C", modules={"good_mod": source("good")})
    site.add("bad", entry_points="[fairlead.connectors]\nbad = bad_mod:C", modules={"bad_mod": "1/0"})
    registry = ConnectorRegistry()
    for _ in range(2):
        with pytest.raises(PluginError, match="ZeroDivisionError"):
            registry.get_connector("bad")
    assert [metadata.name for metadata in registry.list_connectors()] == ["Batch"]
    assert [failure.distribution for failure in registry.failures] == ["bad"]


def test_strict_raises_everywhere(site, monkeypatch):
    """With FAIRLEAD_STRICT=1 listing fails where a plugin does."""
    monkeypatch.setenv("FAIRLEAD_STRICT", "1")
    site.add("bad", entry_points="[fairlead.connectors]\nbad = bad_mod:C", modules={"bad_mod": "1/0"})
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        ConnectorRegistry().list_connectors()


def test_strict_raises_what_metadata_tells(site, monkeypatch):
    """A conflict is raised at the first question."""
    monkeypatch.setenv("FAIRLEAD_STRICT", "1")
    for name in ("one", "two"):
        site.add(name, entry_points="[fairlead.connectors]\nbatch = m:C")
    with pytest.raises(PluginError, match=r"one 1.0.*two 1.0"):
        ConnectorRegistry().get_connector("anything")


@pytest.mark.parametrize(
    ("line", "module", "message"),
    [
        ("batch = m:C", "C = 5", "5 is neither an AsyncConnector nor a SyncConnector"),
        ("batch = m:C", "class C: pass", "is neither an AsyncConnector nor a SyncConnector"),
        ("batch = m:C", source("other"), "named `batch`, but the connector's task type is `other`"),
        ("batch.v2 = m:C", source("batch"), "named `batch.v2`, but the connector's task type is `batch`"),
        ("batch = m:C", source("batch").replace("def do", "def dont"), "C does not define do"),
        ("batch = m:C", source("batch").replace('task_type = "batch"', ""), "C has no `task_type`"),
        ("batch = m:C", source("batch") + "\n        def __init__(self, url): ...", "C() raised TypeError"),
    ],
)
def test_what_is_no_connector(site, line, module, message):
    """What an entry point names is checked, and the error says what is missing."""
    site.add("batch-dist", entry_points=f"[fairlead.connectors]\n{line}", modules={"m": module})
    with pytest.raises(PluginError) as caught:
        ConnectorRegistry().get_connector(*TaskCategory.parse(line.partition(" ")[0]))
    assert message in str(caught.value)
    assert "batch-dist 1.0" in str(caught.value)


def test_duplicates_name_both(site):
    """Registering what is served already names the one and the other."""
    site.add("batch-dist", entry_points="[fairlead.connectors]\nbatch = m:C", modules={"m": source("batch")})
    registry = ConnectorRegistry()

    class Mine(SyncConnector):
        task_type = "batch"

        def do(self, task, inputs, context): ...

    with pytest.raises(
        PluginError, match=r"Mine.* cannot be registered for task type `batch`: batch-dist 1.0 serves it"
    ):
        registry.register(Mine)
    registry.register(Mine, override=True)
    assert type(registry.get_connector("batch")) is Mine
    with pytest.raises(PluginError, match=r"Mine .*serves it already|Mine serves it already"):
        registry.register(Mine)


def test_a_registered_plugin_class_names_its_distribution():
    """The distribution of a registered class is told where it is known."""
    from fairlead_echo import EchoConnector

    registry = ConnectorRegistry(discover=False)
    registry.register(EchoConnector)
    with pytest.raises(PluginError, match=r"EchoConnector \(fairlead-echo \d.*EchoConnector \(fairlead-echo"):
        registry.register(EchoConnector)


class Meta(ResourceMeta):
    x: int = 0


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"custom_type": dict}, "`custom_type` that is not a msgspec.Struct"),
        ({"task_type": ""}, "has no `task_type`"),
        ({"task_type": 5}, "has no `task_type`"),
    ],
)
def test_wrong_declarations(attributes, message):
    """Class attributes of wrong types are refused at registration."""

    class Wrong(SyncConnector):
        task_type = "wrong"

        def do(self, task, inputs, context): ...

    with pytest.raises(PluginError, match=message):
        ConnectorRegistry(discover=False).register(type("Wrong", (Wrong,), attributes))


def test_the_type_parameter_is_the_metadata_type():
    """`metadata_type` is read off the type parameter, also through a generic class between."""

    class Direct(AsyncConnector[Meta]):
        task_type = "direct"

        def create(self, task, inputs, context): ...
        def get(self, meta, context): ...
        def delete(self, meta, context): ...

    class Derived(Direct):
        task_type = "derived"

    assert Direct.metadata_type is Derived.metadata_type is Meta

    class Without(AsyncConnector):
        task_type = "without"
        create, get, delete = Direct.create, Direct.get, Direct.delete

    with pytest.raises(PluginError, match="has no `metadata_type`"):
        ConnectorRegistry(discover=False).register(Without)


class Bridge:
    @hookimpl
    def fairlead_register_connectors(self, registry):
        class Bridged(SyncConnector):
            """Bridged."""

            task_type = "bridged"

            def do(self, task, inputs, context): ...

        registry.register(Bridged)
        raise RuntimeError("half way")


def test_hooks_register_connectors():
    """A hook adds connectors; if it fails, what it had registered stays and the failure is recorded."""
    registry = ConnectorRegistry(discover=False)
    registry.hooks.register(Bridge(), "bridge")
    assert registry.get_connector("bridged").task_type == "bridged"
    assert "half way" in str(registry.failures[0])


class BridgeOfMany:
    @hookimpl
    def fairlead_register_connectors(self, registry):
        registry.report_failure(PluginError("one of them", plugin="one", stage="import"))

        class Another(SyncConnector):
            """Does it too."""

            task_type = "another"

            def do(self, task, inputs, context): ...

        registry.register(Another)


def test_one_of_many_behind_a_bridge_fails(monkeypatch):
    """A bridge reports what it could not load, and goes on with the others; in strict mode it does not."""
    registry = ConnectorRegistry(discover=False)
    registry.hooks.register(BridgeOfMany(), "bridge")
    assert registry.get_connector("another").task_type == "another"
    assert [failure.plugin for failure in registry.failures] == ["one"]
    monkeypatch.setenv("FAIRLEAD_STRICT", "1")
    strict = ConnectorRegistry(discover=False)
    strict.hooks.register(BridgeOfMany(), "bridge")
    with pytest.raises(PluginError, match="one of them"):
        strict.get_connector("another")


class Editor:
    @hookimpl
    def fairlead_connector_metadata(self, metadata):
        if metadata.name == "Upper":
            return msgspec.structs.replace(metadata, hidden=True)
        return msgspec.structs.replace(metadata, description="edited")


def test_hooks_edit_and_hide_metadata(registry):
    """A hook changes what is told of a connector, or takes it off the list; it can still be used."""
    registry.hooks.register(Editor(), "editor")
    assert [(metadata.name, metadata.description) for metadata in registry.list_connectors()] == [("Jobs", "edited")]
    with pytest.raises(ConnectorNotFound, match="no connector is named 'Upper'"):
        registry.get_connector_metadata("Upper")
    assert registry.get_connector("upper")


def test_wrong_metadata_of_a_hook_is_named(registry):
    """A hook that returns something else is a fault of its plugin."""

    class Wrong:
        @hookimpl
        def fairlead_connector_metadata(self, metadata):
            return {"name": "x"}

    registry.hooks.register(Wrong(), "wrong")
    with pytest.raises(PluginError, match="returned a dict; it must be a ConnectorMetadata"):
        registry.list_connectors()


def test_metadata_by_name(registry):
    """A connector's metadata is found by its display name."""
    metadata = registry.get_connector_metadata("Jobs")
    assert (metadata.is_sync, metadata.categories) == (False, (TaskCategory("jobs"),))
    with pytest.raises(ConnectorNotFound, match="Did you mean `Jobs`"):
        registry.get_connector_metadata("Job")


def test_a_disabled_plugin_is_left_in_peace(site, monkeypatch, caplog):
    """What is wrong with the entry point of a disabled plugin concerns nobody."""
    site.add("odd-dist", entry_points="[fairlead.connectors]\no dd = m:C")
    ConnectorRegistry().list_connectors()
    assert "odd-dist 1.0" in caplog.text
    caplog.clear()
    monkeypatch.setenv("FAIRLEAD_DISABLE_PLUGINS", "odd-dist")
    ConnectorRegistry().list_connectors()
    assert caplog.text == ""


def test_a_conflict_beside_a_disabled_plugin_is_told(site, monkeypatch):
    """Where one claimant is disabled and the others conflict, the conflict is what has to be mended."""
    monkeypatch.setenv("FAIRLEAD_DISABLE_PLUGINS", "a-dist")
    for name in ("a-dist", "b-dist", "c-dist"):
        site.add(name, entry_points="[fairlead.connectors]\nbatch = m:C")
    with pytest.raises(PluginError, match="`batch` is also provided by c-dist"):
        ConnectorRegistry().get_connector("batch")


def test_disabled_plugins_say_so(site, monkeypatch):
    """Asking for what is disabled names the variable."""
    monkeypatch.setenv("FAIRLEAD_DISABLE_PLUGINS", "batch")
    site.add("batch-dist", entry_points="[fairlead.connectors]\nbatch = m:C", modules={"m": "1/0"})
    registry = ConnectorRegistry()
    assert registry.list_connectors() == []
    with pytest.raises(PluginError, match="disabled by FAIRLEAD_DISABLE_PLUGINS"):
        registry.get_connector("batch")
