"""Clean environments, with packages from wheels that are built here."""

import subprocess
import sys
from pathlib import Path

import uv

ROOT = Path(__file__).parent.parent.parent
PACKAGES = [ROOT / "core", ROOT / "plugins/dummy", ROOT / "plugins/echo"]
ALL_PACKAGES = [*PACKAGES, ROOT / "plugins/databricks", ROOT / "plugins/databricks-emulator", ROOT / "plugins/flyte"]


def run_uv(*arguments):
    """Run uv, and show what it said if it fails."""
    result = subprocess.run([uv.find_uv_bin(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def build(folder, *projects, kind="--wheel"):
    """Build the wheels (or sdists) of projects into a folder, and return all that is there."""
    for project in projects:
        run_uv(
            "build",
            kind,
            "--no-sources",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "--out-dir",
            folder,
            project,
        )
    return sorted(folder.glob("*.whl" if kind == "--wheel" else "*.tar.gz"))


def create_environment(folder, *wheels, options=()):
    """Make an environment of this Python with these wheels, and return its interpreter."""
    python = folder / "bin" / "python"
    run_uv("venv", "--seed", "--python", sys.executable, folder)
    run_uv("pip", "install", "--python", python, *options, *wheels)
    return python
