"""What metadata alone tells of what is installed."""

import sys

import pytest

from fairlead.discovery import Group, PluginFilter, Status, find, installed


def found(group=Group.CONNECTORS):
    return {(entry.name, entry.distribution): (entry.status, entry.reason) for entry in installed(group)}


def statuses():
    return {name: status.value for (name, _), (status, _) in found().items()}


def test_nothing_is_imported(site):
    """A distribution is listed with name, version and summary, its module untouched."""
    site.add(
        "batch",
        entry_points="[fairlead.connectors]\nbatch = batch_mod:C",
        modules={"batch_mod": "1/0"},
        summary="Runs: all",
    )
    (entry,) = installed(Group.CONNECTORS)
    assert (entry.distribution, entry.version, entry.summary) == ("batch", "1.0", "Runs: all")
    assert entry.status is Status.AVAILABLE
    assert "batch_mod" not in sys.modules


def test_versions_of_a_task_type_stand_side_by_side(site):
    """`name` and `name.v2` are two categories, also from two distributions."""
    site.add("one", entry_points="[fairlead.connectors]\nbatch = one:C")
    site.add("two", entry_points="[fairlead.connectors]\nbatch.v2 = two:C")
    assert statuses() == {"batch": "available", "batch.v2": "available"}


def test_conflicts_name_both(site):
    """Two distributions that claim one task type are both a conflict, each naming the other."""
    site.add("one", entry_points="[fairlead.connectors]\nbatch = one:C")
    site.add("two", version="3.1", entry_points="[fairlead.connectors]\nbatch = two:C")
    entries = found()
    assert {status for status, _ in entries.values()} == {Status.CONFLICT}
    assert "two 3.1" in entries["batch", "one"][1]
    assert "FAIRLEAD_DISABLE_PLUGINS=one" in entries["batch", "one"][1]


def test_known_names_keep_their_distribution(site):
    """Nobody takes the task type of one of fairlead's own plugins."""
    site.add("fairlead-echo", entry_points="[fairlead.connectors]\necho = fairlead_echo:C")
    site.add("aaa-impostor", entry_points="[fairlead.connectors]\necho = impostor:C")
    entries = found()
    assert entries["echo", "fairlead-echo"][0] is Status.AVAILABLE
    assert entries["echo", "aaa-impostor"][0] is Status.CONFLICT
    assert find(Group.CONNECTORS, "echo").distribution == "fairlead-echo"
    assert find(Group.CONNECTORS, "ecco") is None


@pytest.mark.parametrize(
    ("disabled", "status"),
    [("one", Status.AVAILABLE), ("one,zed", Status.INCOMPATIBLE), ("one,two,zed", Status.DISABLED)],
)
def test_a_disabled_entry_is_found_last(site, monkeypatch, disabled, status):
    """Of several entry points of one name, the one that says the most is found."""
    site.add("one", entry_points="[fairlead.hosts]\nhost = one:C")
    site.add("two", entry_points="[fairlead.hosts]\nhost = two:C", requires=["fairlead>=99"])
    site.add("zed", entry_points="[fairlead.hosts]\nhost = zed:C")
    monkeypatch.setenv("FAIRLEAD_DISABLE_PLUGINS", disabled)
    assert find(Group.HOSTS, "host").status is status


def test_a_disabled_rival_is_no_conflict(site, monkeypatch):
    """Disabling one of two claims leaves the other."""
    site.add("one", entry_points="[fairlead.connectors]\nbatch = one:C")
    site.add("two", entry_points="[fairlead.connectors]\nbatch = two:C")
    monkeypatch.setenv("FAIRLEAD_DISABLE_PLUGINS", "one")
    entries = found()
    assert entries["batch", "one"][0] is Status.DISABLED
    assert entries["batch", "two"][0] is Status.AVAILABLE


@pytest.mark.parametrize(
    "line",
    [
        "batch = no-module:C",
        "batch = module",
        "batch = module:",
        "batch = :C",
        "batch = module:C:D",
        "batch = module.:C",
        "batch = not a value!!",
        "batch",
        "batch =",
        "two words = module:C",
    ],
)
def test_malformed(site, line):
    """An entry point that names nothing is shown as it stands, beside those that do."""
    site.add("wrong", entry_points=f"[fairlead.connectors]\n{line}\ngood = module:C")
    entries = found()
    assert entries["good", "wrong"][0] is Status.AVAILABLE
    (other,) = (value for key, value in entries.items() if key[0] != "good")
    assert other[0] is Status.MALFORMED
    assert other[1]


@pytest.mark.parametrize("value", ["module:", ":x", "no-module", "module:x:y"])
def test_malformed_hook_plugins(site, value):
    """A hook plugin may be a module, and says so where it names nothing."""
    site.add("wrong", entry_points=f"[fairlead.plugins]\nwrong = {value}\ngood = package.module\nextra = module [x]")
    entries = {entry.name: entry for entry in installed(Group.PLUGINS)}
    assert [name for name, entry in entries.items() if entry.status is Status.AVAILABLE] == ["extra", "good"]
    assert "`name = package.module` or `name = package.module:attribute`" in entries["wrong"].reason


def test_extras_comments_and_other_groups(site):
    """Extras are allowed, comments and foreign groups passed over."""
    text = "# note\n[console_scripts]\nx = y:z\n[fairlead.connectors]\n; note\nbatch = a.b:C.D [extra]\n[fairlead.unheard]\nq = r:s\n"
    site.add("batch", entry_points=text)
    assert statuses() == {"batch": "available"}


def test_incompatible(site):
    """A plugin for a newer fairlead says which one it needs."""
    site.add("newer", entry_points="[fairlead.connectors]\nbatch = newer:C", requires=["fairlead>=999"])
    assert found()["batch", "newer"][0] is Status.INCOMPATIBLE
    assert "it needs fairlead>=999" in found()["batch", "newer"][1]


@pytest.mark.parametrize("content", [b"\xff\xfe[fairlead.connectors]\nx = y:z", b"[fairlead.connectors", b""])
def test_unreadable_metadata_is_passed_over(site, content):
    """A distribution whose entry points cannot be read does not keep the others from being listed."""
    site.add("wrong")
    (site.folder / "wrong-1.0.dist-info" / "entry_points.txt").write_bytes(content)
    site.add("batch", entry_points="[fairlead.connectors]\nbatch = batch:C")
    assert statuses() == {"batch": "available"}


def test_a_distribution_without_metadata_has_a_name(site):
    """A broken installation is still shown, as its folder is named."""
    site.add("half", entry_points="[fairlead.connectors]\nbatch = batch:C")
    (site.folder / "half-1.0.dist-info" / "METADATA").unlink()
    assert list(found()) == [("batch", "half")]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"batch": "available", "batch.v2": "available", "other": "available"}),
        ({"FAIRLEAD_PLUGINS": ""}, {"batch": "disabled", "batch.v2": "disabled", "other": "disabled"}),
        ({"FAIRLEAD_PLUGINS": "other"}, {"batch": "disabled", "batch.v2": "disabled", "other": "available"}),
        ({"FAIRLEAD_PLUGINS": "Batch_Dist"}, {"batch": "available", "batch.v2": "available", "other": "disabled"}),
        ({"FAIRLEAD_DISABLE_PLUGINS": "batch"}, {"batch": "disabled", "batch.v2": "disabled", "other": "available"}),
        (
            {"FAIRLEAD_DISABLE_PLUGINS": "batch.v2"},
            {"batch": "available", "batch.v2": "disabled", "other": "available"},
        ),
        (
            {"FAIRLEAD_PLUGINS": "other", "FAIRLEAD_DISABLE_PLUGINS": "other"},
            {"batch": "disabled", "batch.v2": "disabled", "other": "disabled"},
        ),
    ],
)
def test_filter(site, monkeypatch, environment, expected):
    """The allow list and the deny list take distributions, entry points and task types."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    site.add("batch-dist", entry_points="[fairlead.connectors]\nbatch = a:C\nbatch.v2 = a:D")
    site.add("other-dist", entry_points="[fairlead.connectors]\nother = b:C")
    assert statuses() == expected


def test_an_empty_allow_list_allows_nothing():
    """Not set is all, empty is none."""
    assert PluginFilter.from_environment({}).allowed is None
    assert PluginFilter.from_environment({"FAIRLEAD_PLUGINS": " , "}).allowed == frozenset()


def test_hook_plugins_may_share_a_name(site):
    """For hook plugins the name of the entry point means nothing."""
    site.add("one", entry_points="[fairlead.plugins]\nmetrics = one:x")
    site.add("two", entry_points="[fairlead.plugins]\nmetrics = two:x")
    assert {status for status, _ in found(Group.PLUGINS).values()} == {Status.AVAILABLE}
