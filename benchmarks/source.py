"""Which state of the checkout was measured."""

import subprocess
from pathlib import Path

_DESCRIBE = ["git", "describe", "--always", "--dirty"]


def source() -> str:
    """Return the commit, with `-dirty` where files differ from it, or `unknown` outside of a checkout."""
    try:
        described = subprocess.run(_DESCRIBE, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()
