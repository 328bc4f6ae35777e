"""The simulated external system: a folder with what cannot follow from a job's meta and the clock.

That is: under which idempotency key a job was started, that it was deleted, and how many calls have failed
so far. Everything else is computed. Without the folder (on another machine, say) a job goes on as its meta
says.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead import InvalidTask

DIRECTORY_VARIABLE = "FAIRLEAD_DUMMY_DIR"


def adopt_or_start(job_id: str, meta: bytes) -> bytes:
    """Record a new job and return its meta, or return the meta of the job that is recorded under that id."""
    with _usable():
        return _record_once(f"{job_id}.json", meta)


def mark_deleted(job_id: str) -> None:
    """Record that a job was deleted now, unless it was before."""
    with _usable():
        _record_once(f"{job_id}.deleted", repr(now()).encode())


def deleted_at(job_id: str) -> float | None:
    """Return when a job was deleted, in seconds since the epoch, or None."""
    with _usable():
        try:
            return float((_directory() / f"{job_id}.deleted").read_bytes())
        except FileNotFoundError:
            return None


def count_call(job_id: str, limit: int) -> int:
    """Count one more call, up to `limit`, and return how many there were before."""
    with _usable(), (_made_directory() / f"{job_id}.calls").open("ab") as calls:
        before = calls.tell()
        if before < limit:
            calls.write(b".")
        return before


def now() -> float:
    """Return the clock of the system, in seconds since the epoch."""
    return time.time()


@contextmanager
def _usable() -> Iterator[None]:
    """Raise `InvalidTask` where the folder cannot be used: no repetition can mend that, nor is it a bug."""
    try:
        yield
    except OSError as error:
        message = f"the folder {_directory()} of the simulated system cannot be used: {error.strerror}; name another with {DIRECTORY_VARIABLE}"
        raise InvalidTask(message) from error


def _record_once(name: str, content: bytes) -> bytes:
    """Write a file that appears with all its content or not at all; return the content of the one that is there."""
    directory = _made_directory()
    descriptor, draft = tempfile.mkstemp(dir=directory)
    try:
        os.write(descriptor, content)
        os.link(draft, directory / name)  # unlike a rename, this fails where the file exists
    except FileExistsError:
        return (directory / name).read_bytes()
    finally:
        os.close(descriptor)
        Path(draft).unlink()
    return content


def _made_directory() -> Path:
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _directory() -> Path:
    configured = os.environ.get(DIRECTORY_VARIABLE)
    return Path(configured) if configured else Path(tempfile.gettempdir()) / f"fairlead-dummy-{os.getuid()}"
