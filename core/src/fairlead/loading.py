"""Import what an entry point names, so that a broken plugin can never take the program down."""

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import reduce

from fairlead.discovery import DISABLE_VARIABLE, PluginEntry, Status
from fairlead.errors import PluginError
from fairlead.logs import get_logger

SLOW_IMPORT_SECONDS = 5.0

_logger = get_logger(__name__)


def load(entry: PluginEntry) -> object:
    """Return the object that an entry point names: an attribute of a module, or the module where none is named.

    Whatever goes wrong in the plugin, also `SystemExit`, becomes a `PluginError` that names the
    distribution, the stage and what to do. A plugin that takes more than five seconds is named in a
    warning while it is still being imported, because it may never end. What it prints goes to stderr: stdout
    is for data.
    """
    if entry.status is not Status.AVAILABLE:
        raise failure(entry, "metadata", entry.reason, hint=_metadata_hint(entry))
    module_name, _, attribute = entry.value.partition("[")[0].replace(" ", "").partition(":")
    with _named_while_slow(entry), redirect_stdout(sys.stderr):
        try:
            module = importlib.import_module(module_name)
        except (Exception, SystemExit) as error:
            raise failure(entry, "import", described(error), hint=_import_hint(entry, error)) from error
        try:
            return reduce(getattr, filter(None, attribute.split(".")), module)
        except (Exception, SystemExit) as error:
            hint = f"`{entry.value}` is named in the metadata of {entry.distribution}; its author must correct the entry point"
            raise failure(entry, "attribute", described(error), hint=hint) from error


def failure(entry: PluginEntry, stage: str, what: str, *, hint: str) -> PluginError:
    """Return the error for a plugin that failed at a stage."""
    return PluginError(
        f"plugin `{entry.name}` ({entry.provider}) failed at stage {stage}: {what.rstrip('.')}. {hint}.",
        plugin=entry.name,
        distribution=entry.distribution,
        version=entry.version,
        stage=stage,
        hint=hint,
    )


def described(error: BaseException) -> str:
    """Return an error as one line: its class and its text, if that can be had."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # raised by the `__str__` of the error's author
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def disable_hint(entry: PluginEntry) -> str:
    """Return how to go on without a plugin."""
    return f"Set {DISABLE_VARIABLE}={entry.distribution} to go on without it"


@contextmanager
def _named_while_slow(entry: PluginEntry) -> Iterator[None]:
    def warn() -> None:
        _logger.warning(
            "still importing plugin `%s` (%s) after %g s. %s.",
            entry.name,
            entry.provider,
            SLOW_IMPORT_SECONDS,
            disable_hint(entry),
        )

    timer = threading.Timer(SLOW_IMPORT_SECONDS, warn)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _metadata_hint(entry: PluginEntry) -> str:
    return {
        Status.DISABLED: "Change that variable to use it",
        Status.CONFLICT: "Uninstall or disable one of them",
        Status.INCOMPATIBLE: "Upgrade fairlead, or install another version of the plugin",
    }.get(entry.status, f"The author of {entry.distribution} must correct its entry point")


def _import_hint(entry: PluginEntry, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"Install what is missing (`pip install --force-reinstall {entry.distribution}`), or set {DISABLE_VARIABLE}={entry.distribution}"
    return disable_hint(entry)
