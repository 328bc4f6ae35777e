"""The parameters of SQL, in the words of DuckDB."""

import pytest

from fairlead_databricks_emulator.task_driver.parameters import UnboundParameter, bound


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT :a", "SELECT 'x'"),
        ("SELECT(:a,:a)", "SELECT('x','x')"),
        ("SELECT b::INT", "SELECT b::INT"),
        ("SELECT :a::INT", "SELECT 'x'::INT"),
        ("SELECT ':a' || \":a\"", "SELECT ':a' || \":a\""),
        ("SELECT 'it''s :a'", "SELECT 'it''s :a'"),
        ("SELECT 1 -- :a\n, :a", "SELECT 1 -- :a\n, 'x'"),
        ("SELECT 1 /* :a\n:a */", "SELECT 1 /* :a\n:a */"),
        ("SELECT list[1:a]", "SELECT list[1:a]"),
        ('SELECT `a "b" c`', 'SELECT "a ""b"" c"'),
        ("SELECT :quote", "SELECT 'it''s'"),
    ],
)
def test_only_parameters_are_replaced(text, expected):
    """A parameter becomes a literal wherever it is one, and nothing else changes but backticks."""
    assert bound(text, {"a": "x", "quote": "it's"}) == expected


def test_unbound():
    """A parameter without a value is an error that names it."""
    with pytest.raises(UnboundParameter, match="unbound parameter: b"):
        bound("SELECT :a, :b", {"a": "1"})
