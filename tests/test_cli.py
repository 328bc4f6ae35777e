"""Every command, as a user runs it."""

import json
import re

import pytest

from fairlead import Handle

HANDLE = re.compile(r"^handle: (fl1\.\S+)$", re.MULTILINE)


def test_version(fairlead):
    """The version is that of the package."""
    from fairlead import __version__

    assert fairlead("--version").stdout == f"fairlead {__version__}\n"
    assert fairlead("-v", "--version").stdout == f"fairlead {__version__}\n"


COMMANDS = ["list", "info", "doctor", "run", "status", "wait", "logs", "cancel", "plugins", "serve"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(fairlead, command):
    """Each command explains itself with an example."""
    assert f"Example:\n    fairlead {command}" in fairlead(command, "--help").stdout.replace("HANDLE=$(", "")


def test_help_lists_the_commands(fairlead):
    """The help of the program names every command."""
    output = fairlead("--help").stdout
    assert all(f"\n  {command} " in output for command in COMMANDS)


def test_list(fairlead):
    """The table shows task type, version, package, its version, status and summary."""
    output = fairlead("list").stdout
    assert output.startswith("TASK TYPE  ")
    assert re.search(r"^dummy +0 +fairlead-dummy +\S+ +available +\S", output, re.MULTILINE)
    assert re.search(r"^echo +0 +fairlead-echo +\S+ +available +\S", output, re.MULTILINE)


def test_list_as_json(fairlead):
    """The same as a document."""
    document = json.loads(fairlead("list", "--json", "--verify").stdout)
    assert document["schema_version"] == 1
    connectors = {one["task_type"]: (one["version"], one["package"], one["status"]) for one in document["connectors"]}
    assert connectors["dummy"] == (0, "fairlead-dummy", "available")
    assert connectors["echo"] == (0, "fairlead-echo", "available")


def test_nothing_installed(fairlead):
    """With nothing to list, stderr says how to begin."""
    result = fairlead("list", FAIRLEAD_PLUGINS="nothing")
    assert "disabled" in result.stdout


def test_info(fairlead):
    """One connector is shown with name, kind, description, schemas and where it is from."""
    document = json.loads(fairlead("info", "dummy", "--json").stdout)
    assert (document["name"], document["kind"], document["package"]) == ("Dummy", "async", "fairlead-dummy")
    assert document["optional_methods"] == ["get_logs"]
    assert "duration" in json.dumps(document["custom_schema"])
    assert "job_id" in json.dumps(document["meta_schema"])
    text = fairlead("info", "echo").stdout
    assert "kind: sync" in text
    assert "Returns its inputs as its outputs." in text


def test_doctor(fairlead):
    """All is well: exit code 0, and how long each import took."""
    document = json.loads(fairlead("doctor", "--json").stdout)
    assert {"dummy", "echo"} <= {plugin["name"] for plugin in document["plugins"]}
    assert all(plugin["ok"] for plugin in document["plugins"])
    assert all(plugin["import_ms"] > 0 for plugin in document["plugins"])
    assert "fairlead-echo" in fairlead("doctor", "echo").stdout
    assert "Did you mean `echo`" in fairlead("doctor", "eco", code=2).stderr


def test_run_a_task_type(fairlead):
    """Values are JSON where they parse, else text; stdout carries the outputs only."""
    result = fairlead("run", "echo", "--input", "n=1", "--input", "t=one", "--input", 'd={"a": [true]}')
    assert json.loads(result.stdout) == {"n": 1, "t": "one", "d": {"a": [True]}}
    assert "SUCCEEDED" in result.stderr


def test_inputs_from_everywhere(fairlead):
    """The command line beats the inputs file, which beats the task file."""
    task = fairlead.task(type="echo", inputs={"a": 1, "b": 1, "c": 1})
    (fairlead.folder / "inputs.toml").write_text("b = 2\nc = 2\n")
    result = fairlead("run", task, "--inputs", "inputs.toml", "--input", "c=3")
    assert json.loads(result.stdout) == {"a": 1, "b": 2, "c": 3}


def test_run_as_json(fairlead):
    """One document with everything; the handle in it leads back to the job."""
    task = fairlead.dummy(duration=0, outputs={"answer": 42}, message="well done")
    document = json.loads(fairlead("run", task, "--json").stdout)
    assert document["schema_version"] == 1
    assert (document["task_type"], document["phase"], document["message"]) == ("dummy", "SUCCEEDED", "well done")
    assert (document["outputs"], document["error"]) == ({"answer": 42}, None)
    assert document["log_links"][0]["name"] == "Dummy Console"
    assert Handle.parse(document["handle"]).category.name == "dummy"


@pytest.mark.parametrize(
    ("outcome", "phase", "error"),
    [
        ("fail", "FAILED", {"code": "SimulatedFailure", "kind": "user", "recoverable": False}),
        ("fail_retryably", "RETRYABLE_FAILED", {"code": "SimulatedOutage", "kind": "system", "recoverable": True}),
        ("abort", "ABORTED", {"code": "ABORTED", "kind": None, "recoverable": None}),
    ],
)
def test_a_failed_task_exits_with_1(fairlead, outcome, phase, error):
    """A failure is told in the document and on stderr; RETRYABLE_FAILED ends the run."""
    task = fairlead.dummy(duration=0, outcome=outcome, message="oh no")
    result = fairlead("run", task, "--json", code=1)
    document = json.loads(result.stdout)
    assert document["phase"] == phase
    assert document["error"] == {**error, "message": "oh no"}
    assert f"error: the task ended as {phase}: oh no" in result.stderr
    assert fairlead("run", task, code=1).stdout == ""


def test_an_unknown_state_does_not_end_a_run(fairlead):
    """The state's own name is shown, with a warning, until the job ends."""
    result = fairlead("run", fairlead.dummy(duration=0.5, faults={"unknown_state": "PONDERING"}))
    assert "RUNNING  PONDERING" in result.stderr
    assert "WARNING fairlead.dummy: " in result.stderr


def test_a_job_from_other_processes(fairlead):
    """Detached, a job is followed, logged and cancelled by its handle from anywhere."""
    handle = fairlead("run", fairlead.dummy(outcome="never_end", logs=["one", "two"]), "--detach").stdout.strip()
    assert fairlead("status", handle).stdout.startswith(("QUEUED", "RUNNING"))
    assert fairlead("logs", handle).stdout.splitlines()[0] == "one"
    assert json.loads(fairlead("status", handle, "--json").stdout)["handle"] == handle
    fairlead("wait", handle, "--timeout", "0", code=124)
    assert fairlead("status", handle).stdout.startswith(("QUEUED", "RUNNING"))
    assert "deleted" in fairlead("cancel", handle).stderr
    assert fairlead("status", handle).stdout.startswith("ABORTED")
    assert json.loads(fairlead("cancel", handle, "--json").stdout)["phase"] == "ABORTED"
    fairlead("wait", handle, code=1)


def test_wait_prints_the_outputs(fairlead):
    """Waiting ends as the run would have."""
    handle = fairlead("run", fairlead.dummy(duration=0.3, outputs={"a": 1}), "--detach").stdout.strip()
    assert json.loads(fairlead("wait", handle).stdout) == {"a": 1}


def test_logs_are_followed_to_the_end(fairlead):
    """All lines come, those of the last moment too."""
    handle = fairlead("run", fairlead.dummy(duration=1, logs=["one", "two", "three"]), "--detach").stdout.strip()
    assert fairlead("logs", handle, "--follow").stdout == "one\ntwo\nthree\n"
    assert re.match(r"\d{4}-\d\d-\d\dT\S+ one", fairlead("logs", handle, "--timestamps").stdout)


def test_the_same_key_finds_the_same_job(fairlead):
    """A command that is repeated with its idempotency key adopts the job."""
    arguments = ("run", fairlead.dummy(duration=0), "--idempotency-key", "monday")
    first, second = (HANDLE.search(fairlead(*arguments).stderr)[1] for _ in range(2))
    assert first == second
    assert HANDLE.search(fairlead("run", "task.json").stderr)[1] != first


def test_a_timeout_deletes_the_job(fairlead):
    """After the time allowed: exit code 124, and the job is gone."""
    result = fairlead("run", fairlead.dummy(outcome="never_end"), "--timeout", "300ms", code=124)
    assert "the job was deleted" in result.stderr
    assert fairlead("status", HANDLE.search(result.stderr)[1]).stdout.startswith("ABORTED")


USER_MISTAKES = [
    (["run", "absent.yaml"], "absent.yaml cannot be read: No such file or directory"),
    (["run", "bad.yaml"], "bad.yaml is not valid YAML"),
    (["run", "a b"], "is not a task type"),
    (["run", "echo", "--input", "x"], "'x' is not of the form NAME=VALUE"),
    (["run", "echo", "--inputs", "absent.json"], "absent.json cannot be read"),
    (["run", "echo", "--timeout", "soon"], "'soon' is not a duration"),
    (["run", "echo", "--idempotency-key", "k" * 65], "65 characters; at most 64"),
    (["run", "echo", "--detach"], "nothing to detach from"),
    (["run", "dummy", "--detach", "--local"], "exclude each other"),
    (["run", "dummy", "--local"], "no local stand-in for task type `dummy` is installed"),
    (["run", "missing.json"], "missing.json: missing input: `x` (integer)"),
    (["run", "wrong.json"], "wrong.json: `custom.faults.transient_gets`: expected `int`, got `str`"),
    (["run"], "Missing argument 'TASK'"),
    (["status", "nonsense"], "'nonsense' is not a handle"),
    (["logs", ""], "is not a handle"),
    (["rnu", "echo"], "no command `rnu`. Did you mean `run`?"),
    (["run", "echo", "--jsno"], "No such option"),
]


@pytest.mark.parametrize(("arguments", "message"), USER_MISTAKES, ids=lambda value: str(value)[:40])
def test_a_users_mistake_exits_with_2(fairlead, arguments, message):
    """One clear message, no traceback, nothing on stdout."""
    (fairlead.folder / "bad.yaml").write_text("type: [")
    fairlead.task("missing.json", type="echo", interface={"inputs": {"x": "integer"}})
    fairlead.task("wrong.json", type="dummy", custom={"faults": {"transient_gets": "many"}})
    result = fairlead(*arguments, code=2)
    assert message in result.stderr
    assert result.stdout == ""


def test_a_mistake_is_a_document_too(fairlead):
    """With --json, also a command that fails prints one document."""
    document = json.loads(fairlead("run", "absent.yaml", "--json", code=2).stdout)
    assert document["error"]["code"] == "InvalidTask"
    document = json.loads(fairlead("status", "nonsense", "--json", code=2).stdout)
    assert document["error"]["code"] == "InvalidHandle"


def test_a_handle_cut_anywhere(fairlead):
    """A part of a handle is refused; every cut is tried in one process, some as a user would."""
    handle = fairlead("run", fairlead.dummy(duration=0), "--detach").stdout.strip()
    for length in (1, 4, 10, len(handle) // 2, len(handle) - 9, len(handle) - 1):
        assert "is not a" in fairlead("status", handle[:length], code=2).stderr


def test_unknown_task_types(fairlead):
    """Did you mean, what is installed, and how to install a known host; exit code 3."""
    assert re.search("Did you mean `dummy`[?] Installed: .*dummy, echo", fairlead("run", "dumy", code=3).stderr)
    assert "pip install fairlead-http" in fairlead("serve", "http", code=3).stderr


def test_a_closed_pipe_is_no_error_of_ours(fairlead):
    """`fairlead list | head -0` shows no traceback."""
    process = fairlead.start("run", "echo", "--input", f"x={'y' * 100_000}")
    process.stdout.close()
    _, error = process.communicate(timeout=60)
    assert "Traceback" not in error
    assert "Exception ignored" not in error


def test_completion(fairlead):
    """The shell completes task types."""
    environment = {"_FAIRLEAD_COMPLETE": "bash_complete", "COMP_WORDS": "fairlead run du", "COMP_CWORD": "2"}
    assert fairlead(**environment).stdout.strip() == "plain,dummy"
