"""Output that nobody takes: stderr is an extra, stdout is what was asked for."""

import json
import os
import subprocess
import sys

import pytest

from fairlead import Phase, Resource
from fairlead.cli.progress import PlainProgress

needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110


def shell(fairlead, script):
    """Run a shell line in which `fairlead` is the tested program."""
    command = " ".join(fairlead.command)
    return subprocess.run(
        ["bash", "-c", script.replace("fairlead", command)],
        cwd=fairlead.folder,
        env=fairlead.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


STDERR = ["2>/dev/full", "2>&-", "2> >(true)", "2> >(head -1 >/dev/null)"]


@needs_full
@pytest.mark.parametrize("stderr", STDERR)
@pytest.mark.parametrize(
    ("arguments", "code"), [("", 0), ("--json", 0), ("--detach", 0), ("--detach --json", 0), ("--timeout 100ms", 124)]
)
def test_a_stderr_that_takes_nothing_changes_nothing(fairlead, stderr, arguments, code):
    """The job is followed to its end, stdout holds what was asked for, and the exit code is the same."""
    task = fairlead.task(type="timed", custom={"seconds": 0.5})
    result = shell(fairlead, f"fairlead run {task} {arguments} {stderr}")
    assert (result.returncode, result.stderr) == (code, "")
    if arguments == "--detach":
        assert result.stdout.startswith("fl1.")
    elif "--json" in arguments:
        assert json.loads(result.stdout)["handle"].startswith("fl1.")
    elif not code:
        assert json.loads(result.stdout) == {"value": 42}
    else:
        assert result.stdout == ""
        assert (fairlead.folder / "deleted").exists()


@needs_full
@pytest.mark.parametrize("stderr", STDERR[:3])
@pytest.mark.parametrize(
    ("command", "code"),
    [("run nothere.yaml", 2), ("run", 2), ("run same -v -v", 0), ("run faulty.json -v", 3), ("cancel nonsense", 2)],
)
def test_an_error_that_cannot_be_written_keeps_its_exit_code(fairlead, stderr, command, code):
    """Errors, usage and log records that nobody takes leave the exit code as it is."""
    fairlead.task("faulty.json", type="faulty", custom={"bug": "raise"})
    assert shell(fairlead, f"fairlead {command} {stderr}").returncode == code


@needs_full
def test_an_interruption_with_a_full_stderr_deletes_the_job(fairlead):
    """Ctrl-C ends the job also where it cannot be told."""
    task = fairlead.task(type="timed", custom={"seconds": 3600})
    result = shell(fairlead, f"timeout --signal INT 2 fairlead run {task} --json 2>/dev/full; echo $?")
    document, _, code = result.stdout.strip().rpartition("\n")
    assert (json.loads(document)["error"]["code"], code) == ("Interrupted", "124")
    assert (fairlead.folder / "deleted").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_a_terminal_that_goes_away_loses_no_job(fairlead):
    """The live line is left out when its terminal is closed."""
    import pty

    task = fairlead.task(type="timed", custom={"seconds": 1.5})
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*fairlead.command, "run", task],
        cwd=fairlead.folder,
        env=fairlead.environment | {"TERM": "xterm-256color"},
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
    )
    os.close(slave)
    os.read(master, 1)
    os.close(master)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(output)) == (0, {"value": 42})


@needs_full
@pytest.mark.parametrize(
    ("stdout", "reason"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
@pytest.mark.parametrize(
    "command", ["--version", "--help", "list", "list --json", "run same --input x=1", "run t.json --detach"]
)
def test_a_stdout_that_takes_nothing_is_one_error(fairlead, command, stdout, reason):
    """What was asked for cannot be given: one line, and exit code 1."""
    fairlead.task("t.json", type="timed", custom={"seconds": 0})
    result = shell(fairlead, f"fairlead {command} {stdout}")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"error: stdout cannot be written: {reason}"
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize("command", ["--version", "--help", "list", "run same --input x=1", "plugins"])
def test_a_pipe_that_nobody_reads_is_no_error(fairlead, command):
    """`fairlead list | head -0` says nothing on stderr of its own."""
    result = shell(fairlead, f"(sleep 0.2; fairlead {command}; echo $? >code) | true")
    assert "Traceback" not in result.stderr
    assert "error" not in result.stderr.lower()
    assert "Exception ignored" not in result.stderr
    assert (fairlead.folder / "code").read_text() == "1\n"


class Full:
    """A stream that takes nothing, and counts how often it was asked."""

    asked = 0

    def write(self, text):
        self.asked += 1
        raise OSError(28, "No space left on device")

    def flush(self):
        raise OSError(28, "No space left on device")


def test_progress_is_silent_from_the_first_failure_on(monkeypatch):
    """Also in a process that is not the command line's, progress that cannot be written is left out."""
    monkeypatch.setattr("sys.stderr", full := Full())
    shown = PlainProgress()
    shown.updated(Resource(phase=Phase.RUNNING))
    shown.updated(Resource(phase=Phase.SUCCEEDED))
    assert (full.asked, shown.resource.phase) == (1, Phase.SUCCEEDED)
