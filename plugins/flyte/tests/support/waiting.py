"""Waiting for what others bring about, without a guess at how long that takes."""

import asyncio

SECONDS = 20.0


async def until(condition):
    """Let others go on until a condition is true."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0)
