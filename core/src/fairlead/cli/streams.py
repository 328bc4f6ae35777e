"""stdout and stderr that nobody takes: what was asked for is missed, what is an extra is left out."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as typing has it, whose import takes longer than all that `--version` does
if TYPE_CHECKING:
    from collections.abc import Callable


class StdoutLost(Exception):
    """What a command was to print could not be written."""


class _Stream:
    """A stream of the process, and what happens where it cannot be written; what is not here is that of the stream."""

    def __init__(self, stream: object, failed: Callable[[OSError], None]) -> None:
        self._stream = stream
        self._failed = failed

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> _Stream:
        """The binary stream below, which fails in the same way."""
        return _Stream(self._stream.buffer, self._failed)  # type: ignore[attr-defined]

    def write(self, data: str | bytes) -> int:
        """Write, and deal with what cannot be written."""
        try:
            return self._stream.write(data)  # type: ignore[attr-defined,no-any-return]
        except OSError as error:
            self._failed(error)
            return len(data)

    def flush(self) -> None:
        """Write what was kept, and deal with what cannot be written."""
        try:
            self._stream.flush()  # type: ignore[attr-defined]
        except OSError as error:
            self._failed(error)


def _lose_stdout(error: OSError) -> None:
    """Tell that it cannot be written; a pipe that nobody reads stays a `BrokenPipeError`."""
    if isinstance(error, BrokenPipeError):
        raise error
    message = f"stdout cannot be written: {error.strerror or error}"
    raise StdoutLost(message) from error


def _lose_stderr(_error: OSError) -> None:
    """Be silent from now on: a job must not be lost because nobody reads of it."""
    discard(2)


def guard() -> None:
    """Put the streams above in the place of the process's own.

    One that is closed is opened, or the next file to be opened would get what is meant for it: stdout such that it
    cannot be written, stderr such that what is written goes nowhere.
    """
    if sys.stdout is None:
        _redirect(1, os.O_RDONLY)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - a number, for as long as the process
    if sys.stderr is None:
        discard(2)
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - the same
    sys.stdout = _Stream(sys.stdout, _lose_stdout)
    sys.stderr = _Stream(sys.stderr, _lose_stderr)


def discard(number: int) -> None:
    """Let what is written to a file descriptor from now on, or is still in its buffer, go nowhere."""
    _redirect(number, os.O_WRONLY)


def _redirect(number: int, mode: int) -> None:
    nowhere = os.open(os.devnull, mode)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
