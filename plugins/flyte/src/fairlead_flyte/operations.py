"""The operations behind both protocols: what Flyte asks for, done through fairlead's lifecycle."""

from __future__ import annotations

import os
import time
from contextlib import aclosing
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec
from flyteidl2.connector.connector_pb2 import (
    CreateTaskRequest,
    CreateTaskResponse,
    DeleteTaskRequest,
    DeleteTaskResponse,
    GetTaskLogsRequest,
    GetTaskMetricsRequest,
    GetTaskMetricsResponse,
)
from flyteidl2.core.security_pb2 import Connection

from fairlead import (
    AuthenticationError,
    Context,
    Deadline,
    DeadlineExceeded,
    Handle,
    InvalidTask,
    Lifecycle,
    MetricsQuery,
    Phase,
    QuotaExceeded,
    Resource,
    ResourceNotFound,
    TaskCategory,
    TaskError,
    TaskTemplate,
    TransientError,
)
from fairlead_flyte import answers, flyte1
from fairlead_flyte.creations import Creations
from fairlead_flyte.ended import is_ended, pack_ended, refusal, unpack_ended
from fairlead_flyte.envelope import pack, unpack
from fairlead_flyte.literal_types import declared
from fairlead_flyte.literals import from_literals
from fairlead_flyte.logs import SURROUNDINGS, get_logger, surround
from fairlead_flyte.paging import Reading, in_messages
from fairlead_flyte.plain import from_map
from fairlead_flyte.requests import Key, Poll, key
from fairlead_flyte.statuses import Status, Statuses
from fairlead_flyte.template import RESERVED_KEYS, execution_key, from_execution, from_template, idempotency_key

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime

    from flyteidl2.task.common_pb2 import Outputs

    from fairlead import ExecutionMetadata, FairleadError
    from fairlead_flyte.call import Call
    from fairlead_flyte.intervals import PollIntervals
    from fairlead_flyte.slots import Slots

_logger = get_logger(__name__)


class Operations:
    """What Flyte asks for, from its messages to the bytes that answer them.

    `create_seconds` is how long a create may take in all, also when Flyte no longer waits for it. Asking for a state takes one
    of the `slots`; a state that is known needs none.
    """

    def __init__(
        self, lifecycle: Lifecycle, intervals: PollIntervals, *, slots: Slots, create_seconds: float = 300.0
    ) -> None:
        self._lifecycle = lifecycle
        self._slots = slots
        self._intervals = intervals
        self._create_seconds = create_seconds
        self._statuses = Statuses()
        self.creations = Creations()

    async def create(self, request: CreateTaskRequest, call: Call) -> bytes:
        """Submit a job. What no retry can mend is answered as a job that has failed, because Flyte retries every error."""
        call.category = _category(request)
        id_ = request.task_execution_metadata.task_execution_id
        context = _create_context(request, Deadline.after(self._create_seconds))
        SURROUNDINGS.set(_surroundings(call.category, context.execution))
        is_sync = self._lifecycle.registry.get_connector(*call.category).is_sync
        start = self._do_at_once if is_sync else self._submit
        task = _task(request, call)
        create = self.creations.run(
            context.idempotency_key if id_.ByteSize() else "",
            execution_key(id_),
            lambda: start(task, request, context),
            category=call.category,
            seconds=call.deadline.remaining,
        )
        try:
            meta = await create
        except (InvalidTask, AuthenticationError) as error:
            _logger.warning("refused: %s", error)
            meta = pack_ended(refusal(error))
        return CreateTaskResponse(resource_meta=meta).SerializeToString()

    async def _submit(self, task: TaskTemplate, request: CreateTaskRequest, context: Context) -> bytes:
        handle = await self._lifecycle.create(task, from_literals(request.inputs.literals), context)
        _logger.info("submitted a job of %s", handle.category)  # its meta may hold secrets, where it is bridged
        return pack(handle.meta, request.template.interface.outputs)

    async def _do_at_once(self, task: TaskTemplate, request: CreateTaskRequest, context: Context) -> bytes:
        """Run a sync connector for Flyte 2, which knows only async ones: the job has ended when it has been created."""
        return pack_ended(*await self._do(task, request, context))

    async def _do(
        self, task: TaskTemplate, request: CreateTaskRequest, context: Context
    ) -> tuple[Resource, Outputs | None]:
        resource = await self._lifecycle.do(task, from_literals(request.inputs.literals), context)
        return answers.typed(resource, declared(request.template.interface.outputs) or None)

    async def do(self, frames: Sequence[bytes], call: Call) -> bytes:
        """Run a sync connector for Flyte 1; what no retry can mend is answered as a failure."""
        request = flyte1.create_request(frames)
        call.category = _category(request)
        context = _create_context(request, call.deadline)
        SURROUNDINGS.set(_surroundings(call.category, context.execution))
        try:
            resource, outputs = await self._do(_task(request, call), request, context)
        except (InvalidTask, AuthenticationError) as error:
            _logger.warning("refused: %s", error)
            resource, outputs = refusal(error), None
        status = _status(resource, outputs, good_for=0.0)
        return flyte1.sync_response(status.response + status.extra)

    async def get(self, poll: Poll, call: Call) -> bytes:
        """Return the state of a job: the last known one while it is fresh, and where asking fails for now."""
        _, meta, _ = poll.job
        if is_ended(meta):
            status = _status(*unpack_ended(meta), good_for=0.0)
        else:
            status = self._statuses.fresh(poll.job) or await self._asked(poll.job, call, poll.output_prefix)
        return status.response + status.extra if call.is_flyte1 else status.response

    async def _asked(self, job: Key, call: Call, output_prefix: str) -> Status:
        surround(call.category)
        try:
            return await self._statuses.get(job, lambda: self._ask(job, call, output_prefix), call.deadline)
        except DeadlineExceeded as error:
            call.absorbed = error
            return self._last_known(job, error)

    async def _has_ended(self, request: GetTaskLogsRequest, call: Call) -> bool:
        """Whether a job has ended. What is asked for here is not kept: this call does not say where the outputs belong."""
        job = key(request, call.category)
        if self._statuses.has_ended(job):
            return True
        try:
            last = self._statuses.fresh(job) or await self._ask(job, call, output_prefix="")
        except DeadlineExceeded as error:
            call.absorbed = error
            return False
        return last.phase.is_terminal

    async def _ask(self, job: Key, call: Call, output_prefix: str) -> Status:
        """Return what the connector says; raise `DeadlineExceeded` where it says nothing in time, or it was never asked."""
        category, packed, connection = job
        meta, outputs_declared = unpack(packed)
        context = _context(call, connection, output_prefix)
        try:
            await self._slots.take(context.deadline)
            try:
                resource = answers.with_known_phase(await self._lifecycle.get(Handle(category, meta), context))
            finally:
                self._slots.give_back()
        except _PASSING as error:
            call.absorbed = error
            return self._last_known(job, error)
        except ResourceNotFound as error:
            resource = refusal(error)
        good_for = self._intervals.after(category, resource)
        return _status(*answers.typed(resource, outputs_declared), good_for=good_for)

    def _last_known(self, job: Key, error: FairleadError) -> Status:
        """Return what was known before a passing fault.

        An error would count against the job: after some, Flyte no longer asks, and the job seems to run for ever. Where
        nothing was known, the job is said to be initializing and not running, because Flyte takes the links of a job
        from the first answer that says running.
        """
        category = job[0]
        _logger.warning("the state of a job of %s cannot be read for now: %s", category, error)
        good_for = self._intervals.after_error(category, error)
        if (last := self._statuses.last(job)) is not None:
            return msgspec.structs.replace(last, fresh_until=time.monotonic() + good_for)
        unknown = Resource(phase=Phase.INITIALIZING, message=f"the state is not known for now: {error}")
        return _status(unknown, None, good_for=good_for)

    async def delete(self, request: DeleteTaskRequest, call: Call) -> bytes:
        """End a job. One that has ended, or that nobody knows, is a success."""
        if not is_ended(request.resource_meta):
            job = category, packed, connection = key(request, call.category)
            context = _context(call, connection)
            await self._lifecycle.delete(Handle(category, unpack(packed)[0]), context)
            self._statuses.forget(job)
            self.creations.forget(category, packed)
            _logger.info("deleted a job of %s", category)
        return _DELETED

    async def metrics(self, request: GetTaskMetricsRequest, call: Call) -> bytes:
        """Return metrics of a job."""
        query = MetricsQuery(
            queries=tuple(request.queries),
            start_time=_moment(request, "start_time"),
            end_time=_moment(request, "end_time"),
            step=request.step.ToNanoseconds() / 1e9 if request.HasField("step") else None,
        )
        handle = _handle(request, call)
        metrics = await self._lifecycle.get_metrics(handle, query, Context(deadline=call.deadline)) if handle else []
        return GetTaskMetricsResponse(results=answers.metric_results(metrics)).SerializeToString()

    async def logs(self, request: GetTaskLogsRequest, call: Call) -> AsyncGenerator[bytes, None]:
        """Yield the log from `token` on, at most `lines` lines of it, and the token of what comes after them.

        The log of a job that has ended, read to its end, has no further token. What the job wrote between the reading and its
        end is read once more. A deadline that comes after some pages ends the stream, and the reader can go on.
        """
        if (handle := _handle(request, call)) is None:
            return
        reading = Reading(request.token, request.lines)
        context = Context(deadline=call.page_deadline)
        has_ended = self._statuses.has_ended(key(request, call.category))
        try:
            while True:
                async with aclosing(self._lifecycle.get_logs(handle, context, token=reading.begin())) as pages:
                    async for page in pages:
                        for group in in_messages(reading.take(page)):
                            yield answers.logs_body(group)
                        if reading.is_cut:
                            break
                if has_ended and not reading.is_cut:
                    return
                if reading.is_cut or not (has_ended := await self._has_ended(request, call)):
                    break
        except DeadlineExceeded as error:
            if not reading.has_begun:
                raise
            call.absorbed = error
        yield answers.logs_header(reading.token)


_DELETED = DeleteTaskResponse().SerializeToString()
_PASSING = (TransientError, QuotaExceeded, AuthenticationError)
_LARGEST_ANSWER = 4 * 1024 * 1024 - 4096
"""What clients of gRPC take by default, less the fields that are added for Flyte 1."""


def _moment(request: GetTaskMetricsRequest, field: str) -> datetime | None:
    try:
        return getattr(request, field).ToDatetime(UTC) if request.HasField(field) else None
    except (ValueError, OverflowError) as error:
        message = f"`{field}`: {error}"
        raise InvalidTask(message) from error


def _category(request: CreateTaskRequest) -> TaskCategory:
    return TaskCategory(request.template.type, request.template.task_type_version)


def _task(request: CreateTaskRequest, call: Call) -> TaskTemplate:
    reserved = () if call.is_flyte1 else RESERVED_KEYS
    return from_template(request.template, native=request, reserved=reserved)


def _handle(request: GetTaskLogsRequest | GetTaskMetricsRequest, call: Call) -> Handle | None:
    """Return the handle of a job, None for one that had ended when it was created."""
    if is_ended(request.resource_meta):
        return None
    return Handle(call.category, unpack(request.resource_meta)[0])


def _create_context(request: CreateTaskRequest, deadline: Deadline) -> Context:
    metadata = request.task_execution_metadata
    return Context(
        idempotency_key=idempotency_key(metadata.task_execution_id) or os.urandom(16).hex(),
        deadline=deadline,
        output_prefix=request.output_prefix,
        execution=from_execution(metadata),
        secrets=from_map(request.connection.secrets),
        configs=from_map(request.connection.configs),
    )


def _context(call: Call, connection: bytes, output_prefix: str = "") -> Context:
    if not connection:
        return Context(deadline=call.deadline, output_prefix=output_prefix)
    message = Connection.FromString(connection)
    return Context(
        deadline=call.deadline,
        output_prefix=output_prefix,
        secrets=from_map(message.secrets),
        configs=from_map(message.configs),
    )


def _status(resource: Resource, outputs: Outputs | None, *, good_for: float) -> Status:
    """Return what is answered; an answer that no client would take is a failure, since the job would never end else."""
    response = answers.get_task_response(resource, outputs)
    if len(response) > _LARGEST_ANSWER:
        message = f"the answer takes {len(response):,} bytes, and clients take {_LARGEST_ANSWER:,}; return references to the data"
        error = TaskError(code="OutputsTooLarge") if resource.phase.is_terminal else None
        phase = Phase.FAILED if resource.phase is Phase.SUCCEEDED else resource.phase
        resource = Resource(phase=phase, message=message, error=error)
        response = answers.get_task_response(resource, None)
    extra = flyte1.extra_of_resource(resource.phase, resource.error)
    return Status(response, extra, resource.phase, time.monotonic() + good_for)


def _surroundings(category: TaskCategory, execution: ExecutionMetadata) -> dict[str, str | int]:
    return {
        "task_type": str(category),
        "project": execution.project,
        "domain": execution.domain,
        "execution": execution.execution,
        "node": execution.node_id,
        "attempt": execution.retry_attempt,
    }
