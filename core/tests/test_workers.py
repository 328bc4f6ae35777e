"""Threads for plain methods."""

import threading
from concurrent.futures import wait

import pytest

from fairlead import TransientError
from fairlead.workers import Workers


def test_at_most_so_many_at_once():
    """Calls beyond the limit wait, and all are done in the end."""
    workers, running, most, lock, gate = Workers("test", 3), 0, 0, threading.Lock(), threading.Event()
    three = threading.Semaphore(0)

    def call(number):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        three.release()
        gate.wait(30)
        with lock:
            running -= 1
        return number

    futures = [workers.submit(lambda number=number: call(number)) for number in range(10)]
    for _ in range(3):
        assert three.acquire(timeout=30)
    gate.set()
    assert [future.result(30) for future in futures] == list(range(10))
    assert most == 3


def test_idle_threads_are_used_again():
    """One call after the other needs one thread."""
    workers = Workers("test", 8)
    names = set()
    for _ in range(20):
        names.add(workers.submit(lambda: threading.current_thread().name).result(30))
        # the thread counts as idle a moment after its result is there
        while workers._spare < 1:
            threading.Event().wait(0.001)
    assert len(names) == 1


def test_threads_that_cannot_be_started(monkeypatch):
    """A call is refused where there is no thread at all, and waits for one where there are some."""
    workers, start, none_left = Workers("test", 3), threading.Thread.start, True

    def start_if_any_is_left(thread):
        if none_left:
            message = "can't start new thread"
            raise RuntimeError(message)
        start(thread)

    monkeypatch.setattr("threading.Thread.start", start_if_any_is_left)
    for _ in range(4):
        with pytest.raises(TransientError, match="no thread can be started: can't start new thread"):
            workers.submit(lambda: 1)
    none_left, gate = False, threading.Event()
    first = workers.submit(lambda: gate.wait(30))
    none_left = True
    second = workers.submit(lambda: 2)
    gate.set()
    assert (first.result(30), second.result(30)) == (True, 2)


def test_a_cancelled_call_does_not_start():
    """What is cancelled while it waits never runs."""
    workers, gate, ran = Workers("test", 1), threading.Event(), []
    first = workers.submit(lambda: gate.wait(30))
    second = workers.submit(lambda: ran.append("second"))
    third = workers.submit(lambda: ran.append("third"))
    assert second.cancel()
    gate.set()
    wait([first, third], timeout=30)
    assert ran == ["third"]


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_errors_belong_to_the_caller(error):
    """Whatever a call raises reaches the future, and the thread goes on."""
    workers = Workers("test", 1)

    def raises():
        raise error

    assert workers.submit(raises).exception(30) is error
    assert workers.submit(lambda: 5).result(30) == 5


def test_threads_are_daemons():
    """A call that hangs does not keep the program from ending."""
    assert Workers("test", 1).submit(lambda: threading.current_thread().daemon).result(30)
