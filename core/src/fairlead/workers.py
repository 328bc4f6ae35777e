"""Threads for the plain methods of one connector."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from fairlead.errors import TransientError


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
        """Run `call` on a thread, and return the future of its result; raise `TransientError` if there can be no thread."""
        future: Future[Any] = Future()
        with self._lock:
            if self._spare > 0 or self._threads == self._size or not self._start_thread():
                self._spare -= 1
        self._calls.put((future, call))
        return future

    def _start_thread(self) -> bool:
        """Start one more thread; where that cannot be, return False if there are others to do its work."""
        try:
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads + 1}", daemon=True).start()
        except RuntimeError as error:
            if self._threads:
                return False
            message = f"no thread can be started: {error}"
            raise TransientError(message) from error
        self._threads += 1
        return True

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
