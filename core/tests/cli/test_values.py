"""What people type."""

import pytest
from click import BadParameter

from fairlead.cli.values import parse_assignments, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("500ms", 0.5), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("1d", 86400), ("0", 0)],
)
def test_durations(text, seconds):
    """A number is seconds; units add up."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "10 m", "-5", "10x", "1h30", "soon", "1e3", "nan", "inf"])
def test_no_durations(text):
    """Anything else is refused with examples."""
    with pytest.raises(ValueError, match="500ms, 10m or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("x=1", 1),
        ("x=1.5", 1.5),
        ("x=true", True),
        ("x=null", None),
        ('x={"a": [1]}', {"a": [1]}),
        ('x="1"', "1"),
        ("x=hello", "hello"),
        ("x=", ""),
        ("x=a=b", "a=b"),
        ("x={not json", "{not json"),
        ("x=NaN", "NaN"),
    ],
)
def test_assignments(word, value):
    """JSON where it parses, else text."""
    assert parse_assignments(None, None, (word,)) == {"x": value}


@pytest.mark.parametrize("word", ["x", "=1", ""])
def test_no_assignments(word):
    """What is no assignment is quoted."""
    with pytest.raises(BadParameter, match="NAME=VALUE"):
        parse_assignments(None, None, (word,))
