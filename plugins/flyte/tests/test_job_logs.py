"""GetTaskLogs: a job's log as a stream, in pieces, and to its end."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta, timezone

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Endless, Jobs

from fairlead import InvalidHandle, LogLine, LogOriginator, LogPage, Phase, Resource, ResourceNotFound, TransientError
from fairlead_flyte.paging import in_messages, join_token, split_token

MEBIBYTE = 1024 * 1024


class Logged(Jobs):
    """Jobs with a log of pages, each a list of lines, or an error."""

    task_type = "logged"

    def __init__(self, *pages):
        super().__init__()
        self.pages = list(pages)
        self.tokens = []

    async def get_logs(self, meta, context, *, token=""):
        self.tokens.append((token, context))
        for number in range(int(token or 0), len(self.pages)):
            page = self.pages[number]
            if isinstance(page, Exception):
                raise page
            lines = (line if isinstance(line, LogLine) else LogLine(line) for line in page)
            yield LogPage(tuple(lines), str(number + 1))


class Ending(Logged):
    """Jobs that write their last line just before they end, when the rest has been read."""

    async def get(self, meta, context):
        self.pages.append(["last"])
        return Resource(phase=Phase.SUCCEEDED)


async def test_what_is_written_between_the_reading_and_the_end(serve):
    """The end is seen after the log was read: what came in between is read too."""
    served = await serve(Ending(["a", "b"]))
    answers = await served.flyte2.logs(await served.flyte2.create("logged"), "logged")
    assert texts(answers) == ["a", "b", "last"]
    assert last_token(answers) is None


class WithoutTokens(Logged):
    """Jobs whose log can be read from its beginning only."""

    task_type = "without"

    async def get_logs(self, meta, context, *, token=""):
        for page in self.pages:
            yield LogPage(tuple(LogLine(line) for line in page), token="")


async def test_a_log_without_tokens_is_not_read_twice(serve):
    """Where a connector cannot go on in the middle, it is asked for all, and what came before is left out."""
    without = WithoutTokens(["a", "b"], ["c"])
    client = (await serve(without)).flyte2
    meta = await client.create("without")
    answers = await client.logs(meta, "without")
    assert texts(answers) == ["a", "b", "c"]
    without.pages.append(["d"])
    without.gets.will(Resource(phase=Phase.SUCCEEDED))
    answers = await client.logs(meta, "without", token=last_token(answers))
    assert (texts(answers), last_token(answers)) == (["d"], None)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 10, 11])
async def test_pieces_of_a_log_without_tokens(serve, limit):
    """Also such a log comes in pieces, every line exactly once, and ends."""
    without = WithoutTokens(["a", "b", "c", "d", "e"], [], ["f", "g", "h", "i", "j"])
    without.gets.will(Resource(phase=Phase.SUCCEEDED))
    client = (await serve(without)).flyte1
    assert await in_pieces(client, await client.create("without"), "without", limit) == list("abcdefghij")


class OneToken(WithoutTokens):
    """Jobs whose log has one token, whatever has been read."""

    task_type = "one"

    async def get_logs(self, meta, context, *, token=""):
        for page in self.pages[1:] if token else self.pages:
            yield LogPage(tuple(LogLine(line) for line in page), token="here")


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_pieces_of_a_log_with_one_token(serve, limit):
    """A token that does not change says nothing of what came after it."""
    one = OneToken(["a", "b"], ["c", "d"], ["e", "f"])
    one.gets.will(Resource(phase=Phase.SUCCEEDED))
    client = (await serve(one)).flyte2
    assert await in_pieces(client, await client.create("one"), "one", limit) == list("abcdef")


class WithSecret(Logged):
    """Jobs whose state nobody can read without a secret."""

    task_type = "secret"

    async def get(self, meta, context):
        await context.secret("token")
        return Resource(phase=Phase.SUCCEEDED)


async def test_the_end_of_a_job_that_is_asked_for_with_secrets(serve):
    """A call for a log brings no secrets; that the job has ended is known from the calls that do."""
    client = (await serve(WithSecret(["a"]))).flyte2
    meta = await client.create("secret")
    answers = await client.logs(meta, "secret")
    assert last_token(answers) == "0:1"
    await client.get(meta, "secret", connection={"secrets": {"token": "abcdefgh"}})
    assert last_token(await client.logs(meta, "secret", token="0:1")) is None


class Stuck(Jobs):
    """Jobs whose log stops without an end after some pages; the time is noted that each of them was given."""

    task_type = "stuck"

    def __init__(self, *lines):
        super().__init__()
        self.lines, self.given = lines, []

    async def get_logs(self, meta, context, *, token=""):
        for number, line in enumerate(self.lines):
            self.given.append(context.deadline.remaining)
            yield LogPage((LogLine(line),), str(number))
        await asyncio.Event().wait()


@pytest.mark.usefixtures("short_deadlines")
async def test_a_reader_that_waits_for_ever(serve):
    """Without a deadline of the client's each page has its own time; where none comes, the token of what is missing does."""
    stuck = Stuck("a", "b")
    client = (await serve(stuck)).flyte2
    answers = await client.logs(await client.create("stuck"), "stuck", timeout=None)
    assert (texts(answers), last_token(answers)) == (["a", "b"], "0:1")
    assert stuck.given == [0.1, 0.1]


@pytest.mark.usefixtures("short_deadlines")
async def test_a_deadline_before_the_first_page(serve):
    """Where nothing was read, the call has failed."""
    client = (await serve(Stuck())).flyte2
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.logs(await client.create("stuck"), "stuck", timeout=None)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.usefixtures("short_deadlines")
async def test_a_state_that_does_not_come(client, logged):
    """Where the log is read, and nobody says in time whether the job has ended, the next call will see."""

    async def hang(*_):
        await asyncio.Event().wait()

    logged.gets.will(hang)
    assert last_token(await client.logs(client.meta, "logged", timeout=None)) == "0:2"


async def test_a_job_that_has_written_nothing(client, logged):
    """The log of a job that runs has a token from its beginning on: Flyte takes none for the end."""
    logged.pages = []
    assert last_token(await client.logs(client.meta, "logged")) == "0:"


async def test_streams_that_nobody_reads(serve):
    """However many there are, they do not keep jobs from being asked for."""
    served = await serve(Endless(), max_concurrency=1)
    meta = await served.flyte2.create("endless")
    stream = served.flyte2.jobs.GetTaskLogs(served.flyte2.request("GetTaskLogs", meta, "endless"))
    await anext(aiter(stream))
    assert (await served.flyte2.get(meta, "endless")).phase == Phase.RUNNING
    stream.cancel()


@pytest.fixture
def logged():
    return Logged(["a", "b", "c"], ["d", "e"])


@pytest.fixture(params=["flyte1", "flyte2"])
async def client(request, serve, logged):
    """A client of each version, and a job that runs."""
    flyte = getattr(await serve(logged), request.param)
    flyte.meta = await flyte.create("logged")
    return flyte


def texts(answers):
    return [line for answer in answers for line in answer.body.results]


def last_token(answers):
    return answers[-1].header.token if answers and answers[-1].HasField("header") else None


async def in_pieces(client, meta, task_type, limit):
    """Return the lines of a log that is read in pieces, each of which moves on."""
    seen, token = [], ""
    while token is not None:
        answers = await client.logs(meta, task_type, lines=limit, token=token)
        assert len(texts(answers)) <= limit
        assert texts(answers) or last_token(answers) is None
        seen += texts(answers)
        assert len(seen) < 100
        token = last_token(answers)
    return seen


async def read(call, received):
    async for answer in call:
        received.append(answer)


async def test_all_lines_and_a_token(client):
    """The log of a job that runs ends with the token of what it has not written yet."""
    answers = await client.logs(client.meta, "logged")
    assert texts(answers) == ["a", "b", "c", "d", "e"]
    assert [answer.WhichOneof("part") for answer in answers] == ["body", "body", "header"]
    assert texts(await client.logs(client.meta, "logged", token=last_token(answers))) == []


async def test_a_job_that_has_ended(client, logged):
    """The log of a job that has ended, read to its end, has no token: nothing more will come."""
    logged.gets.will(Resource(phase=Phase.SUCCEEDED))
    answers = await client.logs(client.meta, "logged")
    assert texts(answers) == ["a", "b", "c", "d", "e"]
    assert last_token(answers) is None


async def test_what_was_written_since(client, logged):
    """With the token of before, only the lines that are new come."""
    token = last_token(await client.logs(client.meta, "logged"))
    logged.pages.append(["f"])
    assert texts(await client.logs(client.meta, "logged", token=token)) == ["f"]


async def test_a_limit_in_the_middle_of_a_page(client, logged):
    """Not more lines come than were asked for, and the token goes on after them, also after the job has ended."""
    logged.gets.will(Resource(phase=Phase.SUCCEEDED))
    first = await client.logs(client.meta, "logged", lines=2)
    second = await client.logs(client.meta, "logged", lines=2, token=last_token(first))
    third = await client.logs(client.meta, "logged", lines=2, token=last_token(second))
    assert [texts(answers) for answers in (first, second, third)] == [["a", "b"], ["c", "d"], ["e"]]
    assert last_token(third) is None


async def test_a_limit_at_the_end(client, logged):
    """When the last line is the last that was asked for, an ended job's log has no token: nobody has to ask again."""
    logged.gets.will(Resource(phase=Phase.SUCCEEDED))
    assert last_token(await client.logs(client.meta, "logged", lines=5)) is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
async def test_every_line_exactly_once(client, logged, limit):
    """Whatever the limit is, going on from token to token gives every line exactly once."""
    logged.pages = [["a"], [], ["b", "c", "d"], ["e", "f"], []]
    logged.gets.will(Resource(phase=Phase.FAILED))
    assert await in_pieces(client, client.meta, "logged", limit) == ["a", "b", "c", "d", "e", "f"]


async def test_structured_lines(client, logged):
    """Lines carry their time and who wrote them."""
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=2)))
    logged.pages = [[LogLine("hello", moment, LogOriginator.USER), LogLine("world", None, LogOriginator.SYSTEM)]]
    first, second = client.lines((await client.logs(client.meta, "logged"))[0])
    assert (first.message, first.timestamp.ToDatetime(UTC), first.originator) == ("hello", moment, 1)
    assert (second.message, second.HasField("timestamp"), second.originator) == ("world", False, 2)


async def test_a_large_log(client, logged):
    """A log of many megabytes comes in messages that a client takes, with every line in its place."""
    logged.pages = [[f"{n} {'é' * 1000}" for n in range(6000)], ["x" * 5 * MEBIBYTE], ["end"]]
    answers = await client.logs(client.meta, "logged")
    assert max(answer.ByteSize() for answer in answers) < 4 * MEBIBYTE
    joined = "".join(texts(answers))
    assert joined == "".join(line for page in logged.pages for line in page)
    assert [line.partition(" ")[0] for line in texts(answers)[:6000]] == [str(n) for n in range(6000)]


async def test_texts_that_are_no_unicode(client, logged):
    """Half a character in a line is replaced; the log arrives."""
    logged.pages = [["broken \udcff name"]]
    assert texts(await client.logs(client.meta, "logged")) == ["broken ? name"]


async def test_an_error_in_the_middle(client, logged):
    """What was read before an error arrives, and then the error's own status."""
    logged.pages.append(TransientError("the log service is away"))
    received = []
    request = client.request("GetTaskLogs", client.meta, "logged")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read(client.jobs.GetTaskLogs(request, timeout=10), received)
    assert texts(received) == ["a", "b", "c", "d", "e"]
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert caught.value.details() == "the log service is away"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ResourceNotFound("no run 42"), grpc.StatusCode.NOT_FOUND),
        (RuntimeError("oops"), grpc.StatusCode.INTERNAL),
    ],
)
async def test_an_error_at_the_start(client, logged, error, code):
    """An error before the first line is a status too, and not an empty log."""
    logged.pages = [error]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.logs(client.meta, "logged")
    assert caught.value.code() is code


@pytest.mark.usefixtures("no_retries")
async def test_a_state_that_cannot_be_read(client, logged):
    """When nobody can say whether the job has ended, there is a token, and the next call will see."""
    logged.gets.will(TransientError("away"))
    answers = await client.logs(client.meta, "logged")
    assert texts(answers) == ["a", "b", "c", "d", "e"]
    assert last_token(answers) == "0:2"


async def test_what_a_log_asks_is_not_kept(serve, logged):
    """A log's call does not say where the outputs belong, so the state that it asks for is not given to GetTask."""
    flyte = (await serve(logged, poll_interval=1000.0)).flyte1
    meta = await flyte.create("logged")
    await flyte.logs(meta, "logged")
    await flyte.get(meta, "logged", output_prefix="s3://bucket/out")
    assert [call.context.output_prefix for call in logged.gets.calls] == ["", "s3://bucket/out"]


async def test_a_state_that_is_known_is_not_asked_for(serve, logged):
    """While the state of a job is fresh, its log is read without asking for it again."""
    flyte = (await serve(logged, poll_interval=1000.0)).flyte1
    meta = await flyte.create("logged")
    await flyte.get(meta, "logged")
    await flyte.logs(meta, "logged")
    assert len(logged.gets.calls) == 1


async def test_the_deadline_reaches_the_connector(client, logged):
    """The connector has a little less time than the client waits."""
    await client.logs(client.meta, "logged", timeout=5)
    assert 0 < logged.tokens[0][1].deadline.remaining < 5


@pytest.mark.parametrize("token", ["abc", "x:1", "-1:a", ":"])
async def test_a_token_of_somebody_else(client, token):
    """A token that this server has not given is an invalid argument."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.logs(client.meta, "logged", token=token)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "none that this server gave" in caught.value.details()


async def test_a_connector_without_logs(flyte):
    """A connector that has no logs says that it has none."""
    meta = await flyte.create()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.logs(meta)
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNIMPLEMENTED, "Jobs has no logs")


async def test_a_meta_that_cannot_be_read(client):
    """A meta that is not the connector's is an invalid argument."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.logs(b"garbage", "logged")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_reader_that_stops(serve, endless):
    """A client that stops reading in the middle ends the stream, and the connector's iterator with it."""
    served = await serve(endless)
    call = served.flyte2.jobs.GetTaskLogs(served.flyte2.request("GetTaskLogs", b'{"job_id":"a"}', "endless"))
    await call.read()
    call.cancel()
    async with asyncio.timeout(10):
        await endless.ended.wait()


@given(own=st.text(), skip=st.integers(min_value=0, max_value=sys.maxsize // 10))
def test_tokens_there_and_back(own, skip):
    """The token of a place leads to that place, whatever the connector's own token is."""
    assert split_token(join_token(own, skip)) == (own, skip)


def test_no_token_is_the_beginning():
    """A log is read from its beginning without a token, as Flyte has it."""
    assert split_token("") == split_token(join_token("", 0)) == ("", 0)


@pytest.mark.parametrize("token", ["1", "a:b", "²:x", "9" * 5000 + ":"])
def test_wrong_tokens(token):
    """What no `join_token` has made is refused."""
    with pytest.raises(InvalidHandle):
        split_token(token)


@given(st.lists(st.integers(min_value=0, max_value=600_000), max_size=12))
def test_messages_keep_the_order(sizes):
    """Lines are put into messages in their order, none too large, and none is lost."""
    lines = [LogLine("x" * size) for size in sizes]
    groups = list(in_messages(lines))
    assert "".join(line.message for group in groups for line in group) == "".join(line.message for line in lines)
    assert all(sum(len(line.message) for line in group) <= 256 * 1024 for group in groups)


def test_many_short_lines():
    """Also short lines are not too many for one message."""
    groups = list(in_messages([LogLine("")] * 2500))
    assert [len(group) for group in groups] == [1000, 1000, 500]
