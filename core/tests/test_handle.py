"""Handles: printed, parsed, and refused when they are not whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import Handle, InvalidHandle, TaskCategory

HANDLE = Handle(TaskCategory("batch_job", 3), b'{"job_id":"1234","host":"example.com"}')


@given(st.text(min_size=1), st.integers(0, 2**31), st.binary())
def test_what_is_printed_parses(name, version, meta):
    """Any category and any bytes come back."""
    handle = Handle(TaskCategory(name, version), meta)
    assert Handle.parse(str(handle)) == handle


@given(st.text(min_size=1), st.binary(min_size=1))
def test_safe_in_a_shell(name, meta):
    """A handle needs no quotes."""
    text = str(Handle(TaskCategory(name), meta))
    assert all(character.isascii() and (character.isalnum() or character in "._-~%") for character in text)


def test_white_space_around_is_ignored():
    """A handle that was copied with its line end is whole."""
    assert Handle.parse(f"  {HANDLE}\n") == HANDLE


@pytest.mark.parametrize("length", range(len(str(HANDLE))))
def test_a_part_is_refused(length):
    """A handle that is cut, wherever, is refused."""
    with pytest.raises(InvalidHandle):
        Handle.parse(str(HANDLE)[:length])
    with pytest.raises(InvalidHandle):
        Handle.parse(str(HANDLE)[length + 1 :])


@pytest.mark.parametrize("position", range(len(str(HANDLE))))
def test_a_changed_character_is_refused(position):
    """A handle in which one character differs is refused."""
    text = str(HANDLE)
    other = "A" if text[position] != "A" else "B"
    with pytest.raises(InvalidHandle):
        Handle.parse(text[:position] + other + text[position + 1 :])


@given(st.text())
def test_garbage_is_refused(text):
    """Anything else is refused with an error that quotes it, shortened."""
    with pytest.raises(InvalidHandle) as caught:
        Handle.parse(text)
    assert len(str(caught.value)) < 400
