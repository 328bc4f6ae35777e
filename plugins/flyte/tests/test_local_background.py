"""The loop on which the jobs of local workflows are driven, and the waiting for it."""

import asyncio
import concurrent.futures
import contextvars
import subprocess
import sys
import threading

import pytest

from fairlead_flyte.local.background import background
from fairlead_flyte.local.interruption import join, wait_for

variable = contextvars.ContextVar("variable", default=0)


async def where():
    return threading.current_thread().name, variable.get()


def test_work_runs_in_one_thread_in_the_callers_context():
    """Whoever asks, the work runs in the same thread, and sees the caller's context variables."""
    variable.set(7)
    assert wait_for(background.submit(where())) == ("fairlead-local", 7)


def test_errors_are_the_callers():
    """What the work raises is raised where it is waited for."""

    async def fail():
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        wait_for(background.submit(fail()))
    assert not background.is_busy


async def test_joined_from_another_loop():
    """Work can be awaited from any loop; cancelled there, it has ended before the cancellation goes on."""
    begun, ended = threading.Event(), []

    async def work():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    assert (await join(background.submit(where())))[0] == "fairlead-local"
    waiting = asyncio.create_task(join(background.submit(work())))
    await asyncio.to_thread(begun.wait)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == [True]


PROGRAM = """
import asyncio, signal, sys, threading
from fairlead_flyte.local.background import background
from fairlead_flyte.local.interruption import end_jobs_on_sigterm, wait_for

begun = threading.Event()

async def work():
    begun.set()
    try:
        await asyncio.Event().wait()
    finally:
        print("ended", flush=True)

async def closed():
    print("closed", flush=True)

end_jobs_on_sigterm()
background.close_at_exit(closed)
job = background.submit(work(), lambda: "last words")
begun.wait()
"""


def program(source):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + source], capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode, done.stdout.split(), done.stderr


def test_the_end_of_the_program_ends_the_work():
    """What nobody waits for any more is cancelled when the program ends, and what is to be closed is closed after."""
    code, out, err = program("")
    assert (code, out) == (0, ["ended", "closed"])
    assert "the program ends: ending its jobs" in err


def test_sigterm_ends_the_work():
    """SIGTERM ends the program in order while there is work."""
    code, out, _ = program("signal.raise_signal(signal.SIGTERM)")
    assert (code, out) == (143, ["ended", "closed"])


def test_sigterm_without_work():
    """Without work, SIGTERM does what it always does."""
    code, out, _ = program("background.abandon(job); signal.raise_signal(signal.SIGTERM)")
    assert (code, out) == (-15, [])


def test_an_interrupted_wait_ends_the_work():
    """Ctrl-C while the work is waited for ends the work, then the program."""
    code, out, err = program(
        "threading.Timer(0, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)).start()\n"
        "wait_for(job)"
    )
    assert (code, out) == (-2, ["ended", "closed"])
    assert "interrupted: ending the job; once more to stop at once" in err or "the program ends" in err


def test_the_end_is_not_cancelled_again():
    """What the work does when it is cancelled goes on to its end, also when it is cancelled again."""
    begun, ending, go_on, ended = threading.Event(), threading.Event(), asyncio.Event(), []

    async def work():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await go_on.wait()
            ended.append(True)

    job = background.submit(work())
    begun.wait()
    background.cancel(job)
    ending.wait()
    background.cancel(job)
    background.call(go_on.set)
    with pytest.raises(concurrent.futures.CancelledError):
        job.future.result()
    assert ended == [True]
