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
import uuid
from contextlib import suppress
from typing import Any, ClassVar

from fairlead.backoff import Backoff
from fairlead.connector import AsyncConnector, Connector, SyncConnector
from fairlead.context import Context, Deadline
from fairlead.discovery import Group, Status, installed
from fairlead.errors import ResourceNotFound
from fairlead.handle import Handle
from fairlead.lifecycle import Lifecycle
from fairlead.registry import ConnectorRegistry
from fairlead.resource import Phase, Resource
from fairlead.runner import Runner
from fairlead.task import TaskTemplate
from fairlead.validation import convert

_POLL = Backoff(initial=0.05, maximum=0.5)


class _Contract:
    """What holds for both kinds of connectors."""

    connector: ClassVar[type[Connector]]
    task: ClassVar[dict[str, Any]]
    """A task template, written as in a task file."""

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
            return await Runner(lifecycle, poll=_POLL).run(self._task(), self.inputs, self._context())

    def _task(self) -> TaskTemplate:
        return convert(self.task, TaskTemplate, "task")

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

    async def _created(self, key: str = "") -> Handle:
        async with self._lifecycle() as lifecycle:
            return await lifecycle.create(self._task(), self.inputs, self._context(key))

    async def _followed(self, handle: Handle) -> Resource:
        async with self._lifecycle() as lifecycle:
            return await Runner(lifecycle, poll=_POLL).follow(handle, self._context())

    async def _deleted(self, handle: Handle) -> None:
        async with self._lifecycle() as lifecycle:
            await lifecycle.delete(handle, self._context())


def _assert_phase(resource: Resource, expected: Phase) -> None:
    assert resource.phase is expected, f"ended as {resource.phase.name}, not {expected.name}: {resource.message}"
