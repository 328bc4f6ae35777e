"""The log responses of others as pages."""

from flyteidl.admin import agent_pb2
from flyteidl2.connector.connector_pb2 import (
    GetTaskLogsResponse,
    GetTaskLogsResponseBody,
    GetTaskLogsResponseHeader,
)
from flyteidl2.logs.dataplane.payload_pb2 import LogLine as FlyteLine
from google.protobuf.timestamp_pb2 import Timestamp

from fairlead import LogLine, LogOriginator
from fairlead_flyte.bridge.log_pages import log_pages


def body(*lines):
    return GetTaskLogsResponse(body=GetTaskLogsResponseBody(lines=[FlyteLine(message=line) for line in lines]))


def header(token):
    return GetTaskLogsResponse(header=GetTaskLogsResponseHeader(token=token))


class Log:
    """A peer's log: its responses by token, and the tokens that it was asked for."""

    def __init__(self, **pages):
        self.pages, self.asked = {token.removeprefix("p"): page for token, page in pages.items()}, []

    async def fetch(self, token):
        self.asked.append(token)
        return self.pages[token]

    async def read(self, token=""):
        pages = [page async for page in log_pages(self.fetch, token)]
        return [[line.message for line in page.lines] for page in pages], pages[-1].token if pages else token


async def test_pages_are_followed_by_their_tokens():
    """Each header leads to the page after, until there is none."""
    log = Log(p=[body("a"), body("b"), header("2")], p2=[body("c")])
    lines, _ = await log.read()
    assert (lines, log.asked) == ([["a", "b"], ["c"]], ["", "2"])


async def test_a_log_that_grows_is_read_on():
    """A token leads behind the last line that was read, also inside of a page of the peer."""
    log = Log(p=[body("a"), header("2")], p2=[body("b")])
    _, token = await log.read()
    assert await log.read(token) == ([], token)
    log.pages["2"] = [body("b", "c")]
    lines, token = await log.read(token)
    assert lines == [["c"]]
    log.pages["2"] = [body("b", "c"), header("3")]
    log.pages["3"] = [body("d")]
    assert (await log.read(token))[0] == [[], ["d"]]


async def test_a_token_of_the_peer_itself():
    """A token that some other host was given leads to its page."""
    log = Log(p2=[body("b")])
    assert (await log.read("2"))[0] == [["b"]]


async def test_a_page_that_names_itself_is_the_last():
    """A peer whose token never changes does not hold the reader for ever."""
    log = Log(p=[body("a"), header("2")], p2=[body("b"), header("2")])
    assert (await log.read())[0] == [["a"], ["b"]]


async def test_single_responses_and_generators():
    """A peer may return one response, or yield them."""

    async def generated():
        yield body("x")

    assert (await Log(p=body("a")).read())[0] == [["a"]]
    assert (await Log(p=generated()).read())[0] == [["x"]]
    assert (await Log(p=None).read())[0] == []


async def test_lines_of_both_versions():
    """Time and originator are kept; of Flyte 1's two fields, the structured one counts."""
    stamp = Timestamp(seconds=1)
    ours = GetTaskLogsResponse(
        body=GetTaskLogsResponseBody(lines=[FlyteLine(message="m", timestamp=stamp, originator=1)])
    )
    theirs = agent_pb2.GetTaskLogsResponse(body=agent_pb2.GetTaskLogsResponseBody(results=["a", "b"]))
    (page,) = [page async for page in log_pages(Log(p=ours).fetch, "")]
    assert page.lines == (LogLine("m", stamp.ToDatetime(page.lines[0].timestamp.tzinfo), LogOriginator.USER),)
    assert (await Log(p=theirs).read())[0] == [["a", "b"]]
