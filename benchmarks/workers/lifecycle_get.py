"""Time `Lifecycle.get` and the connector's own `get` in turns, in one event loop; print the differences in µs."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fairlead import (
    AsyncConnector,
    ConnectorRegistry,
    Context,
    Deadline,
    Handle,
    Hooks,
    Lifecycle,
    Phase,
    Resource,
    ResourceMeta,
    TaskTemplate,
)

_ROUNDS = 40
_CALLS = 500

_RUNNING = Resource(phase=Phase.RUNNING)


class Job(ResourceMeta):
    """A job that never ends."""

    job_id: str


class _Connector(AsyncConnector[Job]):
    """What a connector needs besides `get`."""

    metadata_type = Job

    async def create(self, task: TaskTemplate[Any], inputs: dict[str, Any], context: Context) -> Job:
        return Job("1")

    async def delete(self, meta: Job, context: Context) -> None:
        return


class Prompt(_Connector):
    """Answers at once."""

    task_type = "prompt"

    async def get(self, meta: Job, context: Context) -> Resource:
        """Answer."""
        return _RUNNING


class Waiting(_Connector):
    """Gives the event loop a turn before it answers, as one does that waits for the network."""

    task_type = "waiting"

    async def get(self, meta: Job, context: Context) -> Resource:
        """Answer after a turn of the loop."""
        await asyncio.sleep(0)
        return _RUNNING


class Plain(_Connector):
    """Answers at once, from a plain function."""

    task_type = "plain"

    def get(self, meta: Job, context: Context) -> Resource:
        """Answer."""
        return _RUNNING


async def differences() -> dict[str, float]:
    """Return what `Lifecycle.get` adds to each connector's `get`, in microseconds."""
    lifecycle = Lifecycle(ConnectorRegistry(Hooks(discover=False), discover=False))
    for connector in (Prompt, Waiting, Plain):
        lifecycle.registry.register(connector)
    meta, context = Job("877342190441522"), Context(deadline=Deadline.after(3600))
    prompt, waiting, plain = Prompt(), Waiting(), Plain()

    def through_lifecycle(connector: _Connector) -> Callable[[], Awaitable[object]]:
        handle = Handle(connector.category, meta.encode())
        return lambda: lifecycle.get(handle, context)

    async def plainly() -> Resource:
        return plain.get(meta, context)

    return {
        "prompt": await _difference(through_lifecycle(prompt), lambda: prompt.get(meta, context)),
        "waiting": await _difference(through_lifecycle(waiting), lambda: waiting.get(meta, context)),
        "plain": await _difference(through_lifecycle(plain), plainly),
        "plain_over_thread": await _difference(
            through_lifecycle(plain), lambda: asyncio.to_thread(plain.get, meta, context)
        ),
    }


async def _difference(ours: Callable[[], Awaitable[object]], alone: Callable[[], Awaitable[object]]) -> float:
    """Return the median of what `ours` takes longer than `alone`, over rounds in which both have their turn."""
    await _microseconds(ours)  # once for the caches
    return statistics.median([await _microseconds(ours) - await _microseconds(alone) for _ in range(_ROUNDS)])


async def _microseconds(call: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    for _ in range(_CALLS):
        await call()
    seconds = time.perf_counter() - started
    await asyncio.sleep(0)  # so that the loop drops the timers of past deadlines
    return seconds / _CALLS * 1e6


if __name__ == "__main__":
    print(json.dumps(asyncio.run(differences())))
