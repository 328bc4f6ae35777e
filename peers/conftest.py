"""What the tests in the peers' environments share: distributions to install, and programs to run beside them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.register_assert_rewrite("same_requests")

DISTRIBUTIONS = Path(__file__).with_name("distributions")


@pytest.fixture(scope="session")
def install(tmp_path_factory):
    """A function that installs a distribution into a folder of its own, and returns the folder."""
    import uv

    installed = {}

    def install(name):
        if name not in installed:
            installed[name] = tmp_path_factory.mktemp(name)
            words = ["--python", sys.executable, "--target", installed[name], "--no-deps", "--no-build-isolation"]
            command = [uv.find_uv_bin(), "pip", "install", *words, DISTRIBUTIONS / name]
            subprocess.run([str(word) for word in command], check=True, capture_output=True)
        return installed[name]

    return install


@pytest.fixture
def environment(install, tmp_path):
    """A function that makes the variables of a program for which these distributions are installed too."""

    def environment(*names, **variables):
        path = os.pathsep.join(str(install(name)) for name in names)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FAIRLEAD_")}
        return kept | {"PYTHONPATH": path, "ACME_FOLDER": str(tmp_path)} | variables

    return environment


@pytest.fixture
def fairlead(environment, tmp_path):
    """A function that runs the command line, with these distributions installed too."""

    def fairlead(*words, beside=(), **variables):
        return subprocess.run(
            [sys.executable, "-m", "fairlead", *map(str, words)],
            env=environment(*beside, **variables),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return fairlead


class Program:
    """A running program; what it says on stderr so far is in `said`."""

    def __init__(self, process):
        self.process = process
        self.said = ""

    def wait_for(self, text):
        """Read until a line has the text, and return that line."""
        for line in self.process.stderr:
            self.said += line
            if text in line:
                return line
        pytest.fail(f"the program ended without saying {text!r}:\n{self.said}")

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Wait for the end, and return the exit code."""
        self.said += self.process.communicate(timeout=30)[1]
        return self.process.returncode


@pytest.fixture
def start(environment, tmp_path):
    """A function that starts a Python program, given as its source."""
    programs = []

    def start(source, *words, beside=(), **variables):
        path = tmp_path / "program.py"
        path.write_text(source)
        process = subprocess.Popen(
            [sys.executable, "-u", path, *words],
            env=environment(*beside, **variables),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        programs.append(process)
        return Program(process)

    yield start
    for process in programs:
        with process:
            process.kill()
