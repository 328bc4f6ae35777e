"""Mistakes of users and of connectors, in a real process: one clear line, and no traceback."""

import json
import os
import signal
import subprocess
import time

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "./nothere.yaml"], "error: nothere.yaml cannot be read: No such file or directory"),
        (
            ["run", "./a.txt"],
            "error: a.txt: the name of a task file, or of a file of inputs, must end in one of .yaml,",
        ),
        (
            ["run", "same", "--inputs", "a.txt"],
            "error: a.txt: the name of a task file, or of a file of inputs, must end",
        ),
        (["run", "a.txt"], "error: `a.txt` is a file, and no task type of that name is installed; the name of a task"),
        (["run", "t.json", "--inputs", "absent.json"], "error: absent.json cannot be read"),
        (["run", "t.json"], "error: t.json: `inputs.n`: expected integer, got str"),
        (["run", "same", "--timeout", "0"], "a timeout must be more than 0, got 0"),
        (["run", "same", "--timeout", "-1"], "'-1' is not a duration"),
        (["run", "timed", "--detach", "--timeout", "1s"], "--detach and --timeout exclude each other"),
        (["run", "same", "--idempotency-key", ""], "it is empty; leave the option out"),
        (["run", "same", "--input", "x=" + "[" * 60_000], "input `x` is nested too deeply"),
        (["run", "surrogate.json"], "`inputs.x`: the text holds '\\ud800', half a character"),
        (["run", "deep.json"], "deep.json is not valid JSON: it is nested too deeply"),
        (["run", "recursive.yaml"], "`inputs.x`: the value contains itself"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_input_exits_with_2(fairlead, arguments, message):
    """What is wrong is told once, and nothing is printed."""
    (fairlead.folder / "a.txt").write_text("type: same")
    (fairlead.folder / "surrogate.json").write_text('{"type": "same", "inputs": {"x": "\\ud800"}}')
    (fairlead.folder / "deep.json").write_text("[" * 50_000)
    (fairlead.folder / "recursive.yaml").write_text("type: same\ninputs: &a {x: *a}")
    fairlead.task("t.json", type="same", interface={"inputs": {"n": "integer"}}, inputs={"n": "one"})
    result = fairlead(*arguments, code=2)
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.skipif(os.name == "nt", reason="arguments are text there")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "same", "--input", b"x=\xff"], 2, "'x=\\udcff' is not valid UTF-8"),
        (["run", "same", "--idempotency-key", b"\xff"], 2, "'\\udcff' is not valid UTF-8"),
        (["run", b"\xff.yaml", "--json"], 2, "\\udcff.yaml cannot be read"),
        (["run", b"\xff", "--json"], 3, "no connector for task type `\\udcff` is installed"),
    ],
)
def test_arguments_that_are_no_text(fairlead, arguments, code, message):
    """Bytes that are no UTF-8 are shown escaped, also in a document."""
    command = [*fairlead.command, *arguments]
    result = subprocess.run(command, env=fairlead.environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == code
    assert "Traceback" not in result.stderr
    assert message in result.stderr
    if "--json" in arguments:
        assert message in json.loads(result.stdout)["error"]["message"]


def test_a_file_with_the_name_of_a_task_type(fairlead):
    """A task type that is installed is what is meant."""
    (fairlead.folder / "same").write_text("")
    assert json.loads(fairlead("run", "same", "--input", "x=1").stdout) == {"x": 1}


def test_a_declared_string_needs_no_quotes(fairlead):
    """A number, for a task that wants a text, is that text."""
    task = fairlead.task(type="same", interface={"inputs": {"day": "string", "n": "integer"}})
    result = fairlead("run", task, "--input", "day=5", "--input", "n=5")
    assert json.loads(result.stdout) == {"day": "5", "n": 5}


def test_a_connectors_bug_says_how_to_see_where(fairlead):
    """Without `-v` the error ends with a hint; with it, the traceback is shown and the hint is not."""
    task = fairlead.task(type="faulty", custom={"bug": "raise"})
    error = fairlead("run", task, code=3).stderr
    assert "ValueError: a mistake" in error
    assert error.endswith("report it to its author. `-v` shows where.\n")
    result = fairlead.run("run", task, "-v")
    assert result.returncode == 3
    assert 'raise ValueError("a mistake")' in result.stderr
    assert "`-v` shows" not in result.stderr
    task = fairlead.task(type="faulty", custom={"bug": "phase"})
    assert fairlead("run", task, code=3).stderr.endswith("report it to its author.\n")


@pytest.mark.parametrize("bug", ["object", "half"])
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_outputs_that_are_no_plain_values(fairlead, bug, arguments):
    """What cannot be printed is the connector's bug; with --json it stands in the document."""
    task = fairlead.task(type="faulty", custom={"bug": bug})
    result = fairlead("run", task, *arguments, code=3)
    assert "connector for task type `faulty`: its outputs are no plain values: " in result.stderr
    assert "object at 0x" not in result.stdout + result.stderr
    if arguments:
        document = json.loads(result.stdout)
        assert (document["error"]["code"], document["outputs"]) == ("ConnectorBug", None)
    else:
        assert result.stdout == ""


def test_outputs_with_a_text_of_their_own(fairlead):
    """A path is printed as it reads."""
    task = fairlead.task(type="faulty", custom={"bug": "path"})
    assert json.loads(fairlead("run", task).stdout) == {"value": "a/b"}


@pytest.mark.parametrize("command", ["status", "wait"])
def test_outputs_of_a_job_that_are_no_plain_values(fairlead, command):
    """Commands about a job say the same."""
    task = fairlead.task(type="timed", custom={"seconds": 0, "bug": "object"})
    handle = fairlead("run", task, "--detach").stdout.strip()
    assert "its outputs are no plain values" in fairlead(command, handle, code=3).stderr
    assert json.loads(fairlead(command, handle, "--json", code=3).stdout)["phase"] == "SUCCEEDED"


def test_cancel_says_what_it_has_found(fairlead):
    """A job that had ended was not deleted, and its phase is told."""
    handle = fairlead("run", fairlead.task(type="timed", custom={"seconds": 0}), "--detach").stdout.strip()
    assert fairlead("cancel", handle).stderr == "the job had ended before, as SUCCEEDED\n"
    handle = fairlead("run", fairlead.task(type="timed", custom={"seconds": 3600}), "--detach").stdout.strip()
    assert fairlead("cancel", handle).stderr == "the job was deleted\n"


FORGETFUL = """
    from pathlib import Path
    from fairlead import AsyncConnector, Phase, Resource, ResourceMeta, ResourceNotFound

    class C(AsyncConnector[ResourceMeta]):
        "Its system forgets what was deleted."

        task_type = "forgetful"

        def create(self, task, inputs, context):
            return ResourceMeta()

        def get(self, meta, context):
            if Path("deleted").exists():
                raise ResourceNotFound("there is no such job")
            return Resource(phase=Phase.RUNNING)

        def delete(self, meta, context):
            Path("deleted").touch()
"""


def test_a_job_that_is_gone_is_cancelled(install):
    """A system that forgets a deleted job has deleted it, in a document too."""
    fairlead = install("[fairlead.connectors]\nforgetful = extra:C", FORGETFUL)
    handle = fairlead("run", "forgetful", "--detach").stdout.strip()
    document = json.loads(fairlead("cancel", handle, "--json").stdout)
    assert (document["handle"], document["phase"], document["error"]) == (handle, None, None)


KEYED = """
    import sys
    from threading import Event
    from fairlead import AsyncConnector, ResourceMeta

    class C(AsyncConnector[ResourceMeta]):
        "Never answers."

        task_type = "keyed"

        def create(self, task, inputs, context):
            print("creating", context.idempotency_key, file=sys.stderr, flush=True)
            Event().wait()

        def get(self, meta, context): ...

        def delete(self, meta, context): ...
"""


def test_the_key_is_known_before_the_job_is(install):
    """With -v, the idempotency key of a submission that is killed leads back to what it has started."""
    process = install("[fairlead.connectors]\nkeyed = extra:C", KEYED).start("run", "keyed", "-v")
    before = []
    for line in process.stderr:
        if line.startswith("creating "):
            break
        before.append(line)
    process.kill()
    process.communicate(timeout=60)
    assert f"INFO fairlead.cli.run: the idempotency key is {line.split()[1]}\n" in before


BROKEN = """
    import click

    @click.command()
    def broken():
        raise ValueError("a mistake")
"""


def test_an_unexpected_error_is_one_line(install):
    """A bug of the program or of a command of a plugin says that it is one; -v shows its traceback."""
    fairlead = install("[fairlead.commands]\nbroken = extra:broken", BROKEN)
    line = "error: ValueError: a mistake. This is a bug in fairlead or in a plugin; report it."
    assert fairlead("broken", code=3).stderr == f"{line} `-v` shows where.\n"
    result = fairlead.run("-v", "broken")
    assert result.returncode == 3
    assert 'raise ValueError("a mistake")' in result.stderr
    assert result.stderr.endswith(f"\n{line}\n")


def test_an_interruption_says_how_long_it_may_take(fairlead):
    """While a create is under way, the user is told how long its end is waited for."""
    process = fairlead.start("run", fairlead.task(type="timed", custom={"refuse_after": 2}))
    while not (fairlead.folder / "creating").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: ending the job, which takes 30 seconds at most; once more to stop at once" in error


def test_an_interruption_in_the_first_moments(fairlead):
    """Ctrl-C while the program itself is still being loaded ends it in one line."""
    wait = "import sys, time\nprint('importing', file=sys.stderr, flush=True)\nwhile True: time.sleep(0.01)"
    (fairlead.folder / "site" / "click.py").write_text(wait)
    process = fairlead.start("list")
    assert process.stderr.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=60)
    assert (process.returncode, output, error) == (130, "", "error: interrupted\n")
