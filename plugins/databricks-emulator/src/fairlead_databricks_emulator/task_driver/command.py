"""The command that starts the task driver, from the emulator or from a notebook that runs another."""

from pathlib import Path

_PACKAGES = Path(__file__).parents[1]
_START = (
    "import sys; sys.path[0] = sys.argv.pop(1); job = sys.argv.pop(1); from task_driver.main import main; "
    "del sys.path[0]; main(job)"
)


def driver_command(interpreter: str, job_file: Path) -> list[str]:
    """Return the command with which a Python runs the task that a JSON file describes."""
    return [interpreter, "-c", _START, str(_PACKAGES), str(job_file)]
