"""The output streams of processes, copied while they are written."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_CHUNK = 64 * 1024
_PATIENCE = 1.0  # seconds for the rest; a process that has left its group may keep the stream open for ever


@asynccontextmanager
async def copied(log: Path, copy: Path) -> AsyncIterator[int]:
    """Give a descriptor to write to: what comes is appended to `copy` at once, and to `log` in whole lines."""
    read_end, write_end = os.pipe()
    copying = asyncio.create_task(_copy(read_end, log, copy))
    try:
        yield write_end
    finally:
        os.close(write_end)
        await asyncio.wait({copying}, timeout=_PATIENCE)
        copying.cancel()
        with suppress(asyncio.CancelledError):
            await copying


async def _copy(descriptor: int, log: Path, copy: Path) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    pending = b""
    with log.open("ab", buffering=0) as lines, copy.open("ab", buffering=0) as bytes_:
        try:
            while chunk := await reader.read(_CHUNK):
                bytes_.write(chunk)
                pending += chunk
                end = pending.rfind(b"\n") + 1 or (len(pending) if len(pending) > _CHUNK else 0)
                lines.write(pending[:end])
                pending = pending[end:]
        finally:
            lines.write(pending)
            transport.close()
