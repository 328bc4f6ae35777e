"""The server's own logs, which say what each line is about."""

import logging

import msgspec
import pytest
from scripted import Jobs

from fairlead import InvalidTask, Phase, Resource, SyncConnector, TransientError
from fairlead_flyte.logs import configure

_logger = logging.getLogger("a connector")


class Talking(Jobs):
    """Jobs that log in each method."""

    def __init__(self):
        super().__init__()
        for name in ("creates", "gets", "deletes"):
            script = getattr(self, name)
            script.will(self.saying(name, script.steps[0]))

    def saying(self, name, then):
        async def say(*arguments):
            _logger.info("in %s", name)
            return await then(*arguments) if callable(then) else then

        return say


class Plain(SyncConnector):
    """A plain function that logs on its thread."""

    task_type = "plain"

    def do(self, task, inputs, context):
        _logger.info("on a thread")
        return Resource(phase=Phase.SUCCEEDED)


@pytest.fixture
def logged(monkeypatch, capsys):
    """A function that sends the logs to stderr from now on, and one that returns their lines."""
    root = logging.getLogger()
    before = root.level
    monkeypatch.setattr(root, "handlers", [])

    def start(*, as_json):
        configure(level="info", as_json=as_json)
        return written

    def written():
        return capsys.readouterr().err.splitlines()

    yield start
    root.setLevel(before)


def line_with(lines, text):
    (line,) = [line for line in map(msgspec.json.decode, lines) if text in line["message"]]
    return line


ABOUT = {"project": "flytesnacks", "domain": "development", "execution": "abc", "node": "n0", "attempt": 2}


async def test_what_a_create_is_about(serve, logged):
    """As JSON, each line of a create names execution, node, attempt and task type, also those of the connector."""
    lines = logged(as_json=True)
    served = await serve(Talking())
    await served.flyte1.create(execution="abc", attempt=2)
    written = lines()
    for text in ("in creates", "submitted"):
        line = line_with(written, text)
        assert {key: line[key] for key in ABOUT} == ABOUT
        assert line["task_type"] == "jobs"
    assert (line["level"], line["logger"]) == ("INFO", "fairlead_flyte.operations")
    assert line["time"].endswith("+00:00")


async def test_what_other_calls_are_about(serve, logged):
    """The calls about a job that was created before name its task type, which is all that Flyte says of it."""
    lines = logged(as_json=True)
    served = await serve(Talking())
    meta = await served.flyte2.create()
    lines()
    await served.flyte2.get(meta)
    await served.flyte2.delete(meta)
    written = lines()
    for text in ("in gets", "in deletes", "deleted a job"):
        line = line_with(written, text)
        assert line["task_type"] == "jobs"
        assert "execution" not in line


async def test_on_a_thread(serve, logged):
    """So do the lines that a plain function writes on its thread, and those of sync calls."""
    lines = logged(as_json=True)
    served = await serve(Plain())
    await served.flyte1.do("plain", execution="abc", attempt=2)
    line = line_with(lines(), "on a thread")
    assert {key: line[key] for key in ABOUT} == ABOUT


async def test_calls_at_once_are_not_mixed_up(serve, logged):
    """What one call is about is not in the lines of another."""
    lines = logged(as_json=True)
    served = await serve(Talking(), Plain())
    await served.flyte1.create(execution="abc")
    await served.flyte1.do("plain", execution="other")
    written = lines()
    assert line_with(written, "in creates")["execution"] == "abc"
    assert line_with(written, "on a thread")["execution"] == "other"
    assert "execution" not in line_with(written, "serving Flyte 1 and Flyte 2")


async def test_as_text(serve, logged):
    """As text, the same is at the end of the line."""
    lines = logged(as_json=False)
    served = await serve(Talking())
    await served.flyte1.create(execution="abc", attempt=2)
    (line,) = [line for line in lines() if "in creates" in line]
    about = "task_type=jobs project=flytesnacks domain=development execution=abc node=n0 attempt=2"
    assert line.endswith(f"INFO a connector: in creates [{about}]")


@pytest.mark.usefixtures("no_retries")
async def test_faults_that_are_absorbed(serve, logged):
    """A fault that Flyte is not told of is in the log."""
    lines = logged(as_json=True)
    jobs = Talking()
    served = await serve(jobs)
    jobs.gets.will(TransientError("no route to host"))
    await served.flyte1.get(b'{"job_id":"a"}')
    line = line_with(lines(), "cannot be read for now")
    assert (line["level"], line["task_type"]) == ("WARNING", "jobs")
    assert line["message"].endswith("no route to host")


def test_errors_with_their_traceback(logged):
    """A line with an error has its traceback in a field of its own."""
    lines = logged(as_json=True)
    try:
        raise RuntimeError("oops")
    except RuntimeError:
        _logger.exception("it failed")
    line = line_with(lines(), "it failed")
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("RuntimeError: oops")


def test_texts_that_are_no_unicode(logged):
    """A line with half a character is written, with `?` in its place."""
    lines = logged(as_json=True)
    _logger.warning("broken \udcff name")
    assert line_with(lines(), "broken")["message"] == "broken ? name"


async def test_nobody_writes_lines_of_their_own(serve, logged):
    """A line end in a name or in a text begins no line that looks like another record."""
    written = logged(as_json=False)
    jobs = Talking()
    jobs.creates.will(InvalidTask("no\n2026-01-01T00:00:00.000+00:00 INFO forged: text\r"))
    served = await serve(jobs)
    await served.flyte2.create(execution="name\n2026-01-01T00:00:00.000+00:00 INFO forged: name")
    lines = written()
    assert any("forged: text" in line for line in lines)
    assert any("forged: name" in line for line in lines)
    assert not any(line.startswith("2026-01-01T") for line in lines)
