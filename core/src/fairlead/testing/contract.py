"""The contract of connectors, as test classes for pytest.

A plugin's whole conformance test is::

    from fairlead.testing import AsyncConnectorContract

    class TestContract(AsyncConnectorContract):
        connector = BatchConnector
        task = {"type": "batch_job", "custom": {"queue": "test"}}

Each test is a plain method that runs its own event loop, so pytest needs no plugin for it. Jobs really run:
point the connector to a test system, and give a task that ends soon, but not at once.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from fairlead.backoff import Backoff
from fairlead.connector import AsyncConnector, Connector, SyncConnector, optional_methods
from fairlead.context import Context, Deadline
from fairlead.discovery import Group, Status, installed
from fairlead.errors import DeadlineExceeded, ResourceNotFound
from fairlead.handle import Handle
from fairlead.lifecycle import Lifecycle
from fairlead.registry import ConnectorRegistry
from fairlead.resource import LogLine, LogPage, Phase, Resource
from fairlead.runner import Runner
from fairlead.task import TaskTemplate

_POLL = Backoff(initial=0.05, maximum=0.5)


class _Contract:
    """What holds for both kinds of connectors."""

    connector: ClassVar[type[Connector]]
    task: ClassVar[dict[str, Any]]
    """A task, written as in a task file."""

    inputs: ClassVar[dict[str, Any]] = {}
    expected: ClassVar[Phase] = Phase.SUCCEEDED
    """The phase in which the task ends."""

    seconds: ClassVar[float] = 60.0
    """How long each operation, and the whole task, may take."""

    def test_an_entry_point_names_the_connector(self) -> None:
        """The installed package names the connector under its task type, so that hosts find it."""
        category = self.connector().category
        names = [entry.name for entry in installed(Group.CONNECTORS) if entry.status is Status.AVAILABLE]
        assert str(category) in names, f"no entry point in `{Group.CONNECTORS}` is named `{category}`"
        loaded = ConnectorRegistry().get_connector(*category)
        assert type(loaded) is self.connector, f"the entry point `{category}` leads to {type(loaded)!r}"

    def test_it_describes_itself(self) -> None:
        """The connector has a docstring, for `fairlead info`."""
        assert self.connector().description, "the connector class has no docstring"

    def test_the_task_ends_as_expected(self) -> None:
        """The task runs to the expected phase."""
        _assert_phase(asyncio.run(self._run()), self.expected)

    async def _run(self) -> Resource:
        async with self._lifecycle() as lifecycle:
            with self._in_time():
                return await self._runner(lifecycle).run(
                    self._task(), self._inputs(), self._context(), timeout=self.seconds
                )

    def _task(self) -> TaskTemplate:
        from fairlead.cli.taskfile import task_of

        return task_of(self.task)

    def _inputs(self) -> dict[str, Any]:
        return {**(self.task.get("inputs") or {}), **self.inputs}

    def _runner(self, lifecycle: Lifecycle) -> Runner:
        return Runner(lifecycle, poll=_POLL, operation_seconds=self.seconds)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        started, limit = time.monotonic(), f"the {self.seconds:g} s of `seconds`"
        try:
            yield
        except DeadlineExceeded as error:
            message = f"the task did not end within {limit}: {error}"
            raise AssertionError(message) from None
        taken = time.monotonic() - started  # a method that blocks the event loop cannot be stopped
        assert taken <= self.seconds, f"the task took {taken:.3g} s, more than {limit}"

    def _lifecycle(self) -> Lifecycle:
        """Return a lifecycle with a connector instance of its own, as another process would have."""
        registry = ConnectorRegistry(discover=False)
        registry.register(self.connector)
        return Lifecycle(registry)

    def _context(self, key: str = "") -> Context:
        return Context(idempotency_key=key or uuid.uuid4().hex, deadline=Deadline.after(self.seconds))


class SyncConnectorContract(_Contract):
    """Tests that hold a sync connector to the contract."""

    connector: ClassVar[type[SyncConnector]]


class AsyncConnectorContract(_Contract):
    """Tests that hold an async connector to the contract."""

    connector: ClassVar[type[AsyncConnector[Any]]]

    def test_the_same_key_leads_to_the_same_job(self) -> None:
        """A create that is repeated with its idempotency key starts nothing new."""
        key = uuid.uuid4().hex
        first, second = asyncio.run(self._created(key)), asyncio.run(self._created(key))
        asyncio.run(self._deleted(first))
        assert first == second, "`create` with the same idempotency key led to two jobs"

    def test_another_key_leads_to_another_job(self) -> None:
        """Jobs of different keys are different jobs."""
        first, second = asyncio.run(self._created()), asyncio.run(self._created())
        asyncio.run(self._deleted(first))
        asyncio.run(self._deleted(second))
        assert first != second, "`create` with two idempotency keys led to one job"

    def test_the_meta_survives_printing(self) -> None:
        """The meta reads back equal, also from a newer version that has more fields."""
        handle = asyncio.run(self._created())
        asyncio.run(self._deleted(handle))
        decode = self.connector.metadata_type.decode
        meta = decode(Handle.parse(str(handle)).meta)
        assert decode(meta.encode()) == meta, "the meta does not read back equal"
        newer = {**json.loads(handle.meta), "a_field_of_a_newer_version": 1}
        assert decode(json.dumps(newer).encode()) == meta, "unknown fields of a meta must be ignored"

    def test_any_process_can_follow(self) -> None:
        """A connector that was made after the job follows it to its end, from the printed handle alone."""
        handle = str(asyncio.run(self._created()))
        _assert_phase(asyncio.run(self._followed(Handle.parse(handle))), self.expected)

    def test_delete_ends_a_job_and_may_be_repeated(self) -> None:
        """A deleted job ends; deleting it again is harmless."""
        handle = asyncio.run(self._created())
        asyncio.run(self._deleted(handle))
        asyncio.run(self._deleted(handle))
        with suppress(ResourceNotFound):
            assert asyncio.run(self._followed(handle)).phase.is_terminal

    def test_delete_is_harmless_after_the_end(self) -> None:
        """Deleting a job that has ended does not change how it ended."""
        handle = asyncio.run(self._created())
        asyncio.run(self._followed(handle))
        asyncio.run(self._deleted(handle))
        with suppress(ResourceNotFound):
            _assert_phase(asyncio.run(self._followed(handle)), self.expected)

    def test_logs_go_on_after_a_token(self) -> None:
        """Where there are logs, those of an ended job go on after each token, and none of their lines comes again."""
        if "get_logs" not in optional_methods(self.connector()):
            import pytest  # the kit is imported by whoever looks at it, but run by pytest alone

            pytest.skip("the connector has no logs")
        handle = asyncio.run(self._created())
        asyncio.run(self._followed(handle))
        pages = asyncio.run(self._logged(handle))
        parts = [(page.token, asyncio.run(self._logged(handle, page.token))) for page in pages]
        every = _lines(asyncio.run(self._logged(handle)))  # read last, because logs may still arrive
        for number, (token, rest) in enumerate(parts, start=1):
            read = _lines(pages[:number]) + _lines(rest)
            assert not (again := read - every), f"read on from the token {token!r}, lines come again: {_shown(again)}"
            assert not (lost := _lines(pages) - read), (
                f"read on from the token {token!r}, lines are lost: {_shown(lost)}"
            )

    async def _created(self, key: str = "") -> Handle:
        async with self._lifecycle() as lifecycle:
            return await lifecycle.create(self._task(), self._inputs(), self._context(key))

    async def _followed(self, handle: Handle) -> Resource:
        async with self._lifecycle() as lifecycle:
            with self._in_time():
                return await self._runner(lifecycle).follow(handle, self._context())

    async def _deleted(self, handle: Handle) -> None:
        async with self._lifecycle() as lifecycle:
            await lifecycle.delete(handle, self._context())

    async def _logged(self, handle: Handle, token: str = "") -> list[LogPage]:
        async with self._lifecycle() as lifecycle:
            return [page async for page in lifecycle.get_logs(handle, self._context(), token=token)]


def _lines(pages: list[LogPage]) -> Counter[LogLine]:
    return Counter(line for page in pages for line in page.lines)


def _shown(lines: Counter[LogLine]) -> str:
    return ", ".join(repr(line.message) for line in list(lines)[:3])


def _assert_phase(resource: Resource, expected: Phase) -> None:
    assert resource.phase is expected, f"ended as {resource.phase.name}, not {expected.name}: {resource.message}"
