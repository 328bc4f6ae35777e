"""stdout and stderr: what was asked for goes to the one and is missed where nobody takes it, all else is an extra."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as typing has it, whose import takes longer than all that `--version` does
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any


_ERRORS = "backslashreplace"  # for what an encoding does not have, such as bytes of another one

_results: Any = None


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
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors=_ERRORS)  # type: ignore[union-attr]
    sys.stdout = _Stream(sys.stdout, _lose_stdout)
    sys.stderr = _Stream(sys.stderr, _lose_stderr)


def results() -> IO[str]:
    """Return the stream for what a command was asked for: stdout, also where all others were led away from it."""
    return _results or sys.stdout


def keep_for_results() -> None:
    """From now on let only `results` lead to stdout, and what plugins and their processes write there to stderr."""
    global _results  # noqa: PLW0603 - there is one stdout
    if _results is None:
        encoding = sys.stdout.encoding
        stream = open(lead_away(), "w", encoding=encoding, errors=_ERRORS)  # noqa: SIM115 - for as long as the process
        _results = _Stream(stream, _lose_stdout)
        sys.stdout = sys.stderr


def lead_away() -> int:
    """Let what is written to the descriptor of stdout go to stderr; return one that still leads to stdout."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def lead_back(kept: int) -> None:
    """Undo `lead_away`, which has returned `kept`."""
    os.dup2(kept, 1)
    os.close(kept)


def discard(number: int) -> None:
    """Let what is written to a file descriptor from now on, or is still in its buffer, go nowhere."""
    _redirect(number, os.O_WRONLY)


def _redirect(number: int, mode: int) -> None:
    nowhere = os.open(os.devnull, mode)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
