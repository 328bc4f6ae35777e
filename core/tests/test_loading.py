"""Importing what an entry point names."""

import sys
import threading

import pytest

from fairlead import loading
from fairlead.discovery import Group, Status, installed
from fairlead.errors import PluginError


def load(site, source, value="plugin_mod:thing"):
    site.add(
        "some-dist",
        version="2.5",
        entry_points=f"[fairlead.connectors]\nbatch = {value}",
        modules={"plugin_mod": source},
    )
    (entry,) = installed(Group.CONNECTORS)
    return loading.load(entry)


def test_attributes_of_attributes(site):
    """A value may lead to an attribute of an attribute."""
    assert load(site, "class thing:\n    inner = 5\n", "plugin_mod : thing.inner [extra]") == 5


@pytest.mark.parametrize(
    ("source", "stage", "what"),
    [
        ("import no_such_module", "import", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "import", "SystemExit: 3"),
        ("def f(:", "import", "SyntaxError"),
        ("raise RecursionError", "import", "RecursionError"),
        ("", "attribute", "AttributeError"),
    ],
)
def test_failures_name_everything(site, source, stage, what):
    """A failure names the plugin, its distribution and version, the stage, the cause and what to do."""
    with pytest.raises(PluginError) as caught:
        load(site, source)
    error = caught.value
    assert (error.plugin, error.distribution, error.version, error.stage) == ("batch", "some-dist", "2.5", stage)
    assert what in str(error)
    assert error.hint


def test_what_a_plugin_prints_is_no_data(site, capsys):
    """What is printed during an import goes to stderr."""
    assert load(site, "print('hello')\nthing = 1") == 1
    assert capsys.readouterr() == ("", "hello\n")


def test_a_keyboard_interrupt_is_the_users(site):
    """Ctrl-C during an import is no fault of the plugin."""
    with pytest.raises(KeyboardInterrupt):
        load(site, "raise KeyboardInterrupt")


@pytest.mark.parametrize("status", [Status.DISABLED, Status.CONFLICT, Status.INCOMPATIBLE, Status.MALFORMED])
def test_what_is_not_available_is_not_imported(site, status):
    """Where metadata says no, nothing is imported."""
    site.add("some-dist", entry_points="[fairlead.connectors]\nbatch = plugin_mod:x", modules={"plugin_mod": "1/0"})
    (entry,) = installed(Group.CONNECTORS)
    with pytest.raises(PluginError, match="because of this"):
        loading.load(entry._replace(status=status, reason="because of this"))
    assert "plugin_mod" not in sys.modules


def test_a_slow_import_is_named_while_it_lasts(site, monkeypatch):
    """After a while, a warning names the plugin and the variable that gets past it."""
    monkeypatch.setattr(loading, "SLOW_IMPORT_SECONDS", 0.01)
    warned, said = threading.Event(), []
    monkeypatch.setattr(loading._logger, "warning", lambda *args: (said.append(args[0] % args[1:]), warned.set()))
    monkeypatch.setattr(sys, "warned_event", warned, raising=False)
    assert load(site, "import sys\nthing = sys.warned_event.wait(30)") is True
    (text,) = said
    assert "still importing plugin `batch` (some-dist 2.5)" in text
    assert "FAIRLEAD_DISABLE_PLUGINS=some-dist" in text
