"""The emulator from Python, as a fixture, and as fairlead's stand-in."""

import socket
import subprocess
import sys
from importlib.metadata import entry_points

import httpx
import pytest

import fairlead_databricks_emulator
from fairlead import LocalBackend
from fairlead.local import local_backend
from fairlead_databricks_emulator import Emulator


def test_import_is_light():
    """To import the package, or its pytest plugin, imports no web framework."""
    code = (
        "import sys, fairlead_databricks_emulator.pytest_plugin; "
        "heavy = {'litestar', 'uvicorn', 'httpx', 'asyncio', 'fairlead'} & sys.modules.keys(); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    """`__all__` is sorted and complete."""
    names = fairlead_databricks_emulator.__all__
    assert names == sorted(names)
    assert all(hasattr(fairlead_databricks_emulator, name) for name in names)


def test_two_emulators_are_strangers():
    """Two emulators have their own addresses, tokens and runs."""
    with Emulator() as one, Emulator() as other:
        assert one.host != other.host
        headers = {"Authorization": f"Bearer {one.token}"}
        assert httpx.get(f"{one.host}/api/2.2/jobs/list", headers=headers).status_code == 200
        assert httpx.get(f"{other.host}/api/2.2/jobs/list", headers=headers).status_code == 401


def test_stopped_emulator_is_gone(fresh):
    """An emulator that stops ends its runs and frees its port; it may be stopped twice."""
    run_id = fresh.submit(fresh.python("import time; time.sleep(600)"))
    fresh.wait(run_id, {"RUNNING"})
    port = int(fresh.emulator.host.rpartition(":")[2])
    fresh.emulator.stop()
    fresh.emulator.stop()
    with pytest.raises(httpx.ConnectError):
        fresh.show(run_id)
    socket.create_server(("127.0.0.1", port)).close()


def test_taken_port():
    """A port that is taken is an error at the start."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Emulator(port=taken.getsockname()[1]).start()


def test_runs_are_the_real_state(client, databricks_emulator):
    """`runs` shows what the workspace knows, whatever the API answers."""
    run_id = client.run(client.python(""))["run_id"]
    (run,) = databricks_emulator.runs
    assert (run.run_id, run.outcome.result, run.tasks[0].spec.task_key) == (run_id, "SUCCESS", "main")


@pytest.mark.parametrize("task_type", ["databricks", "databricks_job", "spark"])
async def test_local_backend(task_type):
    """Fairlead finds the emulator as the stand-in for Databricks, and gets address and token."""
    from fairlead import TaskCategory

    async with local_backend(TaskCategory(task_type)) as backend:
        assert isinstance(backend, LocalBackend)
        headers = {"Authorization": f"Bearer {backend.secrets['DATABRICKS_TOKEN']}"}
        async with httpx.AsyncClient(base_url=backend.configs["databricks_host"], headers=headers) as http:
            assert (await http.get("/api/2.2/jobs/list")).status_code == 200
    assert entry_points(group="fairlead.local_backends", name=task_type)
