"""Python files, run as `python file.py arguments` would."""

import runpy
import sys
from pathlib import Path


def run_script(path: str, arguments: list[str]) -> None:
    """Run a file as `__main__`, with its folder on the path."""
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(Path(path).parent))
    runpy.run_path(path, run_name="__main__")
