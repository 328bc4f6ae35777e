"""Lines out of what was written so far."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead_databricks.cutting import MOST_BYTES, cuts


def read(content, *, ended):
    """Return all lines, and the position after them."""
    made = list(cuts(content, ended=ended))
    return [line for cut in made for line in cut.lines], made[-1].end if made else 0


def test_a_line_without_its_end_waits():
    """As long as more may come, the last line is given only when its end is there."""
    assert read(b"one\ntwo\r\nthr", ended=False) == (["one", "two"], 9)
    assert read(b"one\ntwo\r\nthr", ended=True) == (["one", "two", "thr"], 12)
    assert read(b"thr", ended=False) == ([], 0)


def test_empty_lines_are_lines():
    """An empty line is one, nothing is none."""
    assert read(b"\n\na\n", ended=True) == (["", "", "a"], 4)
    assert read(b"", ended=True) == ([], 0)


def test_a_page_is_bounded():
    """However many lines there are, and however long one is, a cut holds no more than is allowed."""
    content = b"x" * 99 + b"\n"
    many = list(cuts(content * 3000, ended=False))
    assert sum(len(cut.lines) for cut in many) == 3000
    assert all(len(cut.lines) <= MOST_BYTES // 100 for cut in many)
    assert [len(line) for line in read(b"y" * (MOST_BYTES + 5), ended=True)[0]] == [MOST_BYTES, 5]


def test_a_long_line_is_cut_between_characters():
    """A character that takes several bytes stays whole."""
    lines, end = read("ä".encode() * MOST_BYTES + b"\n", ended=False)
    assert "".join(lines) == "ä" * MOST_BYTES
    assert end == 2 * MOST_BYTES + 1


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=20)), st.data())
def test_wherever_it_was_interrupted_it_goes_on(lines, data):
    """What was written at any moment, and the rest from the position after that, are the lines of the whole."""
    content = "".join(line + "\n" for line in lines).encode()
    first, end = read(content[: data.draw(st.integers(0, len(content)))], ended=False)
    second, _ = read(content[end:], ended=True)
    assert first + second == lines
