"""A client of a running emulator, for the tests."""

import textwrap
import time
import zipfile
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from fairlead_databricks_emulator import Emulator

ENDED = {"TERMINATED", "SKIPPED", "INTERNAL_ERROR"}


class Client:
    """Drives an emulator over HTTP as its users do; what takes longer than `patience` seconds fails the test."""

    patience = 20

    def __init__(self, emulator, http, directory):
        self.emulator = emulator
        self.http = http
        self.directory = directory

    def get(self, path, version="2.2", **arguments):
        return self.http.get(f"/api/{version}/jobs/{path}", params=arguments)

    def post(self, path, version="2.2", **arguments):
        return self.http.post(f"/api/{version}/jobs/{path}", json=arguments)

    def script(self, code, name="script.py"):
        """Write a Python file; return its path."""
        file = self.directory / name
        file.write_text(textwrap.dedent(code))
        return str(file)

    def python(self, code, key="main", parameters=(), **settings):
        """Return a task that runs a Python file with this code."""
        python_file = self.script(code, name=f"{key}.py")
        task = {"python_file": python_file, "parameters": list(parameters)}
        return {"task_key": key, "spark_python_task": task, **settings}

    def notebook(self, code, key="main", parameters=None, **settings):
        """Return a task that runs a notebook in source format with this code."""
        path = self.script("# Databricks notebook source\n" + textwrap.dedent(code), name=f"{key}.py")
        task = {"notebook_path": path, "base_parameters": parameters or {}}
        return {"task_key": key, "notebook_task": task, **settings}

    def submit(self, *tasks, **settings):
        """Start a run; return its id."""
        answer = self.post("runs/submit", tasks=list(tasks), **settings)
        assert answer.status_code == 200, answer.text
        return answer.json()["run_id"]

    def run(self, *tasks, **settings):
        """Run tasks to their end; return the run."""
        return self.wait(self.submit(*tasks, **settings))

    def job(self, *tasks, **settings):
        """Save a job; return its id."""
        answer = self.post("create", tasks=list(tasks), **settings)
        assert answer.status_code == 200, answer.text
        return answer.json()["job_id"]

    def show(self, run_id, **arguments):
        """Return a run."""
        answer = self.get("runs/get", run_id=run_id, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, run_id, states=ENDED):
        """Return a run when it is in one of these states."""
        return self.until(lambda: self.show(run_id), lambda run: run["state"]["life_cycle_state"] in states)

    def until(self, look, is_right):
        """Look again and again until what is seen is right; return it."""
        end = time.monotonic() + self.patience
        while not is_right(seen := look()):
            assert time.monotonic() < end, seen
            time.sleep(0.01)
        return seen

    def file(self, path):
        """Return the content of a file when it is there."""
        return self.until(lambda: path.read_text() if path.exists() else "", bool)

    def output(self, run, key="main"):
        """Return the output of the last attempt of a task."""
        attempts = [task for task in run["tasks"] if task["task_key"] == key]
        task = max(attempts, key=lambda attempt: attempt["attempt_number"])
        answer = self.get("runs/get-output", run_id=task["run_id"])
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def shared():
    """An emulator for all tests, and an HTTP client of it."""
    with Emulator(grace=0.5) as emulator, http_client(emulator) as http:
        yield emulator, http


@pytest.fixture
def databricks_emulator(shared):
    """The emulator for all tests, as good as new; the fixture that users get starts one for each test."""
    emulator, http = shared
    yield emulator
    http.post("/emulator/reset").raise_for_status()


@pytest.fixture
def client(databricks_emulator, shared, tmp_path):
    return Client(*shared, tmp_path)


@pytest.fixture
def fresh(tmp_path):
    """A client of an emulator that the test may stop."""
    with Emulator(grace=0.5) as emulator, http_client(emulator) as http:
        yield Client(emulator, http, tmp_path)


@pytest.fixture
def sdk(databricks_emulator):
    """The official SDK as a client of the emulator for all tests."""
    with sdk_client(databricks_emulator, token=databricks_emulator.token) as workspace:
        yield workspace


@contextmanager
def sdk_client(emulator, **credentials):
    """Yield a client, and close its connections, which it cannot do itself."""
    from databricks.sdk import WorkspaceClient

    workspace = WorkspaceClient(host=emulator.host, **credentials)
    yield workspace
    workspace.api_client._api_client._session.close()


@pytest.fixture
def wheel(tmp_path):
    """A wheel with a package `greeter`, made by hand so that nothing has to be built."""
    path = tmp_path / "greeter-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("greeter.py", "import sys\ndef main():\n    print('greetings', *sys.argv[1:])\n")
        archive.writestr("greeter-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
        tags = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("greeter-1.0.dist-info/WHEEL", tags)
        archive.writestr("greeter-1.0.dist-info/entry_points.txt", "[console_scripts]\ngreet = greeter:main\n")
        files = ["greeter.py", *(f"greeter-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt"))]
        archive.writestr("greeter-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in files))
    return path


@pytest.fixture
def connected(tmp_path):
    """A function that gives a client of an emulator that the test has started."""
    with ExitStack() as stack:
        yield lambda emulator: Client(emulator, stack.enter_context(http_client(emulator)), tmp_path)


def http_client(emulator):
    return httpx.Client(base_url=emulator.host, headers={"Authorization": f"Bearer {emulator.token}"}, timeout=20)


def results(run):
    return {task["task_key"]: task["state"].get("result_state") for task in run["tasks"]}


@pytest.fixture(name="results")
def _results():
    return results
