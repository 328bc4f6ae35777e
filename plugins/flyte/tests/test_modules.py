"""Connectors in modules that are named, without an entry point."""

import sys

import pytest

from fairlead import ConnectorRegistry, PluginError
from fairlead_flyte.modules import import_modules

CONNECTOR = """
from fairlead import Phase, Resource, SyncConnector
from fairlead_echo import EchoConnector

class Base(SyncConnector):
    "Abstract: it has no `do`."

class Own(Base):
    task_type = "own"

    def do(self, task, inputs, context):
        return Resource(phase=Phase.SUCCEEDED)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, which is not among the places where modules are looked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def registry():
    return ConnectorRegistry(discover=False)


def test_the_connectors_of_a_module(folder, registry):
    """The connectors that a module of the working directory defines are registered, and not those that it imports."""
    (folder / "own_module.py").write_text(CONNECTOR)
    import_modules(["own_module"], registry)
    assert [metadata.name for metadata in registry.list_connectors()] == ["Own"]


def test_no_modules(folder, registry):
    """Without a name nothing is imported, and the places where modules are looked for stay."""
    before = list(sys.path)
    import_modules([], registry)
    assert sys.path == before


def test_a_module_that_is_not_there(folder, registry):
    """A module that nobody has is an error that says where it was looked for."""
    with pytest.raises(PluginError, match="module `nowhere_module` cannot be imported: ModuleNotFoundError") as caught:
        import_modules(["nowhere_module"], registry)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("source", ["raise SystemExit(3)", "1 / 0", "import nobody_has_this", "def"])
def test_a_module_that_breaks(folder, registry, source):
    """Whatever a module raises is an error that names it."""
    (folder / "breaks_module.py").write_text(source)
    with pytest.raises(PluginError, match="module `breaks_module` cannot be imported"):
        import_modules(["breaks_module"], registry)


def test_a_task_type_that_is_taken(folder, registry):
    """Two modules with one task type are an error that names both."""
    (folder / "first_module.py").write_text(CONNECTOR)
    (folder / "second_module.py").write_text(CONNECTOR)
    with pytest.raises(
        PluginError, match=r"second_module\.Own cannot be registered .* first_module\.Own serves it already"
    ):
        import_modules(["first_module", "second_module"], registry)
