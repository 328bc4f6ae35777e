"""What an error says of where it comes from."""

import asyncio

import pytest

from fairlead.errors import is_from_outside


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit()])
def test_what_ends_a_call_is_from_outside(error):
    """An interrupt, or the end of a generator's reader, is not the fault of the code that is called."""
    assert is_from_outside(error)


@pytest.mark.parametrize("error", [ValueError(), SystemExit(), asyncio.CancelledError()])
def test_without_an_event_loop_the_rest_is_from_inside(error):
    """Where no event loop runs, there is nothing that could have been cancelled."""
    assert not is_from_outside(error)


async def test_a_cancellation_is_from_outside_where_it_was_asked_for():
    """A CancelledError that somebody has asked for is from outside, one that code raises by itself is not."""
    assert not is_from_outside(asyncio.CancelledError())
    seen = []

    async def wait():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            seen.append(is_from_outside(error))

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    await task
    assert seen == [True]
