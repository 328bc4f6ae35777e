"""Load the plugins of flytekit and flyte 2 such that one that is broken harms nobody else."""

from __future__ import annotations

import importlib
import importlib.metadata
import signal
import sys
import threading
from collections.abc import Collection
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import importlib_metadata

from fairlead.discovery import Group, PluginEntry, PluginFilter, Status
from fairlead.loading import described, disable_hint, failure
from fairlead_flyte.bridge.groups import PeerGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fairlead import PluginError


def load_plugins(groups: Collection[PeerGroup]) -> list[PluginError]:
    """Load every plugin of these groups, and return what failed.

    `FAIRLEAD_PLUGINS` and `FAIRLEAD_DISABLE_PLUGINS` apply to them, by distribution or entry point. What they print goes
    to stderr.
    """
    failures: list[PluginError] = []
    with redirect_stdout(sys.stderr):
        if PeerGroup.FLYTEKIT in groups:
            with _isolated(failures), _undisturbed():
                _import_flytekit(failures)
        if PeerGroup.FLYTE in groups:
            for plugin in importlib_metadata.entry_points(group=PeerGroup.FLYTE):
                _load_isolated(plugin, plugin.load, failures)
    return failures


@contextmanager
def _isolated(failures: list[PluginError]) -> Iterator[None]:
    """Keep errors of flytekit's plugins from flytekit, which loads them while it is imported, and knows no `try`.

    Its entry points are the standard library's, or those of `importlib_metadata`, which puts its own in their place.
    """
    with ExitStack() as stack:
        for class_ in (importlib.metadata.EntryPoint, importlib_metadata.EntryPoint):
            stack.enter_context(_loading_isolated(class_, failures))
        yield


@contextmanager
def _loading_isolated(class_: Any, failures: list[PluginError]) -> Iterator[None]:
    original = class_.load

    def load(plugin: Any) -> object:
        if plugin.group != PeerGroup.FLYTEKIT:
            return original(plugin)
        return _load_isolated(plugin, lambda: original(plugin), failures)

    class_.load = load
    try:
        yield
    finally:
        class_.load = original


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Undo what the import of flytekit changes in the whole process: how Ctrl-C and uncaught exceptions are handled."""
    is_main = threading.current_thread() is threading.main_thread()
    handler, excepthook = signal.getsignal(signal.SIGINT), sys.excepthook
    try:
        yield
    finally:
        sys.excepthook = excepthook
        if is_main and handler is not None:
            signal.signal(signal.SIGINT, handler)


def _import_flytekit(failures: list[PluginError]) -> None:
    try:
        importlib.import_module("flytekit")
    except (Exception, SystemExit) as error:
        entry = PluginEntry(Group.CONNECTORS, "flytekit", "flytekit", "flytekit", "", "")
        hint = "Its plugins are installed, but cannot be used without it"
        failures.append(failure(entry, "import", described(error), hint=hint))


def _load_isolated(plugin: Any, load: Callable[[], object], failures: list[PluginError]) -> object:
    entry = PluginFilter.from_environment().apply(_entry(plugin))
    if entry.status is Status.DISABLED:
        return None
    try:
        return load()
    except (Exception, SystemExit) as error:
        failures.append(failure(entry, "import", described(error), hint=disable_hint(entry)))
        return None


def _entry(plugin: Any) -> PluginEntry:
    """Return a plugin as fairlead's own are described."""
    distribution, version = (plugin.dist.name, plugin.dist.version) if plugin.dist else ("", "")
    return PluginEntry(Group.CONNECTORS, plugin.name, plugin.value, distribution, version, "")
