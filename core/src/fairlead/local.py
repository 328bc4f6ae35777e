"""Local stand-ins of external systems, for `fairlead run --local`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.discovery import Group, PluginEntry, Status, find, installed
from fairlead.errors import InvalidTask, is_from_outside
from fairlead.loading import described, failure, load
from fairlead.logs import get_logger

if TYPE_CHECKING:
    from types import TracebackType

    from fairlead.category import TaskCategory

_HINT = "This is for its author to correct"

_logger = get_logger(__name__)


class LocalBackend(msgspec.Struct, frozen=True, kw_only=True):
    """How a connector reaches a running stand-in: what it finds in `context.configs` and through `context.secret`."""

    configs: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}


@asynccontextmanager
async def local_backend(category: TaskCategory) -> AsyncIterator[LocalBackend]:
    """Start the stand-in for a task type, and end it afterwards.

    The entry point of that task type in `fairlead.local_backends` names a function without arguments that
    returns an async context manager, which gives a `LocalBackend`. Raises `InvalidTask` where no stand-in
    is installed, `PluginError` where it cannot be loaded or started. What the work comes to counts: a stand-in
    that cannot be ended is a warning.
    """
    entry = _entry(category)
    factory: Any = load(entry)
    async with _Started(entry) as stack:
        try:
            backend = await stack.enter_async_context(factory())
        except BaseException as error:
            if is_from_outside(error):
                raise
            raise failure(entry, "call", f"the stand-in did not start: {described(error)}", hint=_HINT) from error
        if not isinstance(backend, LocalBackend):
            raise failure(
                entry, "check", f"the stand-in gave a {type(backend).__name__}, not a LocalBackend", hint=_HINT
            )
        yield backend


class _Started(AsyncExitStack[None]):
    """Ends a stand-in, which is told the error of the work, and can neither change nor hide it."""

    def __init__(self, entry: PluginEntry) -> None:
        super().__init__()
        self._entry = entry

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(error_type, error, traceback)
        except BaseException as caught:
            if is_from_outside(caught):
                raise
            if caught is not error:
                what = f"the stand-in did not stop: {described(caught)}"
                _logger.warning("%s", failure(self._entry, "call", what, hint=_HINT))


def _entry(category: TaskCategory) -> PluginEntry:
    entry = find(Group.LOCAL_BACKENDS, str(category)) or find(Group.LOCAL_BACKENDS, category.name)
    if entry is not None:
        return entry
    entries = installed(Group.LOCAL_BACKENDS)
    known = ", ".join(entry.name for entry in entries if entry.status is Status.AVAILABLE) or "none"
    message = (
        f"no local stand-in for task type `{category}` is installed, so --local cannot be used; installed: {known}"
    )
    raise InvalidTask(message)
