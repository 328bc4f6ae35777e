"""Local stand-ins of external systems, for `fairlead run --local`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.discovery import Group, PluginEntry, Status, find, installed
from fairlead.errors import InvalidTask
from fairlead.loading import described, failure, load

if TYPE_CHECKING:
    from fairlead.category import TaskCategory

_HINT = "This is for its author to correct"


class LocalBackend(msgspec.Struct, frozen=True, kw_only=True):
    """How a connector reaches a running stand-in: what it finds in `context.configs` and through `context.secret`."""

    configs: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}


@asynccontextmanager
async def local_backend(category: TaskCategory) -> AsyncIterator[LocalBackend]:
    """Start the stand-in for a task type, and end it afterwards.

    The entry point of that task type in `fairlead.local_backends` names a function without arguments that
    returns an async context manager, which gives a `LocalBackend`. Raises `InvalidTask` where no stand-in
    is installed, `PluginError` where it cannot be loaded or started.
    """
    entry = _entry(category)
    factory: Any = load(entry)
    async with AsyncExitStack() as stack:
        try:
            backend = await stack.enter_async_context(factory())
        except Exception as error:
            raise failure(entry, "call", f"the stand-in did not start: {described(error)}", hint=_HINT) from error
        if not isinstance(backend, LocalBackend):
            raise failure(
                entry, "check", f"the stand-in gave a {type(backend).__name__}, not a LocalBackend", hint=_HINT
            )
        yield backend


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
