"""What the README shows of the server is what happens."""

import os
import socket
import sys
from pathlib import Path

from documents import blocks, run_console

README = Path(__file__).parent.parent / "README.md"


def test_serve_in_a_minute(tmp_path):
    """A reader who follows the first section sees a job end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FAIRLEAD_DUMMY_DIR": str(tmp_path / "dummy"),
        "FAIRLEAD_SERVE_FLYTE_PORT": port,
        "FAIRLEAD_SERVE_FLYTE_METRICS_PORT": "0",
        "FAIRLEAD_SERVE_FLYTE_DRAIN_DELAY": "0s",
    }
    script, console = [block for block in blocks(README) if block.language in {"python", "console"}][:2]
    (tmp_path / script.file).write_text(script.body.replace("8000", port))
    run_console(console, tmp_path, inherited | variables)
