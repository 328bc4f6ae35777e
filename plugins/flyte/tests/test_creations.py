"""The creates of a process: what is kept of them, for how long, and what is told of those that nobody was given."""

import asyncio
from types import SimpleNamespace

import pytest

from fairlead import DeadlineExceeded, TaskCategory, TransientError
from fairlead_flyte.creations import Creations
from fairlead_flyte.ended import pack_ended, refusal

JOBS = TaskCategory("jobs")


@pytest.fixture
def clock(monkeypatch):
    """The time that creates see, which a test moves on."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("fairlead_flyte.creations.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


class Gate:
    """A create that ends when it is let."""

    def __init__(self, result=b"meta"):
        self.open, self.result = asyncio.Event(), result

    async def create(self):
        await self.open.wait()
        return self.result


async def made(meta=b"another"):
    return meta


async def left(creations, gate, key, execution="e"):
    """Begin a create for which its caller does not wait, and let it end."""
    with pytest.raises(DeadlineExceeded):
        await creations.run(key, execution, gate.create, category=JOBS, seconds=0)
    gate.open.set()
    await asyncio.wait(set(creations.running))


async def test_a_long_create_is_kept_as_long_as_others(clock):
    """The time for which a create is kept begins with its end."""
    creations, gate = Creations(keep=10.0), Gate()
    first = asyncio.ensure_future(creations.run("long", "", gate.create, category=JOBS, seconds=5))
    await asyncio.sleep(0)
    clock.now = 100.0
    await creations.run("short", "", made, category=JOBS, seconds=5)
    gate.open.set()
    assert await first == b"meta"
    clock.now = 109.0
    assert await creations.run("long", "", made, category=JOBS, seconds=5) == b"meta"
    clock.now = 111.0
    assert await creations.run("long", "", made, category=JOBS, seconds=5) == b"another"


async def test_what_is_forgotten_unasked_is_told(clock, caplog):
    """A job that nobody was given is told of once, when it can no longer be found."""
    creations = Creations(keep=10.0)
    await left(creations, Gate(), "lost-key")
    await creations.run("other", "", made, category=JOBS, seconds=5)
    assert caplog.messages == []
    clock.now = 11.0
    for key in ("third", "fourth"):
        await creations.run(key, "", made, category=JOBS, seconds=5)
    creations.tell_lost()
    (message,) = caplog.messages
    assert "lost-key" in message


async def test_what_somebody_was_given_is_not_told(clock, caplog):
    """Nothing is told of a job that the next call or the next attempt was given, nor of what has failed or ended."""
    creations = Creations(keep=10.0)
    await left(creations, Gate(), "found again")
    await creations.run("found again", "e", made, category=JOBS, seconds=5)
    await left(creations, Gate(), "taken over", "another")
    await creations.run("next attempt", "another", made, category=JOBS, seconds=5)
    await left(creations, Gate(pack_ended(refusal(TransientError("sync")))), "has ended", "third")
    clock.now = 11.0
    await creations.run("last", "", made, category=JOBS, seconds=5)
    creations.tell_lost()
    assert caplog.messages == []


async def test_a_deleted_job_is_forgotten():
    """After a deletion its create begins anew; that of another task type with the same meta is kept."""
    creations, others = Creations(), TaskCategory("others")
    for key, category in (("one", JOBS), ("two", others)):
        await creations.run(key, "", lambda: made(b"meta"), category=category, seconds=5)
    creations.forget(JOBS, b"meta")
    assert await creations.run("one", "", made, category=JOBS, seconds=5) == b"another"
    assert await creations.run("two", "", made, category=others, seconds=5) == b"meta"


async def test_a_create_that_nobody_can_find(caplog):
    """A create without a key can be found by nobody, so its job is told of when it is there."""
    await left(Creations(), Gate(), "", "")
    assert len(caplog.messages) == 1


async def test_what_the_end_cuts_off(caplog):
    """A create that has not ended when the server does may have begun a job."""
    creations, gate = Creations(), Gate()
    with pytest.raises(DeadlineExceeded):
        await creations.run("running-key", "e", gate.create, category=JOBS, seconds=0)
    creations.tell_lost()
    (message,) = caplog.messages
    assert "running-key" in message


async def test_a_failure_does_not_forget_what_came_after():
    """A call that sees late that its create has failed leaves alone the one that was begun since."""
    creations, fail, gate, since = Creations(), asyncio.Event(), Gate(b"second"), []

    async def failing():
        await fail.wait()
        since.append(asyncio.ensure_future(creations.run("key", "", gate.create, category=JOBS, seconds=5)))
        message = "away"
        raise TransientError(message)

    late = asyncio.ensure_future(creations.run("key", "", failing, category=JOBS, seconds=5))
    await asyncio.sleep(0)
    fail.set()
    with pytest.raises(TransientError):
        await late
    gate.open.set()
    assert await creations.run("key", "", made, category=JOBS, seconds=5) == b"second"
    assert await since[0] == b"second"


async def test_a_create_that_ends_with_its_deadline():
    """A create that ends at the same moment as the patience of its caller is answered."""

    async def block():
        await asyncio.sleep(0)
        deadline = asyncio.get_running_loop().time() + 0.05
        while asyncio.get_running_loop().time() < deadline:
            pass
        return b"meta"

    assert await Creations().run("key", "", block, category=JOBS, seconds=0.01) == b"meta"


async def test_creates_are_forgotten_in_time():
    """What has ended is kept for a while, and then begun anew."""
    creations, made = Creations(keep=0.0), []

    async def create():
        made.append(1)
        return b"%d" % len(made)

    assert [await creations.run("key", "", create, category=JOBS, seconds=5) for _ in range(2)] == [b"1", b"2"]


async def test_the_number_of_creates_is_bounded():
    """Beyond the bound the oldest are forgotten."""
    creations, made = Creations(most=2), []

    async def create():
        made.append(1)
        return b"%d" % len(made)

    for key in ("a", "b", "c", "d"):
        await creations.run(key, "", create, category=JOBS, seconds=5)
    assert await creations.run("d", "", create, category=JOBS, seconds=5) == b"4"
    assert await creations.run("a", "", create, category=JOBS, seconds=5) == b"5"


async def test_the_bytes_of_creates_are_bounded():
    """Large results, as those of sync connectors, do not fill the memory; a create that runs holds up none of that."""
    creations, go, made = Creations(most_bytes=250), asyncio.Event(), []

    async def wait():
        await go.wait()
        return b"waited"

    async def create():
        made.append(1)
        return b"x" * 100

    running = asyncio.ensure_future(creations.run("running", "", wait, category=JOBS, seconds=5))
    for key in ("a", "b", "c", "d", "d", "a"):
        await creations.run(key, "", create, category=JOBS, seconds=5)
        await asyncio.sleep(0)  # its end is counted
    assert len(made) == 5
    go.set()
    assert await running == b"waited"


async def test_a_create_that_runs_is_not_forgotten():
    """However old it is, a create that runs is found."""
    creations, go = Creations(keep=0.0, most=0), asyncio.Event()

    async def wait():
        await go.wait()
        return b"waited"

    first = asyncio.ensure_future(creations.run("running", "", wait, category=JOBS, seconds=5))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(creations.run("running", "", lambda: None, category=JOBS, seconds=5))
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(first, second) == [b"waited", b"waited"]
