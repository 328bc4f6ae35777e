"""Plugins that misbehave, all installed together as real distributions."""

import json

import pytest
from command_line import CommandLine
from environments import PACKAGES, build, create_environment, run_uv
from hostile import HOSTILE


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A clean environment with fairlead and every hostile plugin."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, plugin in HOSTILE.items():
        plugin.write(folder / name, name)
    python = create_environment(folder / "venv", *build(folder / "wheels", *PACKAGES))
    hostile = build(folder / "hostile-wheels", *(folder / name for name in HOSTILE))
    run_uv("pip", "install", "--python", python, "--no-deps", *hostile)
    return python


@pytest.fixture
def fairlead(environment, tmp_path):
    """The command line, with the one plugin that hangs at the first hook disabled."""
    command = CommandLine(tmp_path, environment)
    command.environment["FAIRLEAD_DISABLE_PLUGINS"] = "hostile-hook-hang"
    return command


def test_list(fairlead):
    """`list` shows all with their status; it imports none, so it needs nothing disabled."""
    result = fairlead("list", "--json", FAIRLEAD_DISABLE_PLUGINS="")
    shown = {(one["task_type"], one["package"]): one["status"] for one in json.loads(result.stdout)["connectors"]}
    assert shown == {
        ("dummy", "fairlead-dummy"): "available",
        ("echo", "fairlead-echo"): "available",
        ("echo", "hostile-echo-thief"): "conflict",
        ("h_exit", "hostile-system-exit"): "available",
        ("h_hang", "hostile-hang"): "available",
        ("h_hard", "hostile-hard-exit"): "available",
        ("h_import", "hostile-import-error"): "available",
        ("h_newer", "hostile-newer-api"): "incompatible",
        ("h_no", "hostile-no-connector"): "available",
        ("h_slow", "hostile-slow"): "available",
        ("h_string", "hostile-bad-string"): "malformed",
    }


def test_list_says_why(fairlead):
    """What is not available is explained on stderr, with both distributions of a conflict."""
    error = fairlead("list", FAIRLEAD_DISABLE_PLUGINS="").stderr
    assert "echo (hostile-echo-thief 6.6.6) is conflict: `echo` is also provided by fairlead-echo" in error
    assert "it needs fairlead>=999" in error
    assert "`h_string = not an object at all!` is not of the form" in error


def test_help(fairlead):
    """`--help` lists the broken command by its metadata."""
    assert "h_command  Misbehaves: command." in fairlead("--help", FAIRLEAD_DISABLE_PLUGINS="").stdout


def test_run_echo(fairlead):
    """The real echo answers, whatever else is installed; broken hooks are named and change nothing."""
    result = fairlead("run", "echo", "--input", "x=1")
    assert json.loads(result.stdout) == {"x": 1}
    assert "hostile-wrong-signature" in result.stderr
    assert "observer is broken" in result.stderr
    assert "hook fairlead_register_connectors raised SystemExit: 0" in result.stderr
    assert "hook fairlead_operation_finished raised CancelledError" in result.stderr


def test_a_policy_that_ends_the_program(fairlead):
    """It refuses the task, with exit code 3, and is named; the program does not end as if all were well."""
    result = fairlead("run", "dummy", code=3)
    assert (
        "(hostile-hook-exit 6.6.6) failed at stage call: hook fairlead_before_create raised SystemExit" in result.stderr
    )


def test_plugins(fairlead):
    """`plugins` shows the hook plugin that could be loaded, and names the one that could not."""
    result = fairlead("plugins")
    assert "h_raises  (hostile-hook-raises 6.6.6): fairlead_operation_finished" in result.stdout
    assert "h_signature" not in result.stdout
    assert "nonsense" in result.stderr


@pytest.mark.parametrize(
    ("task_type", "message"),
    [
        ("h_import", "(hostile-import-error 6.6.6) failed at stage import: ModuleNotFoundError"),
        ("h_exit", "(hostile-system-exit 6.6.6) failed at stage import: SystemExit: 3"),
        ("h_no", "(hostile-no-connector 6.6.6) failed at stage check: {'I am': 'a dict'} is neither"),
        ("h_newer", "(hostile-newer-api 6.6.6) failed at stage metadata: it needs fairlead>=999"),
    ],
)
def test_a_broken_plugin_is_raised_where_it_is_asked_for(fairlead, task_type, message):
    """Running a task of a broken plugin exits with 3 and names it."""
    assert message in fairlead("run", task_type, code=3).stderr


def test_a_broken_command(fairlead):
    """A command of a broken plugin exits with 3 and names it."""
    assert "(hostile-command 6.6.6) failed at stage import: ValueError" in fairlead("h_command", code=3).stderr


def test_doctor(fairlead):
    """`doctor` loads all, names each that fails with its distribution, stage and hint, and exits with 1."""
    result = fairlead("doctor", "--json", "--time-limit", "10", code=1, FAIRLEAD_DISABLE_PLUGINS="")
    plugins = {one["package"]: one for one in json.loads(result.stdout)["plugins"]}
    stages = {name.removeprefix("hostile-"): one["stage"] for name, one in plugins.items()}
    assert stages == {
        "fairlead-dummy": "ready",
        "fairlead-echo": "ready",
        "slow": "ready",
        "hook-raises": "ready",
        "hook-exit": "ready",
        "import-error": "import",
        "system-exit": "import",
        "hard-exit": "import",
        "hang": "import",
        "hook-hang": "import",
        "command": "import",
        "no-connector": "check",
        "echo-thief": "metadata",
        "newer-api": "metadata",
        "bad-string": "metadata",
        "wrong-signature": "register",
    }
    assert "did not end within 10 s" in plugins["hostile-hang"]["error"]
    assert "ended the process with code 0" in plugins["hostile-hard-exit"]["error"]
    assert plugins["hostile-slow"]["import_ms"] >= 500
    assert all(one["hint"] for one in plugins.values() if not one["ok"])
    assert all(one["ok"] == (one["stage"] == "ready") for one in plugins.values())


def test_verify(fairlead):
    """`list --verify` adds what only loading can tell."""
    only = {"FAIRLEAD_PLUGINS": "fairlead-echo, hostile-import-error, hostile-slow, hostile-hard-exit"}
    result = fairlead("list", "--verify", "--json", **only)
    shown = {one["package"]: one for one in json.loads(result.stdout)["connectors"] if one["status"] != "disabled"}
    assert {name: one["status"] for name, one in shown.items()} == {
        "fairlead-echo": "available",
        "hostile-slow": "available",
        "hostile-import-error": "broken",
        "hostile-hard-exit": "broken",
    }
    assert "a_module_that_is_not_there" in shown["hostile-import-error"]["reason"]


def test_a_hook_plugin_that_hangs_is_named(fairlead):
    """While it hangs, stderr names it and the variable that gets past it; with that, all is well."""
    process = fairlead.start("run", "echo", FAIRLEAD_DISABLE_PLUGINS="")
    try:
        line = process.stderr.readline()
    finally:
        process.kill()
        process.communicate()
    assert "still importing plugin `h_hook_hang` (hostile-hook-hang 6.6.6) after 5 s" in line
    assert "FAIRLEAD_DISABLE_PLUGINS=hostile-hook-hang" in line
    fairlead("run", "echo", FAIRLEAD_DISABLE_PLUGINS="hostile-hook-hang")


def test_allowing_only_one(fairlead):
    """FAIRLEAD_PLUGINS leaves all others out, unseen."""
    result = fairlead("run", "echo", "--input", "x=1", FAIRLEAD_PLUGINS="echo", FAIRLEAD_DISABLE_PLUGINS="")
    assert "hostile" not in result.stderr.replace("hostile-echo-thief", "")


def test_strict(fairlead):
    """FAIRLEAD_STRICT=1 ends the program at the first fault, naming it."""
    assert "failed at stage" in fairlead("run", "echo", code=3, FAIRLEAD_STRICT="1").stderr
