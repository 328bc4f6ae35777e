"""The command line, in a real process."""

import json
import signal
import subprocess
import sys

import httpx
import pytest

COMMAND = [sys.executable, "-c", "from fairlead_databricks_emulator.cli import main; main()"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_and_signals(tmp_path, number):
    """The command prints one line when it is ready, serves, and ends well on a signal."""
    with subprocess.Popen([*COMMAND, "--data", tmp_path / "data"], stdout=subprocess.PIPE, text=True) as process:
        ready = json.loads(process.stdout.readline())
        assert ready.keys() == {"host", "token", "client_id", "client_secret"}
        headers = {"Authorization": f"Bearer {ready['token']}"}
        assert httpx.get(f"{ready['host']}/api/2.2/jobs/list", headers=headers).json() == {"jobs": []}
        process.send_signal(number)
        assert (process.stdout.read(), process.wait(10)) == ("", 0)


def test_certificate_needs_its_key(tmp_path):
    """A certificate without its key is a usage error."""
    (tmp_path / "cert.pem").touch()
    done = subprocess.run([*COMMAND, "--tls-cert", tmp_path / "cert.pem"], capture_output=True, text=True, check=False)
    assert (done.returncode, "need one another" in done.stderr) == (2, True)
