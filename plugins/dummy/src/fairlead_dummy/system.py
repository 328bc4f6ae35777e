"""The simulated external system: a folder with what cannot follow from a job's meta and the clock.

That is: under which idempotency key a job was started, that it was deleted, and how many calls have failed
so far. Everything else is computed. Without the folder (on another machine, say) a job goes on as its meta
says.
"""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

DIRECTORY_VARIABLE = "FAIRLEAD_DUMMY_DIR"


def adopt_or_start(job_id: str, meta: bytes) -> bytes:
    """Record a new job and return its meta, or return the meta of the job that is recorded under that id."""
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = directory / f"{job_id}.json"
    descriptor, draft = tempfile.mkstemp(dir=directory)
    try:
        os.write(descriptor, meta)
        os.link(draft, target)  # unlike a rename, this fails where the job exists
    except FileExistsError:
        return target.read_bytes()
    finally:
        os.close(descriptor)
        Path(draft).unlink()
    return meta


def mark_deleted(job_id: str) -> None:
    """Record that a job was deleted now, unless it was before."""
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (directory / f"{job_id}.deleted").touch(mode=0o600, exist_ok=False)


def deleted_at(job_id: str) -> float | None:
    """Return when a job was deleted, in seconds since the epoch, or None."""
    try:
        return (_directory() / f"{job_id}.deleted").stat().st_mtime
    except FileNotFoundError:
        return None


def count_call(job_id: str, limit: int) -> int:
    """Count one more call, up to `limit`, and return how many there were before."""
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / f"{job_id}.calls").open("ab") as calls:
        before = calls.tell()
        if before < limit:
            calls.write(b".")
        return before


def now() -> float:
    """Return the clock of the system, in seconds since the epoch."""
    return time.time()


def _directory() -> Path:
    configured = os.environ.get(DIRECTORY_VARIABLE)
    return Path(configured) if configured else Path(tempfile.gettempdir()) / f"fairlead-dummy-{os.getuid()}"
