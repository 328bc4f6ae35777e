"""Load plugins in processes of their own, with a time limit, and collect what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.discovery import STRICT_VARIABLE, PluginEntry
from fairlead.loading import disable_hint

PROBE_SECONDS = 10.0


class ProbeReport(NamedTuple):
    """How far a plugin got: the `stage` that failed, or `ready`; `import_ms` is None where it did not end."""

    entry: PluginEntry
    stage: str
    import_ms: float | None
    error: str
    hint: str

    @property
    def succeeded(self) -> bool:
        """Whether the plugin can be used."""
        return self.stage == "ready"


def probe_all(entries: Sequence[PluginEntry], seconds: float = PROBE_SECONDS) -> list[ProbeReport]:
    """Load each plugin in its own process, some at a time; one that takes longer than `seconds` is killed."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        return list(pool.map(lambda entry: probe(entry, seconds), entries))


def probe(entry: PluginEntry, seconds: float = PROBE_SECONDS) -> ProbeReport:
    """Load one plugin in its own process."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "report.json")
        words = ["-m", "fairlead.probe", str(path), entry.group.value, entry.name, entry.distribution]
        code = run_apart(words, seconds)
        report = _read(path)
    if code is None or code or report.get("milliseconds") is None:
        what = f"it did not end within {seconds:g} s" if code is None else f"it ended the process with code {code}"
        return ProbeReport(entry, report.get("stage", "start"), None, what, disable_hint(entry))
    return ProbeReport(entry, report["stage"], report["milliseconds"], report["error"], report["hint"])


def run_apart(words: Sequence[str], seconds: float, *, stderr: int | None = subprocess.DEVNULL) -> int | None:
    """Run Python in a process of its own, where failures of plugins are never strict, and what it prints goes nowhere.

    Returns its exit code, None where it took longer than `seconds` and was killed.
    """
    environment = {name: value for name, value in os.environ.items() if name != STRICT_VARIABLE}
    nowhere = subprocess.DEVNULL
    try:
        return subprocess.run(
            [sys.executable, *words],
            env=environment,
            timeout=seconds,
            check=False,
            stdin=nowhere,
            stdout=nowhere,
            stderr=stderr,
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return {}
