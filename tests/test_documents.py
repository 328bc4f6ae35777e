"""What the documents show is what happens."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from documents import blocks, run_console
from environments import PACKAGES, ROOT, build, create_environment
from farm import TOKEN, Farm

GUIDE = "docs/writing-a-connector.md"
CONSOLES = ["README.md", "core/README.md", "plugins/dummy/README.md", "plugins/echo/README.md"]
SETUP = 'python3 -m venv .venv && .venv/bin/pip install --quiet "nox[uv]>=2025.2.9" && .venv/bin/nox'


DOCUMENTS = [path for pattern in ("*.md", "core/*.md", "plugins/*/*.md", "docs/*.md") for path in ROOT.glob(pattern)]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An environment as the documents' reader has it."""
    folder = tmp_path_factory.mktemp("reader")
    return create_environment(folder / "venv", *build(folder / "wheels", *PACKAGES))


@pytest.fixture
def environment(python, tmp_path):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
    return inherited | {"PATH": f"{python.parent}:{os.environ['PATH']}", "FAIRLEAD_DUMMY_DIR": str(tmp_path / "dummy")}


def follow(document, folder, environment):
    """Write the files and run the commands of a document, in order."""
    for block in blocks(ROOT / document):
        if block.file:
            (folder / block.file).parent.mkdir(exist_ok=True)
            (folder / block.file).write_text(block.body)
        elif block.language == "console":
            run_console(block, folder, environment)


@pytest.mark.parametrize("document", CONSOLES)
def test_console_examples(document, tmp_path, environment):
    """Each command prints what the document shows."""
    follow(document, tmp_path, environment)


def test_the_connector_of_the_guide(tmp_path, environment):
    """A reader who follows the guide has a connector that fulfils the contract, and a policy that refuses."""
    follow(GUIDE, tmp_path, environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})


def install(site, name, *modules):
    """Install a connector of the guide, with these modules of it."""
    files = {block.file: block.body for block in blocks(ROOT / GUIDE)}
    entry_points = f"[fairlead.connectors]\n{name} = fairlead_{name}:{name.title()}Connector"
    site.add(f"fairlead-{name}", entry_points=entry_points, modules={each: files[f"{each}.py"] for each in modules})


@pytest.fixture
def shell(site, fairlead):
    """A function that writes a task of the guide's first connector, which keeps its jobs in the test's folder."""
    install(site, "shell", "fairlead_shell")
    fairlead.environment["TMPDIR"] = str(fairlead.folder)
    return lambda command: fairlead.task(type="shell", custom={"command": command})


def test_the_shell_connector_leaves_its_starter(shell, fairlead):
    """A detached job holds none of the streams of the command that started it."""
    handle = fairlead("run", shell("exec sleep 60"), "--detach").stdout.strip()
    assert fairlead("status", handle).stdout == "RUNNING\n"
    fairlead("cancel", handle)
    assert fairlead("status", handle).stdout == "ABORTED  killed\n"


def test_the_shell_connector_loses_no_text(shell, fairlead):
    """A line that is written in two parts is one line of the log, bytes that are no text do not matter."""
    task = shell("echo one; printf tw; sleep 1; echo o; sleep 0.5; printf '\\377three'")
    handle = fairlead("run", task, "--detach").stdout.strip()
    assert fairlead("logs", handle, "--follow").stdout == "one\ntwo\n\N{REPLACEMENT CHARACTER}three\n"
    assert "two" in json.loads(fairlead("wait", handle).stdout)["log"]


@pytest.mark.parametrize("key", ["team/report-1", "../x"])
def test_the_shell_connector_starts_one_job_for_a_key(shell, fairlead, key):
    """Of several that submit it at once, and another that was killed while it did, one starts the job."""
    folder = fairlead.folder / "fairlead-shell" / hashlib.sha256(key.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "pid.1").write_text("1\n")
    command = ("run", shell("echo once >>count"), "--idempotency-key", key)
    processes = [fairlead.start(*command) for _ in range(5)]
    assert [process.communicate(timeout=60) and process.returncode for process in processes] == [0] * 5
    assert (folder / "count").read_text() == "once\n"


def test_the_shell_connector_sees_that_a_job_was_killed(shell, fairlead):
    """It has ended, whoever killed it, and neither its log nor another cancel is an error."""
    handle = fairlead("run", shell("sleep 60"), "--detach", "--idempotency-key", "key").stdout.strip()
    (path,) = fairlead.folder.glob("fairlead-shell/*/pid")
    os.killpg(int(path.read_text()), signal.SIGKILL)
    with subprocess.Popen(["true"], start_new_session=True) as gone:  # the killed one may stay as a zombie for long
        path.write_text(str(gone.pid))
    (path.parent / "log").unlink(missing_ok=True)
    assert "ABORTED" in fairlead("wait", handle, code=1).stderr
    assert not fairlead("logs", handle).stdout
    fairlead("cancel", handle)


@pytest.fixture
def farm(site):
    """The HTTP connector of the guide, installed beside a farm."""
    install(site, "farm", "fairlead_farm", "test_farm")
    with Farm() as farm:
        path = site.folder / "test_farm.py"
        path.write_text(path.read_text().replace("http://127.0.0.1:8000", farm.url))
        yield farm


def test_the_http_connector_of_the_guide(farm, site, fairlead):
    """It fulfils the contract, and each job was submitted with its key."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_farm.py"]
    result = subprocess.run(command, cwd=site.folder, env=fairlead.environment, capture_output=True, text=True)  # noqa: PLW1510
    assert result.returncode == 0, result.stdout
    assert farm.jobs
    assert all(farm.jobs)


@pytest.mark.parametrize(
    ("answer", "token", "code", "message"),
    [
        ((), TOKEN, 0, "SUCCEEDED"),
        ((), "wrong", 4, "the farm refuses FARM_TOKEN: 401"),
        ([(400, {})], TOKEN, 2, "the farm refuses the job: "),
        ([(404, {})], TOKEN, 4, "the farm has no /jobs"),
        ([(429, {"Retry-After": "1"}), (503, {}), (0, {})], TOKEN, 0, "SUCCEEDED"),
    ],
)
def test_the_http_connector_tells_faults_apart(farm, fairlead, answer, token, code, message):
    """Faults that pass are overcome, the others told by their kind."""
    farm.answers = list(answer)
    task = fairlead.task(type="farm", custom={"crop": "barley"})
    result = fairlead("run", task, code=code, FARM_URL=farm.url, FAIRLEAD_SECRET_FARM_TOKEN=token)
    assert message in result.stderr
    assert not farm.answers


def test_what_the_readme_says_of_yaml(fairlead):
    """Values are read as YAML 1.1 has them."""
    (fairlead.folder / "task.yaml").write_text("type: echo\ninputs: {a: no, b: on, c: 1e3, d: 1.0e+3, e: 010}")
    outputs = json.loads(fairlead("run", "task.yaml").stdout)
    assert outputs == {"a": False, "b": True, "c": "1e3", "d": 1000.0, "e": 8}


def test_what_the_readme_says_of_a_closed_terminal(fairlead):
    """The command ends, the job does not."""
    process = fairlead.start("run", fairlead.dummy(outcome="never_end"))
    handle = next(line.split()[1] for line in process.stderr if line.startswith("handle: "))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert fairlead("status", handle).stdout.startswith(("QUEUED", "RUNNING"))
    fairlead("cancel", handle)


def test_python_examples_compile():
    """Python that is shown is Python."""
    for path in DOCUMENTS:
        for block in blocks(path):
            if block.language == "python":
                compile(block.body, str(path), "exec")


def test_ci_runs_the_readmes_command():
    """CI does what the README tells, and nothing else."""
    commands = [block.body.strip() for block in blocks(ROOT / "README.md") if block.language == "sh"]
    assert commands[:2] == [f"{SETUP} -s demo", SETUP]
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == SETUP


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    """A relative link names a file that is there."""
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / link).exists(), link
