"""Threads for the plain methods of one connector."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Workers:
    """At most `size` daemon threads; further calls wait in a queue.

    Unlike those of `concurrent.futures`, the threads do not keep the program from ending: a connector
    that hangs must not be able to do that. A call that is cancelled before it starts never starts.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._spare = 0  # idle threads, less the calls that are queued for them

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Run `call` on a thread, and return the future of its result."""
        future: Future[Any] = Future()
        with self._lock:
            starts_thread = self._spare <= 0 and self._threads < self._size
            if starts_thread:
                self._threads += 1
            else:
                self._spare -= 1
        self._calls.put((future, call))
        if starts_thread:
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            future, call = self._calls.get()
            if future.set_running_or_notify_cancel():
                _run(future, call)
            with self._lock:
                self._spare += 1


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
