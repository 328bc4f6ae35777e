"""Task categories and their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import TaskCategory


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("batch", TaskCategory("batch")),
        ("batch.v2", TaskCategory("batch", 2)),
        ("batch.job", TaskCategory("batch.job")),
        ("batch.job.v10", TaskCategory("batch.job", 10)),
        ("sagemaker-endpoint", TaskCategory("sagemaker-endpoint")),
        ("batch.v02", TaskCategory("batch.v02")),
    ],
)
def test_parse(text, category):
    """A suffix `.vN` is the version; anything else belongs to the name."""
    assert TaskCategory.parse(text) == category


@pytest.mark.parametrize("text", ["", " ", "a b", "a\n"])
def test_no_white_space(text):
    """A task type is a word."""
    with pytest.raises(ValueError, match="is not a task type"):
        TaskCategory.parse(text)


@given(st.from_regex(r"[a-z_][a-z0-9_-]{0,20}", fullmatch=True), st.integers(0, 1000))
def test_printed_names_parse(name, version):
    """What is printed is what is parsed."""
    category = TaskCategory(name, version)
    assert TaskCategory.parse(str(category)) == category
