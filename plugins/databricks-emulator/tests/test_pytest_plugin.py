"""The fixture that users of pytest get."""

import subprocess
import sys

CODE = """
seen = []


def test_one(databricks_emulator):
    seen.append(databricks_emulator)
    assert databricks_emulator.host.startswith("http://127.0.0.1:")


def test_two(databricks_emulator):
    assert databricks_emulator not in seen
"""


def test_fixture(tmp_path):
    """Each test gets an emulator of its own, without any import or configuration."""
    (tmp_path / "test_it.py").write_text(CODE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "test_it.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout
