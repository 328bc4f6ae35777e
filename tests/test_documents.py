"""What the documents show is what happens."""

import os
import re

import pytest
from documents import blocks, run_console
from environments import PACKAGES, ROOT, build, create_environment

from fairlead import Hooks

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
            (folder / block.file).write_text(block.body)
        elif block.language == "console":
            run_console(block, folder, environment)


@pytest.mark.parametrize("document", CONSOLES)
def test_console_examples(document, tmp_path, environment):
    """Each command prints what the document shows."""
    follow(document, tmp_path, environment)


def test_the_connector_of_the_guide(tmp_path, environment, monkeypatch):
    """A reader who follows the guide has a connector that fulfils the contract, and a policy that loads."""
    follow("docs/writing-a-connector.md", tmp_path, environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    monkeypatch.syspath_prepend(tmp_path)
    import policy

    hooks = Hooks(discover=False)
    hooks.register(policy)
    assert hooks.plugins() == [("policy", None, ["fairlead_before_create"])]


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
