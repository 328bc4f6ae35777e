"""Ctrl-C and SIGTERM, in a real process."""

import json
import re
import signal
import sys

import pytest

HANDLE = re.compile(r"^handle: (fl1\.\S+)$", re.MULTILINE)


def read_until(stream, text):
    """Return what a stream says up to a line with that text."""
    lines = []
    for line in stream:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"the stream ended without {text!r}: {lines}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once(fairlead, number):
    """The job is deleted, the exit code is 130."""
    process = fairlead.start("run", fairlead.dummy(outcome="never_end"), "--json")
    handle = HANDLE.search(read_until(process.stderr, "handle: "))[1]
    process.send_signal(number)
    output, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: ending the job" in error
    assert "the job was deleted" in error
    assert "Traceback" not in error
    assert json.loads(output)["error"]["code"] == "Interrupted"
    assert fairlead("status", handle).stdout.startswith("ABORTED")


STUBBORN = """
    import time
    from fairlead import AsyncConnector, Phase, Resource, ResourceMeta

    class Job(ResourceMeta):
        job_id: str

    class C(AsyncConnector[Job]):
        "Does not let go of its jobs."

        task_type = "stubborn"

        {asynchronous}def create(self, task, inputs, context):
            return Job("1")

        {asynchronous}def get(self, meta, context):
            return Resource(phase=Phase.RUNNING)

        {asynchronous}def delete(self, meta, context):
            import sys
            print("deleting", file=sys.stderr, flush=True)
            while True:
                time.sleep(0.01)  # and not long: a signal just before a sleep does not end that
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("asynchronous", ["", "async "], ids=["thread", "blocked-loop"])
def test_twice(fairlead, site, number, asynchronous):
    """The second one ends the process at once and prints the handle, even where the connector blocks the loop."""
    site.add(
        "stubborn",
        entry_points="[fairlead.connectors]\nstubborn = stubborn_mod:C",
        modules={"stubborn_mod": STUBBORN.replace("{asynchronous}", asynchronous)},
    )
    process = fairlead.start("run", "stubborn")
    handle = HANDLE.search(read_until(process.stderr, "handle: "))[1]
    process.send_signal(number)
    read_until(process.stderr, "deleting")
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped at once; the job may go on" in error
    assert HANDLE.search(error)[1] == handle


def test_waiting_leaves_the_job(fairlead):
    """Ctrl-C of `wait` ends the waiting, not the job."""
    handle = fairlead("run", fairlead.dummy(outcome="never_end"), "--detach").stdout.strip()
    process = fairlead.start("wait", handle)
    read_until(process.stderr, "QUEUED" if "QUEUED" in fairlead("status", handle).stdout else "RUNNING")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the job goes on" in error
    assert fairlead("status", handle).stdout.startswith(("QUEUED", "RUNNING"))
    fairlead("cancel", handle)


def test_a_slow_import_can_be_interrupted(fairlead, site):
    """Ctrl-C also ends a command that is still importing a plugin."""
    module = "import sys, time\nprint('importing', file=sys.stderr, flush=True)\nwhile True: time.sleep(0.01)"
    site.add("slow", entry_points="[fairlead.connectors]\nslow = slow_mod:C", modules={"slow_mod": module})
    process = fairlead.start("run", "slow")
    read_until(process.stderr, "importing")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.lstrip()) == (130, "error: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_on_a_terminal_the_line_is_live(fairlead):
    """With a terminal as stderr, phase and message are shown in one line that changes; stdout stays clean."""
    import os
    import pty
    import subprocess

    task = fairlead.dummy(duration=1, progress=["reading", "writing"], outputs={"a": 1})
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*fairlead.command, "run", task],
        cwd=fairlead.folder,
        env=fairlead.environment | {"TERM": "xterm-256color", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    output, _ = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 0
    assert json.loads(output) == {"a": 1}
    assert b"writing" in shown
    assert b"\x1b[2K" in shown
    assert b"Dummy Console: https://dummy.example/" in shown
