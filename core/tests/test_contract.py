"""The conformance kit: what it finds wrong with connectors, and what it lets pass."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from in_memory import Jobs, Upper

from fairlead import InvalidTask, LogLine, LogPage, Phase, Resource, TaskTemplate
from fairlead.testing import AsyncConnectorContract, SyncConnectorContract


def kit(contract, connector, **attributes):
    """Return an instance of the test class that a plugin would write."""
    return type("Kit", (contract,), {"connector": connector, "task": {"type": connector.task_type}, **attributes})()


class Recording(Upper):
    """Keeps the task that it is given."""

    seen = SimpleNamespace()

    def do(self, task, inputs, context):
        self.seen.task, self.seen.inputs = task, inputs
        return Resource(phase=Phase.SUCCEEDED)


def test_a_task_is_written_as_in_a_task_file():
    """Durations, short types and inputs mean what they mean in a task file."""
    task = {
        "type": "upper",
        "metadata": {"timeout": "1m"},
        "interface": {"inputs": {"x": "integer", "y": "integer"}},
        "inputs": {"x": 1, "y": 1},
    }
    kit(SyncConnectorContract, Recording, task=task, inputs={"y": 2}).test_the_task_ends_as_expected()
    assert isinstance(Recording.seen.task, TaskTemplate)
    assert Recording.seen.task.metadata.timeout == 60
    assert Recording.seen.inputs == {"x": 1, "y": 2}


def test_a_misspelt_task_is_refused():
    """A name that a task file may not hold fails the tests that run the task."""
    misspelt = kit(SyncConnectorContract, Upper, task={"type": "upper", "costum": {}})
    with pytest.raises(InvalidTask, match="unknown field `costum`. Did you mean `custom`"):
        misspelt.test_the_task_ends_as_expected()


class Waiting(Upper):
    """Waits on a thread for what does not come."""

    gate = threading.Event()

    def do(self, task, inputs, context):
        self.gate.wait(30)


class WaitingLonger(Upper):
    """Waits on the event loop for what does not come."""

    async def do(self, task, inputs, context):
        await asyncio.Event().wait()


class Blocking(Upper):
    """Blocks the event loop for a time."""

    async def do(self, task, inputs, context):
        threading.Event().wait(0.1)
        return Resource(phase=Phase.SUCCEEDED)


class Endless(Jobs):
    """Has jobs that do not end."""

    async def get(self, meta, context):
        return Resource(phase=Phase.RUNNING)


@pytest.mark.parametrize("connector", [Waiting, WaitingLonger])
def test_seconds_bound_a_sync_task(connector):
    """A `do` that takes longer than `seconds` fails, and the failure says so."""
    slow = kit(SyncConnectorContract, connector, seconds=0.05)
    with pytest.raises(AssertionError, match=r"the 0.05 s of `seconds`: \w+: do did not end within its deadline"):
        slow.test_the_task_ends_as_expected()
    Waiting.gate.set()


def test_seconds_bound_a_task_that_blocks_the_loop():
    """One that nobody can stop fails when it has ended."""
    slow = kit(SyncConnectorContract, Blocking, seconds=0.05)
    with pytest.raises(AssertionError, match="the task took .* s, more than the 0.05 s of `seconds`"):
        slow.test_the_task_ends_as_expected()


def test_seconds_bound_a_job():
    """A job that has not ended by then fails the tests that follow it."""
    slow = kit(AsyncConnectorContract, Endless, seconds=0.05)
    for test in (slow.test_the_task_ends_as_expected, slow.test_any_process_can_follow):
        with pytest.raises(AssertionError, match="0.05 s of `seconds`: the job did not end in the time allowed"):
            test()


class Logged(Jobs):
    """Has a log, some lines of which are the same."""

    lines = ("tick", "tack", "tick")

    async def get_logs(self, meta, context, *, token=""):
        for position in range(int(token or 0), len(self.lines)):
            yield LogPage((LogLine(self.lines[position]),), str(position + 1))


class Forgetful(Logged):
    """Begins again, whatever the token is."""

    async def get_logs(self, meta, context, *, token=""):
        async for page in super().get_logs(meta, context):
            yield page


class Restarting(Logged):
    """Has a last token that leads to the beginning."""

    async def get_logs(self, meta, context, *, token=""):
        async for page in super().get_logs(meta, context, token=token):
            yield LogPage(page.lines, "" if page.token == "3" else page.token)


class Skipping(Logged):
    """Leaves out a line after each token."""

    async def get_logs(self, meta, context, *, token=""):
        async for page in super().get_logs(meta, context, token=str(int(token) + 1) if token else ""):
            yield page


class Late(Logged):
    """Has a log of which something arrives after each look at it."""

    async def get_logs(self, meta, context, *, token=""):
        async for page in super().get_logs(meta, context, token=token):
            yield page
        type(self).lines += (f"late {len(self.lines)}",)


@pytest.mark.parametrize("connector", [Logged, Late])
def test_logs_that_go_on(connector):
    """A log whose tokens lead on passes, also where lines are the same, or arrive late."""
    kit(AsyncConnectorContract, connector).test_logs_go_on_after_a_token()


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        (Forgetful, "read on from the token '1', lines come again: 'tick'"),
        (Restarting, "read on from the token '', lines come again: 'tick'"),
        (Skipping, "read on from the token '1', lines are lost: 'tack'"),
    ],
)
def test_logs_that_do_not_go_on(connector, message):
    """Lines that come again after a token, or never, fail."""
    with pytest.raises(AssertionError, match=message):
        kit(AsyncConnectorContract, connector).test_logs_go_on_after_a_token()


def test_without_logs():
    """A connector without `get_logs` has no log to look at."""
    with pytest.raises(pytest.skip.Exception, match="the connector has no logs"):
        kit(AsyncConnectorContract, Jobs).test_logs_go_on_after_a_token()
