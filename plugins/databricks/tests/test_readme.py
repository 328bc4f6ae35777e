"""What the README shows is what happens; the workspace that it calls real is an emulator here."""

import os
import sys
from pathlib import Path

import pytest
from documents import blocks, run_console

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
def environment(emulator, tmp_path):
    """The environment of a reader, without a workspace."""
    hidden = ("DATABRICKS_", "FAIRLEAD_", "FLYTE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return inherited | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}


@pytest.fixture
def variables(emulator, environment):
    """The same, after the reader has set the variables."""
    return environment | {"DATABRICKS_HOST": emulator.host, "DATABRICKS_TOKEN": emulator.token}


@pytest.fixture
def consoles(tmp_path):
    """The files of the README, written; and its consoles: on this machine, in a workspace, from Python."""
    parts = blocks(README)
    for block in parts:
        if block.file:
            (tmp_path / block.file).write_text(block.body)
    return [block for block in parts if block.language == "console"]


def test_the_first_job(consoles, environment, variables, tmp_path):
    """A reader runs the first job on this machine, then in a workspace, then from Python."""
    local, workspace, python = consoles
    run_console(local, tmp_path, environment)
    run_console(workspace, tmp_path, variables)
    run_console(python, tmp_path, variables)


def test_with_a_profile(consoles, emulator, environment, variables, tmp_path):
    """The same with the profile of a service principal in place of the variables."""
    profile = {"host": emulator.host, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    lines = ["[DEFAULT]", *(f"{name} = {value}" for name, value in profile.items())]
    _, workspace, python = consoles
    run_console(workspace, tmp_path, variables)
    (tmp_path / ".databrickscfg").write_text("\n".join(lines))
    emulator.requests.clear()
    run_console(python, tmp_path, environment)
    assert emulator.requests.count("/oidc/v1/token") == 1
