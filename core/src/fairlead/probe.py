"""Load one plugin in this process and report how far it got: run by `probing` as `python -m fairlead.probe`.

The report goes to a file, because a plugin may print whatever it likes, and it is written anew at each
stage, because the plugin may end or hang the process.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from fairlead.discovery import Group, PluginEntry, Status, installed
from fairlead.errors import PluginError
from fairlead.loading import described


def main(report: Path, group: str, name: str, distribution: str) -> None:
    """Load the plugin that these words name, and write the report."""
    entry = next(
        entry for entry in installed(Group(group)) if entry.name == name and entry.distribution == distribution
    )
    started = time.perf_counter()
    _write(report, stage="import")
    try:
        _load(entry)
    except PluginError as error:
        text = described(error.__cause__) if error.__cause__ else str(error)
        cause = text.removesuffix(f" {error.hint}.").rstrip(".")  # the report has the hint beside it
        _write(report, stage=error.stage, milliseconds=_since(started), error=cause, hint=error.hint)
    else:
        _write(report, stage="ready", milliseconds=_since(started))


def _load(entry: PluginEntry) -> None:
    """Load a plugin as far as its host would, without calling it."""
    if entry.group is Group.CONNECTORS and entry.status is Status.AVAILABLE:
        from fairlead.admission import load_connector

        load_connector(entry)
    elif entry.group is Group.PLUGINS:
        from fairlead.hooks import Hooks

        Hooks(discover=False).load_entry(entry)
    elif entry.group in {Group.COMMANDS, Group.HOSTS}:
        from fairlead.cli.root import load_command

        load_command(entry)
    else:
        from fairlead.loading import load

        load(entry)


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _write(report: Path, *, stage: str, milliseconds: float | None = None, error: str = "", hint: str = "") -> None:
    draft = report.with_suffix(".draft")
    draft.write_text(json.dumps({"stage": stage, "milliseconds": milliseconds, "error": error, "hint": hint}))
    draft.replace(report)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:5])
