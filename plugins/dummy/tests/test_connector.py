"""The dummy connector, through the real lifecycle."""

import asyncio
import itertools
import math

import pytest

from fairlead import (
    Backoff,
    ConnectorRegistry,
    Context,
    Deadline,
    ErrorKind,
    Handle,
    InvalidTask,
    Lifecycle,
    Phase,
    Runner,
    TaskTemplate,
    TransientError,
)
from fairlead.testing import AsyncConnectorContract
from fairlead_dummy import DummyConnector, system

keys = itertools.count()


class TestContract(AsyncConnectorContract):
    connector = DummyConnector
    task = {"type": "dummy", "custom": {"duration": 0.3, "logs": ["one", "two", "three"]}}
    inputs = {"x": 1}


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self):
        self.time = 1_700_000_000.0

    def __call__(self):
        return self.time


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.setenv(system.DIRECTORY_VARIABLE, str(tmp_path / "system"))
    return tmp_path / "system"


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(system, "now", clock)
    return clock


@pytest.fixture
def lifecycle():
    registry = ConnectorRegistry(discover=False)
    registry.register(DummyConnector)
    return Lifecycle(registry, backoff=Backoff(initial=0.0001, maximum=0.0002))


def context():
    return Context(idempotency_key=f"key-{next(keys)}", deadline=Deadline.after(30))


async def start(lifecycle, inputs=None, **custom):
    return await lifecycle.create(TaskTemplate(type="dummy", custom=custom), inputs or {}, context())


async def at(lifecycle, clock, handle, seconds):
    clock.time = 1_700_000_000.0 + seconds
    return await lifecycle.get(handle, context())


async def test_phases_are_spread_evenly(lifecycle, clock):
    """A job goes through its phases in equal parts of its duration."""
    handle = await start(lifecycle, duration=9, phases=["QUEUED", "INITIALIZING", "RUNNING"])
    seen = [(await at(lifecycle, clock, handle, second)).phase for second in (0, 2.9, 3, 5.9, 6, 8.9, 9)]
    assert seen == [
        Phase.QUEUED,
        Phase.QUEUED,
        Phase.INITIALIZING,
        Phase.INITIALIZING,
        Phase.RUNNING,
        Phase.RUNNING,
        Phase.SUCCEEDED,
    ]


@pytest.mark.parametrize(
    ("outcome", "phase"),
    [
        ("succeed", Phase.SUCCEEDED),
        ("fail", Phase.FAILED),
        ("fail_retryably", Phase.RETRYABLE_FAILED),
        ("abort", Phase.ABORTED),
    ],
)
async def test_outcomes(lifecycle, clock, outcome, phase):
    """A job ends as its outcome says, with its message."""
    handle = await start(lifecycle, duration=1, outcome=outcome, message="that is all")
    resource = await at(lifecycle, clock, handle, 1)
    assert (resource.phase, resource.message) == (phase, "that is all")


async def test_never_end(lifecycle, clock):
    """A job that never ends is still in its last phase a year later."""
    handle = await start(lifecycle, duration=1, outcome="never_end")
    assert (await at(lifecycle, clock, handle, 365 * 86400)).phase is Phase.RUNNING


async def test_outputs(lifecycle, clock):
    """The outputs are the given ones, or else the inputs; a failed job has none."""
    given = await start(lifecycle, {"a": 1}, duration=0, outputs={"b": [2]})
    echoed = await start(lifecycle, {"a": 1}, duration=0)
    failed = await start(lifecycle, {"a": 1}, duration=0, outcome="fail")
    assert (await at(lifecycle, clock, given, 0)).outputs == {"b": [2]}
    assert (await at(lifecycle, clock, echoed, 0)).outputs == {"a": 1}
    assert (await at(lifecycle, clock, failed, 0)).outputs is None


async def test_errors_tell_whose_fault_it_is(lifecycle, clock):
    """A retryable failure is the system's and recoverable, another one the user's."""
    retryable = await start(lifecycle, duration=0, outcome="fail_retryably")
    failed = await start(lifecycle, duration=0, outcome="fail")
    error = (await at(lifecycle, clock, retryable, 0)).error
    assert (error.kind, error.recoverable) == (ErrorKind.SYSTEM, True)
    error = (await at(lifecycle, clock, failed, 0)).error
    assert (error.kind, error.recoverable) == (ErrorKind.USER, False)


async def test_progress(lifecycle, clock):
    """Progress messages follow one another while the job runs, beside a link to it."""
    handle = await start(lifecycle, duration=10, progress=["reading", "writing"], poll_after=3)
    first, second = await at(lifecycle, clock, handle, 4), await at(lifecycle, clock, handle, 6)
    assert (first.message, second.message) == ("reading", "writing")
    assert first.poll_after == 3
    assert first.log_links[0].name == "Dummy Console"


async def test_logs_go_on_after_a_token(lifecycle, clock):
    """The log grows with time, and a token leads to what is new."""
    handle = await start(lifecycle, duration=10, logs=["one", "two"])
    clock.time += 1
    (page,) = [page async for page in lifecycle.get_logs(handle, context())]
    clock.time += 5
    (rest,) = [page async for page in lifecycle.get_logs(handle, context(), token=page.token)]
    assert [line.message for line in page.lines + rest.lines] == ["one", "two"]
    assert [page async for page in lifecycle.get_logs(handle, context(), token=rest.token)] == []


async def test_first_gets_fail_transiently(lifecycle):
    """Fifty transient errors in a row, inside the deadline, do not keep a task from succeeding."""
    runner = Runner(lifecycle, poll=Backoff(initial=0.0001, maximum=0.0002))
    task = TaskTemplate(type="dummy", custom={"duration": 0, "faults": {"transient_gets": 50}})
    assert (await runner.run(task, {}, context())).phase is Phase.SUCCEEDED


async def test_transient_gets_are_counted_for_all_processes(lifecycle, directory):
    """A second connector goes on counting where the first one was."""
    connector, other = DummyConnector(), DummyConnector()
    handle = await start(lifecycle, duration=0, faults={"transient_gets": 2})
    meta = DummyConnector.metadata_type.decode(handle.meta)
    for one in (connector, other):
        with pytest.raises(TransientError):
            await one.get(meta, context())
    assert (await connector.get(meta, context())).phase is Phase.SUCCEEDED


async def test_an_unknown_state_is_running(lifecycle, clock, caplog):
    """A state that the connector does not know is RUNNING with its name, and a warning; it does not end the run."""
    handle = await start(lifecycle, duration=5, faults={"unknown_state": "PONDERING"})
    resource = await at(lifecycle, clock, handle, 1)
    assert (resource.phase, resource.message) == (Phase.RUNNING, "PONDERING")
    assert "PONDERING" in caplog.text
    assert (await at(lifecycle, clock, handle, 5)).phase is Phase.SUCCEEDED


async def test_a_slow_answer_takes_its_time(lifecycle, monkeypatch):
    """Every get waits as long as the fault says."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("fairlead_dummy.connector.asyncio.sleep", sleep)
    handle = await start(lifecycle, duration=0, faults={"slow_get": 7})
    await lifecycle.get(handle, context())
    assert slept == [7]


async def test_a_deleted_job_is_aborted_for_everybody(lifecycle):
    """A deletion is seen by every process; a job that had ended before keeps its outcome."""
    handle = await start(lifecycle, duration=1000)
    await lifecycle.delete(handle, context())
    registry = ConnectorRegistry(discover=False)
    registry.register(DummyConnector)
    assert (await Lifecycle(registry).get(handle, context())).phase is Phase.ABORTED


async def test_a_deletion_after_the_end_changes_nothing(lifecycle, clock):
    """What counts is the clock of the system: a job that has ended when it is deleted keeps its outcome."""
    early, late = await start(lifecycle, duration=5), await start(lifecycle, duration=5)
    clock.time += 4.999
    await lifecycle.delete(early, context())
    clock.time += 0.001
    await lifecycle.delete(late, context())
    await lifecycle.delete(early, context())
    assert (await lifecycle.get(early, context())).phase is Phase.ABORTED
    assert (await lifecycle.get(late, context())).phase is Phase.SUCCEEDED


async def test_fifty_concurrent_creates_are_one_job(lifecycle):
    """Creates with one key that race each other agree on one job."""
    task, shared = TaskTemplate(type="dummy", custom={}), Context(idempotency_key="shared")
    handles = await asyncio.gather(*(lifecycle.create(task, {}, shared) for _ in range(50)))
    assert len({str(handle) for handle in handles}) == 1


async def test_a_job_outlives_the_folder_of_the_system(lifecycle, clock, directory, monkeypatch, tmp_path):
    """On a machine that has never seen the job, its meta and the clock say where it stands."""
    handle = await start(lifecycle, duration=4)
    monkeypatch.setenv(system.DIRECTORY_VARIABLE, str(tmp_path / "elsewhere"))
    assert (await at(lifecycle, clock, Handle.parse(str(handle)), 3)).phase is Phase.RUNNING


@pytest.mark.parametrize(
    ("custom", "path"),
    [
        ({"duration": "long"}, "custom.duration"),
        ({"duration": -1}, "custom.duration"),
        ({"outcome": "explode"}, "custom.outcome"),
        ({"phases": []}, "custom.phases"),
        ({"phases": ["RUNNING", "SUCCEEDED"]}, "custom.phases[1]"),
        ({"faults": {"transient_gets": 1.5}}, "custom.faults.transient_gets"),
        ({"durration": 1}, "Did you mean `duration`"),
    ],
)
async def test_wrong_settings_are_named(lifecycle, custom, path):
    """What is wrong in `custom` is named with its path."""
    with pytest.raises(InvalidTask) as caught:
        await start(lifecycle, **custom)
    assert path in str(caught.value)


@pytest.mark.parametrize(("number", "what"), [(math.inf, "must be finite"), (math.nan, "expected `float` >= 0.0")])
@pytest.mark.parametrize(
    ("custom", "path"),
    [
        (lambda number: {"duration": number}, "custom.duration"),
        (lambda number: {"poll_after": number}, "custom.poll_after"),
        (lambda number: {"faults": {"slow_get": number}}, "custom.faults.slow_get"),
    ],
)
async def test_times_without_end_are_refused(lifecycle, custom, path, number, what):
    """What is no finite number cannot be kept in a meta, and is named with its path."""
    with pytest.raises(InvalidTask) as caught:
        await start(lifecycle, **custom(number))
    assert str(caught.value) == f"`{path}`: {what}"


async def test_a_folder_that_cannot_be_made(lifecycle, monkeypatch):
    """The error names the folder, and the variable with which to choose another."""
    handle = await start(lifecycle, duration=9, faults={"transient_gets": 1})
    monkeypatch.setenv(system.DIRECTORY_VARIABLE, "/proc/nowhere")
    message = "the folder /proc/nowhere of the simulated system cannot be used: No such file or directory; name another with FAIRLEAD_DUMMY_DIR"
    for call in (start(lifecycle), lifecycle.get(handle, context()), lifecycle.delete(handle, context())):
        with pytest.raises(InvalidTask) as caught:
            await call
        assert str(caught.value) == message


async def test_a_folder_that_is_none(lifecycle, monkeypatch):
    """A file in the place of the folder is named too, also where it would only be read."""
    handle = await start(lifecycle, duration=9)
    monkeypatch.setenv(system.DIRECTORY_VARIABLE, __file__)
    for call in (start(lifecycle), lifecycle.get(handle, context())):
        with pytest.raises(InvalidTask, match=f"the folder {__file__} of .*; name another with FAIRLEAD_DUMMY_DIR"):
            await call


async def test_whole_floats_count_as_integers(lifecycle):
    """Flyte sends every number as a float; 2.0 calls are two."""
    handle = await start(lifecycle, duration=1.0, faults={"transient_gets": 2.0})
    assert DummyConnector.metadata_type.decode(handle.meta).custom.faults.transient_gets == 2
