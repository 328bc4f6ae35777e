"""The plugins that observe, refuse or answer, and the calls to them."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pluggy

from fairlead import hookspecs
from fairlead.discovery import Group, PluginEntry, Status, installed, is_strict
from fairlead.errors import DeadlineExceeded, FairleadError, PluginError, TransientError, is_passing
from fairlead.hookcall import OnError, call_hook, call_hook_sync
from fairlead.loading import described, disable_hint, failure, load
from fairlead.logs import get_logger
from fairlead.trace import is_tracing, traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from pluggy import HookCaller, HookImpl

    from fairlead.context import Context

    Redact = Callable[[str], str]

_SYNCHRONOUS = frozenset({"fairlead_register_connectors", "fairlead_connector_metadata"})
_PREFIX = "fairlead_"
_NEVER = float("inf")
_OBSERVER_SECONDS = 2.0  # somebody waits for what they observe
_OBSERVER_LEAST = 0.25

_logger = get_logger(__name__)


class Hooks:
    """The loaded hook plugins.

    The plugins of the entry-point group `fairlead.plugins` are loaded when the first hook is called. One
    that cannot be loaded is recorded in `failures` and left out, or raised with `FAIRLEAD_STRICT=1`.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self.failures: list[PluginError] = []
        self._manager = pluggy.PluginManager("fairlead")
        self._manager.add_hookspecs(hookspecs)
        self._entries: dict[str, PluginEntry] = {}
        self._found: dict[str, list[HookImpl]] = {}
        self._pending = discover

    def register(self, plugin: object, name: str | None = None) -> None:
        """Add a plugin of this process; raise `PluginError` where it has no hooks, or one that cannot be called."""
        name = name or getattr(plugin, "__name__", None) or type(plugin).__name__
        was_there = self._manager.is_registered(plugin)
        self._found.clear()
        try:
            _check_implementations(plugin)
            self._manager.register(plugin, name)
            self._manager.check_pending()
            self._check_callable(plugin)
        except (ValueError, TypeError, pluggy.PluginValidationError) as error:
            if self._manager.is_registered(plugin) and not was_there:
                self._manager.unregister(plugin)
            hint = "Its hooks must be marked with fairlead.hookimpl, and have the names and arguments that fairlead.hookspecs lists"
            message = f"plugin `{name}` failed at stage register: {described(error)}. {hint}."
            raise PluginError(message, plugin=name, stage="register", hint=hint) from error

    def plugins(self) -> list[tuple[str, PluginEntry | None, list[str]]]:
        """Return the name of each loaded plugin, its entry point and the hooks that it implements."""
        self._load()
        return [
            (
                name,
                self._entries.get(name),
                sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ()),
            )
            for name, plugin in self._manager.list_name_plugin()
        ]

    async def observe(self, hook: str, surroundings: Context, /, **arguments: object) -> None:
        """Call a hook whose errors must change nothing: they are logged with the plugin's name."""
        implementations = self._implementations(hook)
        if not implementations:
            return
        redact = surroundings.redactor.redact

        def log(implementation: HookImpl, error: BaseException) -> None:
            _logger.warning("%s", redact(str(self._plugin_error(implementation, error))))

        seconds = min(_OBSERVER_SECONDS, max(_OBSERVER_LEAST, surroundings.deadline.remaining))
        try:
            await _call(hook, implementations, arguments, redact, on_error=log, seconds=seconds)
        except Exception as error:
            _logger.warning("hook %s failed: %s", hook, redact(described(error)))

    async def require(self, hook: str, surroundings: Context, /, **arguments: object) -> None:
        """Call a hook that may stop the operation: its `FairleadError` is raised, any other as `PluginError`."""
        await self.ask(hook, surroundings, firstresult=False, **arguments)

    async def ask(self, hook: str, surroundings: Context, /, *, firstresult: bool = True, **arguments: object) -> Any:
        """Return the first answer that is not None; errors are as for `require`."""
        if implementations := self._implementations(hook):
            redact, seconds = surroundings.redactor.redact, surroundings.deadline.remaining
            on_error = self._raising(redact)
            call = _call(
                hook, implementations, arguments, redact, on_error=on_error, seconds=seconds, firstresult=firstresult
            )
            return await call
        return None

    def ask_now(self, hook: str, **arguments: object) -> Any:
        """Return the first answer that is not None, of a hook that only plain functions implement."""
        if implementations := self._implementations(hook):
            return call_hook_sync(implementations, arguments, firstresult=True, on_error=self._raising())
        return None

    def tell_now(self, hook: str, **arguments: object) -> None:
        """Call a hook that only plain functions implement; an error is a failure of its plugin."""
        if implementations := self._implementations(hook):
            call_hook_sync(implementations, arguments, firstresult=False, on_error=self._record)

    def _implementations(self, hook: str) -> list[HookImpl]:
        if self._pending:
            self._load()
        found = self._found.get(hook)
        if found is None:
            caller: HookCaller = getattr(self._manager.hook, hook)
            found = self._found[hook] = caller.get_hookimpls()
        return found

    def _load(self) -> None:
        if not self._pending:
            return
        self._pending = False
        for entry in installed(Group.PLUGINS):
            if entry.status is Status.DISABLED:
                continue
            try:
                self.load_entry(entry)
            except PluginError as error:
                if is_strict():
                    raise
                self.failures.append(error)
                _logger.warning("%s", error)

    def load_entry(self, entry: PluginEntry) -> None:
        """Load and register the plugin that an entry point names; raise `PluginError`."""
        plugin = load(entry)
        name = entry.name if entry.name not in self._entries else f"{entry.distribution}:{entry.name}"
        try:
            self.register(plugin, name)
        except PluginError as error:
            raise failure(entry, "register", described(error.__cause__ or error), hint=error.hint) from error
        self._entries[name] = entry

    def _check_callable(self, plugin: object) -> None:
        """Raise TypeError for a plugin whose hooks would never be called, or never with what they need."""
        callers = self._manager.get_hookcallers(plugin)
        if not callers:
            message = "it has no hooks; name the object that has them, such as the module"
            raise TypeError(message)
        if not inspect.isclass(plugin):
            return
        for implementation in (each for caller in callers for each in caller.get_hookimpls() if each.plugin is plugin):
            function = implementation.function
            if inspect.isfunction(function) and next(iter(inspect.signature(function).parameters), "") == "self":
                message = f"hook `{function.__name__}` needs an instance of the class; name an instance"
                raise TypeError(message)

    def _plugin_error(self, implementation: HookImpl, error: BaseException) -> PluginError:
        entry = self._entries.get(implementation.plugin_name)
        what = f"hook {implementation.function.__name__} raised {described(error)}"
        if entry:
            return failure(entry, "call", what, hint=disable_hint(entry))
        return PluginError(
            f"plugin `{implementation.plugin_name}`: {what}", plugin=implementation.plugin_name, stage="call"
        )

    def _raising(self, redact: Redact = str) -> OnError:
        """Return what raises an error of an implementation: its own `FairleadError`, or one that names the plugin."""

        def on_error(implementation: HookImpl, error: BaseException) -> None:
            refusal = error if isinstance(error, FairleadError) else self._plugin_error(implementation, error)
            if is_passing(error):
                refusal = TransientError(str(refusal))
            raise refusal.with_message(redact(str(refusal))) from None

        return on_error

    def _record(self, implementation: HookImpl, error: BaseException) -> None:
        failed = self._plugin_error(implementation, error)
        if is_strict():
            raise failed from error
        self.failures.append(failed)
        _logger.warning("%s", failed)


async def _call(
    hook: str,
    implementations: list[HookImpl],
    arguments: dict[str, object],
    redact: Redact,
    *,
    on_error: OnError,
    seconds: float,
    firstresult: bool = False,
) -> Any:
    """Call a hook for so many seconds at the most; a hook that hangs must not hold its operation for ever."""
    import asyncio  # `fairlead plugins` does without it

    trace = traced(f"  hook {hook}", arguments, redact) if is_tracing() else nullcontext()
    try:
        with trace:
            async with asyncio.timeout(None if seconds == _NEVER else seconds) as limit:
                return await call_hook(implementations, arguments, firstresult=firstresult, on_error=on_error)
    except TimeoutError:
        if not limit.expired():
            raise
        names = ", ".join(f"`{implementation.plugin_name}`" for implementation in implementations)
        message = f"hook {hook} did not end within {seconds:.3g} s (plugins {names})"
        raise DeadlineExceeded(message) from None


def _check_implementations(plugin: object) -> None:
    """Raise TypeError for what pluggy would take and then call wrongly."""
    implementations = {name: getattr(plugin, name, None) for name in dir(plugin) if name.startswith(_PREFIX)}
    for name, function in implementations.items():
        options = getattr(function, "fairlead_impl", None)
        if options is None:
            if hasattr(hookspecs, name):
                message = f"hook `{name}` is not marked, so that it would never be called"
                raise TypeError(message)
            continue
        if options["hookwrapper"]:
            message = f"hook `{name}` is an old-style wrapper; use `wrapper=True`"
            raise TypeError(message)
        if name in _SYNCHRONOUS and inspect.iscoroutinefunction(function):
            message = f"hook `{name}` is called without an event loop, so it must be a plain function, not `async def`"
            raise TypeError(message)
        if inspect.isasyncgenfunction(function):
            message = f"hook `{name}` is an async generator; a wrapper is a plain generator"
            raise TypeError(message)
