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


NOISY = """
    import atexit
    import os
    import subprocess
    import sys
    import threading
    from fairlead import AsyncConnector, LogLine, LogPage, Phase, Resource, ResourceMeta, hookimpl

    def shout(where):
        print("noise in", where)
        sys.__stdout__.write("noise\\n")
        os.write(1, b"noise\\n")
        subprocess.run(["echo", "noise"])

    shout("import")
    atexit.register(shout, "exit")

    class C(AsyncConnector[ResourceMeta]):
        "Prints wherever it can."

        task_type = "noisy"

        def __init__(self):
            shout("__init__")

        def create(self, task, inputs, context):
            shout("create")
            return ResourceMeta()

        async def get(self, meta, context):
            shout("get")
            return Resource(phase=Phase.SUCCEEDED, outputs={"value": 42})

        async def delete(self, meta, context):
            shout("delete")

        async def get_logs(self, meta, context, *, token=""):
            shout("get_logs")
            yield LogPage((LogLine("one"),), token="1")
            shout("get_logs")
            yield LogPage((LogLine("two"),), token="2")

    @hookimpl
    def fairlead_operation_finished():
        shout("hook")
"""
NOISY_NAMES = "[fairlead.connectors]\nnoisy = extra:C\n[fairlead.plugins]\nnoisy = extra\n"


@pytest.fixture
def noisy(install):
    return install(NOISY_NAMES, NOISY)


def test_what_plugins_print_is_no_result(noisy):
    """Whatever a plugin or a process of it prints, at whatever time, stdout holds what the command was asked for."""
    handle = noisy("run", "noisy", "--detach").stdout
    assert handle.startswith("fl1.")
    assert handle.count("\n") == 1
    assert json.loads(noisy("run", "noisy").stdout) == {"value": 42}
    for command in ("run", "status", "wait", "cancel"):
        arguments = ["noisy" if command == "run" else handle.strip(), "--json"]
        assert json.loads(noisy(command, *arguments).stdout)["phase"] == "SUCCEEDED"
    assert noisy("logs", handle.strip()).stdout == "one\ntwo\n"
    assert json.loads(noisy("info", "noisy", "--json").stdout)["task_type"] == "noisy"
    assert "noisy" in {plugin["name"] for plugin in json.loads(noisy("plugins", "--json").stdout)["plugins"]}


def test_what_plugins_print_is_shown(noisy):
    """It goes to stderr, in the order in which it is printed there."""
    error = noisy("run", "noisy").stderr
    places = [line.removeprefix("noise in ") for line in error.splitlines() if line.startswith("noise in ")]
    assert places == ["import", "__init__", "create", "hook", "get", "hook", "exit"]
    assert error.count("noise") == 4 * len(places)


@needs_full
@pytest.mark.parametrize(("stdout", "code"), [(">/dev/full", 1), (">&-", 1), ("2>/dev/full", 0), ("2>&-", 0)])
def test_noise_changes_nothing_where_nobody_takes_it(install, stdout, code):
    """A plugin that prints is as good as others where stdout or stderr takes nothing."""
    module = "".join(line for line in NOISY.splitlines(keepends=True) if ".write(" not in line)  # which may fail
    result = shell(install(NOISY_NAMES, module), f"fairlead run noisy {stdout}")
    assert (result.returncode, result.stdout != "") == (code, not code)


COMMAND = """
    import os
    import click

    os.system("echo noise")
    print("noise")

    @click.command()
    def hello():
        os.system("echo hello")
        click.echo("world")
"""


@pytest.mark.parametrize(("group", "arguments"), [("commands", ["hello"]), ("hosts", ["serve", "hello"])])
def test_a_command_of_a_plugin_has_stdout(install, group, arguments):
    """What it prints is its result; what its import prints is none."""
    result = install(f"[fairlead.{group}]\nhello = extra:hello", COMMAND)(*arguments)
    assert (result.stdout, result.stderr) == ("hello\nworld\n", "noise\nnoise\n")


FOREIGN = """
    from fairlead import AsyncConnector, LogLine, LogLink, LogPage, Phase, Resource, ResourceMeta

    TEXT = "\\u2603 \\udcff"

    class C(AsyncConnector[ResourceMeta]):
        "Speaks in characters that not every terminal has."

        task_type = "foreign"

        async def create(self, task, inputs, context):
            return ResourceMeta()

        async def get(self, meta, context):
            return Resource(
                phase=Phase.SUCCEEDED, message=TEXT, log_links=[LogLink(TEXT, TEXT)], custom_info={TEXT: [TEXT]}
            )

        async def delete(self, meta, context): ...

        async def get_logs(self, meta, context, *, token=""):
            yield LogPage((LogLine(TEXT),), token="1")
"""


@pytest.mark.parametrize(
    ("encoding", "text"), [("utf-8", "\u2603 \\udcff"), ("iso-8859-1", "\\u2603 \\udcff"), ("ascii", "\\u2603 \\udcff")]
)
def test_characters_that_an_encoding_does_not_have(install, encoding, text):
    """They are escaped in a log, in a state and on stderr."""
    fairlead = install("[fairlead.connectors]\nforeign = extra:C", FOREIGN)
    fairlead.environment["PYTHONIOENCODING"] = encoding
    handle = fairlead("run", "foreign", "--detach").stdout.strip()
    assert fairlead("logs", handle).stdout == f"{text}\n"
    assert fairlead("status", handle).stdout == f"SUCCEEDED  {text}\n{text}: {text}\n"
    assert f"SUCCEEDED  {text}\n" in fairlead("run", "foreign").stderr


def test_what_is_no_unicode_is_escaped_in_a_document(install):
    """Links, custom info and messages with half a character do not keep a document from being printed."""
    fairlead = install("[fairlead.connectors]\nforeign = extra:C", FOREIGN)
    document = json.loads(fairlead("run", "foreign", "--json").stdout)
    text = "\u2603 \\udcff"
    assert (document["message"], document["custom_info"]) == (text, {text: [text]})
    assert document["log_links"] == [{"name": text, "uri": text, "link_type": "external", "ready": True}]


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
