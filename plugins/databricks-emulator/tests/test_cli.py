"""The command line, in a real process."""

import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
import trustme

COMMAND = [sys.executable, "-c", "from fairlead_databricks_emulator.cli import main; main()"]


@pytest.fixture
def emulator(tmp_path):
    """The command, running."""
    with subprocess.Popen([*COMMAND, "--data", tmp_path / "data"], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_and_signals(emulator, number):
    """The command prints one line when it is ready, serves, and ends well on a signal."""
    ready = json.loads(emulator.stdout.readline())
    assert ready.keys() == {"host", "token", "client_id", "client_secret"}
    headers = {"Authorization": f"Bearer {ready['token']}"}
    assert httpx.get(f"{ready['host']}/api/2.2/jobs/list", headers=headers).json() == {"jobs": []}
    emulator.send_signal(number)
    assert emulator.communicate(timeout=30) == ("", None)
    assert emulator.returncode == 0


@pytest.mark.skipif(
    sys.platform != "linux", reason="needs threads that are seen in /proc, and take a signal by their id"
)
def test_a_signal_to_another_thread(emulator):
    """It ends on a signal also where the kernel gives that to one of its other threads."""
    emulator.stdout.readline()
    others = {int(name) for name in os.listdir(f"/proc/{emulator.pid}/task")} - {emulator.pid}  # noqa: PTH208
    os.kill(max(others), signal.SIGTERM)
    emulator.communicate(timeout=30)
    assert emulator.returncode == 0


def test_certificate_needs_its_key(tmp_path):
    """A certificate without its key is a usage error."""
    (tmp_path / "cert.pem").touch()
    done = subprocess.run([*COMMAND, "--tls-cert", tmp_path / "cert.pem"], capture_output=True, text=True, check=False)
    assert (done.returncode, "need one another" in done.stderr) == (2, True)


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


@pytest.fixture
def folder(tmp_path):
    """A folder with files that are no certificate, no key, and no folder, and a certificate without its key."""
    for name in ("garbage.pem", "file"):
        (tmp_path / name).write_text("garbage\n")
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(tmp_path / "other.pem")
    return tmp_path


def refused(folder, *arguments, environment=None):
    """Start the command where it cannot start, and return its one line and its exit code."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line, done.returncode


def test_a_port_in_use(folder, taken):
    """The error names the port, and the option that chooses another."""
    line = f"Error: cannot listen on 127.0.0.1:{taken}: Address already in use; choose another port with --port"
    assert refused(folder, "--port", taken) == (line, 1)


@pytest.mark.parametrize(
    ("host", "reason"),
    [("host.invalid", "Name or service not known"), ("203.0.113.7", "Cannot assign requested address"), ("a..b", "")],
)
def test_a_host_that_is_not_this_machine(folder, host, reason):
    """The error names the host, and the option."""
    line, code = refused(folder, "--host", host)
    assert line.startswith(f"Error: cannot listen on {host}:0: {reason}")
    assert line.endswith("; choose an address of this machine with --host")
    assert code == 1


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none(folder, port):
    """It is a usage error."""
    done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, "is not in the range 0<=x<=65535" in done.stderr) == (2, True)


def test_tls_without_its_extra(folder):
    """The error says what to install."""
    (folder / "trustme.py").write_text("raise ImportError('no trustme')\n")
    line, code = refused(folder, "--tls", environment={"PYTHONPATH": str(folder)})
    assert line.startswith("Error: --tls needs trustme: install fairlead-databricks-emulator[tls]")
    assert code == 1


@pytest.mark.parametrize(
    ("certificate", "key"), [("garbage.pem", "garbage.pem"), ("cert.pem", "garbage.pem"), ("cert.pem", "other.pem")]
)
def test_files_that_are_no_certificate(folder, certificate, key):
    """The error names both files, because either may be the wrong one."""
    line, code = refused(folder, "--tls-cert", certificate, "--tls-key", key)
    assert line.startswith(f"Error: {certificate} and {key} are no certificate and its key, both as PEM: ")
    assert code == 1


def test_a_folder_that_cannot_be_made(folder):
    """The error names the folder and the option, with TLS too."""
    for arguments in (["--data", "file/below"], ["--data", "file/below", "--tls"]):
        line, code = refused(folder, *arguments)
        assert line.startswith("Error: --data: ")
        assert "file/below" in line
        assert code == 1
