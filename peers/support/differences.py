"""The table of `docs/flyte.md` that says where fairlead's server answers otherwise than Flyte's own."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "flyte.md"


def documented():
    """Return the first column of the table."""
    section = re.search(r"^## Differences\n(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [row[0] for row in rows[1:]]


def difference(title):
    """Mark a test as that of a row of the table."""
    assert title in documented(), f"docs/flyte.md has no difference {title!r}"
    return lambda test: test
