"""What clients and connectors do wrong: the right code, a clear text, and a server that goes on."""

import asyncio
import threading
from contextlib import suppress

import grpc
import pytest
from backends import SECONDS, Flyte1, Flyte2
from scripted import Job, Jobs
from waiting import until

from fairlead import AsyncConnector, InvalidTask, Phase, Resource, SyncConnector, TransientError

RUNNING = Resource(phase=Phase.RUNNING)
MEBIBYTE = 1024 * 1024
METHODS = [
    *(f"/{version.services[0]}/{method}Task" for version in (Flyte1, Flyte2) for method in ("Create", "Get", "Delete")),
    *(f"/{version.services[0]}/GetTask{what}" for version in (Flyte1, Flyte2) for what in ("Metrics", "Logs")),
    "/flyteidl.service.SyncAgentService/ExecuteTaskSync",
    "/flyteidl.service.AgentMetadataService/GetAgent",
    "/flyteidl.service.AgentMetadataService/ListAgents",
    "/flyteidl2.connector.ConnectorMetadataService/GetConnector",
    "/flyteidl2.connector.ConnectorMetadataService/ListConnectors",
]


class Everything(BaseException):
    """Not even an `Exception`."""


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class UnprintableRefusal(InvalidTask):
    __str__ = Unprintable.__str__


async def outcome(served, method, data):
    """Send one message to a method of any kind, and return the code and the text of its end."""
    call = served.channel.unary_unary(method)(data, timeout=SECONDS)
    return await call.code(), await call.details()


async def still_serves(served):
    """Whether the server takes another job, and no call is counted as running."""
    meta = await served.flyte1.create("answers")
    ended = (await served.flyte1.get(meta, "answers")).phase == Phase.SUCCEEDED
    return ended and served.running() == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x7f", b"GET / HTTP/1.1"], ids=["garbage", "cut", "text"])
async def test_bytes_that_are_no_message(served, method, data):
    """Bytes that are not the method's message are an invalid argument."""
    code, details = await outcome(served, method, data)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert details == "the request is not the protobuf message that this method takes"
    assert await still_serves(served)


@pytest.mark.parametrize(("depth", "code"), [(20, grpc.StatusCode.NOT_FOUND), (300, grpc.StatusCode.INVALID_ARGUMENT)])
async def test_a_message_that_is_nested_deeply(served, depth, code):
    """What is nested too deeply for protobuf is an invalid argument, and not a crash."""
    literal = b""
    for _ in range(depth):
        literal = field(2, field(1, literal))  # a collection of one literal
    inputs = field(1, field(2, literal))
    assert (await outcome(served, METHODS[0], field(1, inputs)))[0] is code


def field(number, data):
    """Return a field of protobuf with this content."""
    size, prefix = len(data), b""
    while size > 127:
        prefix += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + prefix + bytes([size]) + data


async def test_a_message_that_is_too_large(served, flyte):
    """A message of five megabytes is refused with both sizes in the text."""
    text = {"scalar": {"primitive": {"string_value": "x" * 5 * MEBIBYTE}}}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create(inputs={"x": text})
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert f"vs. {4 * MEBIBYTE}" in caught.value.details()
    assert await still_serves(served)


@pytest.mark.parametrize("version", ["flyte1", "flyte2"])
async def test_a_server_that_takes_large_messages(serve, jobs, version):
    """With a larger limit the same message is taken."""
    flyte = getattr(await serve(jobs, max_message_size=8 * MEBIBYTE), version)
    text = {"scalar": {"primitive": {"string_value": "x" * 5 * MEBIBYTE}}}
    await flyte.create(inputs={"x": text})
    assert len(jobs.creates.calls[0].arguments[1]["x"]) == 5 * MEBIBYTE


async def test_a_client_that_goes_away(served, flyte, jobs):
    """The call of a client that has gone is cancelled, and counted as such."""
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def hang(*_):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    jobs.gets.will(hang)
    async with grpc.aio.insecure_channel(served.address) as channel:
        client = type(flyte)(channel)
        call = client.jobs.GetTask(client.request("GetTask", b'{"job_id":"a"}'))
        await begun.wait()
        assert served.running() == 1
    await cancelled.wait()
    await until(lambda: not served.running())
    assert call.cancelled()
    method = f"/{flyte.services[0]}/GetTask"
    assert served.metric("fairlead_flyte_calls_total", method=method, code="CANCELLED") == 1


async def test_two_hundred_clients_at_once(serve):
    """Two hundred clients, each on a connection of its own, all get the answers to their own jobs."""
    jobs = Jobs()

    async def create(task, inputs, context):
        return Job(job_id=context.execution.execution)

    async def get(meta, context):
        return Resource(phase=Phase.QUEUED, message=meta.job_id)

    jobs.creates.will(create)
    jobs.gets.will(get)
    served = await serve(jobs)

    async def run(number):
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(served.address, options) as channel:
            flyte = (Flyte1, Flyte2)[number % 2](channel)
            await flyte.listing()
            meta = await flyte.create(execution=f"client-{number}", timeout=60)
            message = (await flyte.get(meta, timeout=60)).message
            await flyte.delete(meta, timeout=60)
            return message

    messages = await asyncio.gather(*(run(number) for number in range(200)))
    assert messages == [f"client-{number}" for number in range(200)]
    assert served.running() == 0


class Blocking(AsyncConnector[Job]):
    """A connector of plain functions that block until they are let go."""

    task_type = "blocking"
    max_threads = 2

    def __init__(self):
        self.go, self.begun = threading.Event(), threading.Semaphore(0)

    def create(self, task, inputs, context):
        return Job(job_id="blocked")

    def get(self, meta, context):
        self.begun.release()
        assert self.go.wait(60)
        return RUNNING

    def delete(self, meta, context): ...


async def test_a_connector_that_blocks(serve, jobs):
    """While all threads of one connector are blocked, another one answers as ever."""
    blocking = Blocking()
    served = await serve(blocking, jobs)
    metas = [f'{{"job_id":"{number}"}}'.encode() for number in range(6)]
    blocked = [asyncio.ensure_future(served.flyte1.get(meta, "blocking")) for meta in metas]
    for _ in range(2):
        await asyncio.to_thread(blocking.begun.acquire)
    for _ in range(20):
        meta = await served.flyte2.create()
        assert (await served.flyte2.get(meta)).phase == Phase.RUNNING
    assert not any(call.done() for call in blocked)
    blocking.go.set()
    assert {resource.phase for resource in await asyncio.gather(*blocked)} == {Phase.RUNNING}


class PingingClient:
    """A client that pings as fast as it can, written in frames: gRPC's own never pings more often than every second."""

    def __init__(self, address):
        self.address = address

    async def __aenter__(self):
        host, _, port = self.address.partition(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))
        self.writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.send(SETTINGS)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    def send(self, type_, data=b"", flags=0, stream=0):
        self.writer.write(len(data).to_bytes(3) + bytes([type_, flags]) + stream.to_bytes(4) + data)

    def call(self, path, message):
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": "test",
            "te": "trailers",
            "content-type": "application/grpc",
        }
        headers = b"".join(
            b"\0" + b"".join(bytes([len(text)]) + text.encode() for text in field) for field in fields.items()
        )
        self.send(HEADERS, headers, END_HEADERS, stream=1)
        self.send(DATA, b"\0" + len(message).to_bytes(4) + message, END_STREAM, stream=1)

    async def until(self, *types):
        """Read frames up to one of these types, and return it with its data."""
        while True:
            header = await self.reader.readexactly(9)
            data = await self.reader.readexactly(int.from_bytes(header[:3]))
            if header[3] in types:
                return header[3], data

    async def ping(self, count):
        """Ping so many times, and return why the server closes the connection, if it does."""
        for number in range(count):
            self.send(PING, number.to_bytes(8))
            type_, data = await self.until(PING, GOAWAY)
            if type_ == GOAWAY:
                return data[8:].decode()
        return ""


DATA, HEADERS, SETTINGS, PING, GOAWAY = 0, 1, 4, 6, 7
END_STREAM, END_HEADERS = 1, 4
PATH = f"/{Flyte1.services[0]}/GetTask"


async def test_pings(served, jobs):
    """A client that pings all the time is not sent away, and gets the answer to its long call."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        begun.set()
        await go.wait()
        return Resource(phase=Phase.QUEUED, message="not sent away")

    jobs.gets.will(slow)
    async with PingingClient(served.address) as client:
        assert await client.ping(20) == ""
        client.call(PATH, served.flyte1.request("GetTask", b'{"job_id":"a"}').SerializeToString())
        await begun.wait()
        assert await client.ping(100) == ""
        go.set()
        _, answer = await client.until(DATA)
        assert b"not sent away" in answer


async def test_other_servers_send_such_a_client_away():
    """A server with gRPC's own defaults does not bear the client of the test above."""
    begun = asyncio.Event()

    async def slow(request, context):
        begun.set()
        await asyncio.Event().wait()

    server = grpc.aio.server()
    methods = {"GetTask": grpc.unary_unary_rpc_method_handler(slow)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(Flyte1.services[0], methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with PingingClient(f"127.0.0.1:{port}") as client:
        client.call(PATH, b"")
        await begun.wait()
        assert await client.ping(20) == "too_many_pings"
    await server.stop(0)


ANYTHING = [
    pytest.param(error, id=type(error).__name__)
    for error in (
        RuntimeError("oops"),
        KeyError("x"),
        StopIteration(1),
        StopAsyncIteration(1),
        RecursionError("deep"),
        MemoryError(),
        AssertionError(),
        NotImplementedError("later"),
        SystemExit(3),
        Everything("all"),
        Unprintable(),
        UnprintableRefusal(),
        ExceptionGroup("many", [ValueError("a"), TransientError("b")]),
        asyncio.CancelledError("mine"),
        asyncio.InvalidStateError("state"),
    )
]


@pytest.mark.parametrize("error", ANYTHING)
async def test_a_connector_that_raises_anything(served, flyte, jobs, answers, error):
    """Whatever a connector raises is an internal error that names it, without a traceback, and the server goes on."""
    meta = await flyte.create()
    for script in (jobs.creates, jobs.gets, jobs.deletes, answers.does):
        script.will(error)
    calls = [flyte.create(), flyte.get(meta), flyte.delete(meta), flyte.create("answers")]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert caught.value.details().startswith("connector '")
        assert "Traceback" not in caught.value.details()
    answers.does.will(answers.echo)
    assert await still_serves(served)


class Plain(SyncConnector):
    """A connector of one plain function."""

    task_type = "plain"

    def __init__(self, error):
        self.error = error

    def do(self, task, inputs, context):
        raise self.error


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), Everything("all"), SystemExit(3), Unprintable(), StopIteration(1)]
)
async def test_a_plain_function_that_raises_anything(serve, answers, error):
    """Also on a thread, nothing that a connector raises ends the server."""
    served = await serve(Plain(error), answers)
    for call in (served.flyte1.create, served.flyte2.create, served.flyte1.do):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("plain")
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert caught.value.details().startswith("connector 'Plain'")
    assert await still_serves(served)


@pytest.mark.parametrize("step", [None, 7, "RUNNING", {"phase": "RUNNING"}, object()])
async def test_a_connector_that_returns_anything(served, flyte, jobs, step):
    """What is no resource and no meta is a bug of the connector, and named as such."""
    meta = await flyte.create()
    jobs.creates.will(step)
    jobs.gets.will(step)
    for call in (flyte.create(), flyte.get(meta)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert "connector 'Jobs'" in caught.value.details()
        assert f"returned a {type(step).__name__}" in caught.value.details()


@pytest.mark.parametrize("letter", ["x", "é", "日", "🚢", "\n", "%", "\udcff"])
async def test_a_very_long_error(served, flyte, jobs, letter):
    """An error of any length, in any script, arrives: its beginning and its end, with its code."""
    jobs.creates.will(TransientError(f"begins {letter * 100_000} ends"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert caught.value.details().startswith(f"begins {letter if letter != chr(0xDCFF) else '?'}")
    assert caught.value.details().endswith("ends")


async def test_a_very_long_message(flyte, jobs):
    """A failure of any length arrives: its beginning and its end."""
    jobs.gets.will(Resource(phase=Phase.FAILED, message=f"begins {'日' * 3_000_000} ends"))
    message = (await flyte.get(await flyte.create())).message
    assert message.startswith("begins 日")
    assert message.endswith("日 ends")


async def test_at_most_so_many_calls(serve, jobs):
    """Beyond the limit calls wait for their turn; what is served is still told at once."""
    served = await serve(jobs, max_concurrency=1)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        begun.set()
        await go.wait()
        return RUNNING

    jobs.gets.will(slow)
    meta = await served.flyte1.create()
    first = asyncio.ensure_future(served.flyte1.get(meta))
    await begun.wait()
    second = asyncio.ensure_future(served.flyte2.create())
    await until(lambda: served.running() == 2)
    assert [agent.name for agent in (await served.flyte1.listing()).agents] == ["Jobs"]
    assert [connector.name for connector in (await served.flyte2.listing()).connectors] == ["Jobs"]
    assert (await served.flyte1.named("Jobs")).name == "Jobs"
    assert await served.state() == "SERVING"
    assert len(jobs.creates.calls) == 1
    go.set()
    await asyncio.gather(first, second)
    assert len(jobs.creates.calls) == 2


def hanging():
    """Return a step that never ends, and the event that it has begun."""
    begun = asyncio.Event()

    async def hang(*_):
        begun.set()
        await asyncio.Event().wait()

    return hang, begun


async def test_a_state_while_all_places_are_taken(serve, jobs):
    """A poll whose turn does not come gets the last known state, and one of a job that has ended needs no turn."""
    served = await serve(jobs, max_concurrency=1)
    hang, begun = hanging()
    jobs.creates.will(InvalidTask("no such notebook"), jobs.next_job)
    refused = await served.flyte2.create()
    known, other = await served.flyte2.create(), await served.flyte2.create()
    jobs.gets.will(Resource(phase=Phase.QUEUED, message="in line"), hang)
    await served.flyte2.get(known)
    first = asyncio.ensure_future(served.flyte2.get(other))
    await begun.wait()
    assert (await served.flyte1.get(known, timeout=0.5)).message == "in line"
    assert (await served.flyte1.get(refused)).phase == Phase.FAILED
    first.cancel()


async def test_a_create_while_all_places_are_taken(serve, jobs):
    """A call that has to be made, and whose turn does not come, ends at its deadline with the reason."""
    served = await serve(jobs, max_concurrency=1)
    hang, begun = hanging()
    jobs.creates.will(hang)
    first = asyncio.ensure_future(served.flyte2.create())
    await begun.wait()
    with pytest.raises(grpc.aio.AioRpcError, match="--max-concurrency") as caught:
        await served.flyte2.create(timeout=0.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    first.cancel()


async def test_a_client_that_goes_away_while_it_waits(serve, jobs):
    """A call that is given up before its turn leaves its place to the next, and is counted."""
    served = await serve(jobs, max_concurrency=1)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        begun.set()
        await go.wait()
        return RUNNING

    jobs.gets.will(slow)
    first = asyncio.ensure_future(served.flyte1.get(b'{"job_id":"a"}'))
    await begun.wait()
    waiting = served.flyte2.jobs.CreateTask(served.flyte2.create_request())
    await until(lambda: served.running() == 2)
    waiting.cancel()
    await until(lambda: served.running() == 1)
    go.set()
    await first
    await served.flyte2.create()
    assert served.running() == 0
    method = f"/{Flyte2.services[0]}/CreateTask"
    assert served.metric("fairlead_flyte_calls_total", method=method, code="CANCELLED") == 1


async def test_a_method_that_does_not_exist(served):
    """A method that nobody has is not implemented."""
    code, _ = await outcome(served, f"/{Flyte1.services[0]}/PauseTask", b"")
    assert code is grpc.StatusCode.UNIMPLEMENTED
