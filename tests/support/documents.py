"""Read the examples of a Markdown document, and run them."""

import re
import subprocess
from typing import NamedTuple

_BLOCK = re.compile(r"^```(?P<language>\w+)(?: file=(?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block."""

    language: str
    file: str
    body: str


def blocks(path):
    """Return the fenced blocks of a document in order."""
    return [Block(match["language"], match["file"] or "", match["body"]) for match in _BLOCK.finditer(path.read_text())]


def commands(block):
    """Return the commands of a console block, each with the output that is shown below it."""
    parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def run_console(block, folder, environment):
    """Run the commands of a block in one shell, and compare what each writes to stdout with what is shown.

    `...` stands for anything, and a run of spaces for any other.
    """
    pairs = commands(block)
    script = "set -eu\n" + "".join(f"{command}\nprintf '\\0'\n" for command, _ in pairs)
    result = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, (result.stdout, result.stderr)
    for (command, shown), output in zip(pairs, result.stdout.split("\0"), strict=False):
        if shown.strip():
            pattern = r"\s*.*\s*".join(re.escape(_normal(part)) for part in shown.split("..."))
            assert re.fullmatch(pattern, _normal(output), re.DOTALL), f"$ {command}\n{output}\n--- is not ---\n{shown}"


def _normal(text):
    return " ".join(text.split())
