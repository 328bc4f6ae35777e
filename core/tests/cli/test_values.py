"""What people type."""

import pytest
from click import BadParameter

from fairlead import InvalidTask, Variable
from fairlead.cli.values import input_values, parse_assignments, parse_duration, positive


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
    assert input_values(parse_assignments(None, None, (word,)), {}) == {"x": value}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("x=5", "5"),
        ("x=true", "true"),
        ("x=2024-01-01", "2024-01-01"),
        ("x=null", "null"),
        ('x={"a": 1}', '{"a": 1}'),
        ('x="5"', "5"),
        ("x=hello", "hello"),
    ],
)
def test_a_declared_string_is_the_text(word, value):
    """Where the task declares a string, no quotes are needed, and they do no harm."""
    assignments = parse_assignments(None, None, (word, "n=5"))
    assert input_values(assignments, {"x": Variable("string"), "n": Variable("integer")}) == {"x": value, "n": 5}


@pytest.mark.parametrize("depth", [101, 5000])
def test_an_input_has_a_depth(depth):
    """What is nested too deeply is refused with the name of the input."""
    with pytest.raises(InvalidTask, match="input `x` is nested too deeply: more than 100 levels"):
        input_values({"x": "[" * depth + "]" * depth}, {})
    assert input_values({"x": "[" * 100 + "]" * 100}, {})


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_timeout_is_more_than_0(seconds):
    """Nothing else is a timeout."""
    assert positive(0.1) == 0.1
    with pytest.raises(ValueError, match="must be more than 0"):
        positive(seconds)


@pytest.mark.parametrize("word", ["x", "=1", ""])
def test_no_assignments(word):
    """What is no assignment is quoted."""
    with pytest.raises(BadParameter, match="NAME=VALUE"):
        parse_assignments(None, None, (word,))


def test_bytes_that_are_no_text():
    """What the terminal sent in another encoding is refused, readably."""
    with pytest.raises(BadParameter, match=r"'x=.udcff' is not valid UTF-8"):
        parse_assignments(None, None, ("x=\udcff",))
