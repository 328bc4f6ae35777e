"""What is not imported when it is not needed."""

import subprocess
import sys

import pytest

HEAVY = {
    "asyncio",
    "email.parser",
    "fairlead_dummy",
    "fairlead_echo",
    "grpc",
    "httpx",
    "logging",
    "msgspec",
    "pluggy",
    "rich",
    "yaml",
}

CODE = """
import sys
sys.argv = ["fairlead", *sys.argv[1:]]
from fairlead.cli import main
main()
print("\\0", *sys.modules, file=sys.stderr)
"""


def imported(*arguments):
    command = [sys.executable, "-I", "-c", CODE, *arguments]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return set(output.rpartition("\0")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["nonsense"], ["serve", "--help"]], ids=" ".join)
def test_no_plugin_and_nothing_heavy(arguments):
    """Metadata is enough for all that does not run a task."""
    allowed = {"logging", "msgspec"} if arguments[0] == "serve" else set()
    assert imported(*arguments) & HEAVY <= allowed


def test_json_only_where_it_is_printed():
    """A table needs no JSON."""
    assert "json" not in imported("list")


def test_version_imports_almost_nothing():
    """`--version` does without click and importlib_metadata, and even without what they need."""
    assert not imported("--version") & (HEAVY | {"click", "importlib_metadata", "typing", "re", "json"})


def test_running_one_plugin_leaves_the_others_alone():
    """`run echo` imports echo, and neither dummy nor what draws live lines or reads YAML."""
    assert imported("run", "echo") & {"fairlead_echo", "fairlead_dummy", "rich", "yaml", "httpx", "grpc"} == {
        "fairlead_echo"
    }


def test_plugins_imports_no_connector():
    """Hook plugins are loaded without the connectors."""
    assert not imported("plugins") & {"fairlead_echo", "fairlead_dummy", "asyncio", "rich", "yaml"}
