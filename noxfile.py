"""The checks of this repository; `nox` alone runs what CI runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "build", "tests", "floors", "peers", "peers_inside", "demo"]

PYTHONS = ["3.11", "3.12", "3.13"]
PACKAGES = [
    "core",
    "plugins/dummy",
    "plugins/echo",
    "plugins/databricks",
    "plugins/databricks-emulator",
    "plugins/flyte",
]
SOURCES = [f"{package}/src" for package in PACKAGES]
DIST = Path("dist")
# Three, since much of the time is waiting for others. One that is killed ends the run: pytest-xdist replaces it, and
# waits for ever where the others have nothing left to do (seen with 3.8).
PROCESSES = ["-n", "3", "--max-worker-restart", "0"]


def _find_pythons() -> None:
    """Put the Pythons that pyenv has installed on PATH, before its shims, which answer only for one of them."""
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [str(path) for version in PYTHONS for path in sorted(root.glob(f"versions/{version}.*/bin"))]
    os.environ["PATH"] = os.pathsep.join([*found, os.environ["PATH"]])


_find_pythons()


def _group(name: str) -> list[str]:
    groups = nox.project.load_toml("pyproject.toml")
    return list(nox.project.dependency_groups(groups, name))


def _install_packages(session: nox.Session) -> None:
    """Install the packages as users get them: built, not linked to the checkout."""
    uv = ["--no-sources", "--reinstall"] if session.venv_backend == "uv" else ["--force-reinstall"]
    session.install(*uv, *(f"./{package}" for package in PACKAGES))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format with ruff, and what `docs/deploy` shows; `nox -s lint -- --fix` mends what can be mended."""
    session.install(*_group("lint"))
    session.run("ruff", "check", *session.posargs, ".")
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]), ".")
    session.run("hadolint", "docs/deploy/flyte/Dockerfile")
    session.run("kubernetes-validate", "--strict", "--quiet", "docs/deploy/flyte/kubernetes.yaml")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy."""
    editable = [word for package in PACKAGES for word in ("-e", f"./{package}")]
    session.install(*editable, *_group("types"))
    session.run("mypy", *SOURCES)


@nox.session
def build(session: nox.Session) -> None:
    """Build a wheel and an sdist of each package into `dist/`."""
    session.install(*_group("build"))
    shutil.rmtree(DIST, ignore_errors=True)
    for package in PACKAGES:
        session.run("uv", "build", "--quiet", "--no-build-isolation", "--out-dir", str(DIST), package)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests against the built packages, on each Python there is."""
    session.install(*_group("tests"))
    _install_packages(session)
    session.run("pytest", *PROCESSES, "--dist", "loadfile", *session.posargs)


@nox.session(python=PYTHONS[0], venv_backend="uv")
def floors(session: nox.Session) -> None:
    """Run the tests of the core with the oldest dependencies that the packages allow."""
    session.install(*_group("tests"))
    packages = [f"./{package}" for package in PACKAGES]
    session.install(
        "--no-sources", "--reinstall", "--resolution", "lowest-direct", *packages, "./plugins/flyte[reflection]"
    )
    session.run("uv", "pip", "list")
    session.run("pytest", *PROCESSES, "core", "plugins", "tests/test_cli.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def peers(session: nox.Session) -> None:
    """Hold the connectors against those of others, each in an environment of its own."""
    session.install(*_group("tests"))
    _install_packages(session)
    session.run("pytest", "peers", "--ignore-glob=peers/in_*", *session.posargs)


@nox.session(python=PYTHONS[0])
@nox.parametrize("peer", ["flytekit", "flyte"])
def peers_inside(session: nox.Session, peer: str) -> None:
    """Run our connectors inside of flytekit and flyte, and theirs inside of ours."""
    session.install(*_group("tests"), f"./plugins/flyte[{peer}]")
    _install_packages(session)
    session.run("pytest", *PROCESSES, f"peers/in_{peer}", *session.posargs)


@nox.session(python=PYTHONS[0])
def spark(session: nox.Session) -> None:
    """Run the emulator's Spark jobs on a real local Spark, which is large and needs Java; not part of what CI runs."""
    session.install(*_group("tests"))
    _install_packages(session)
    session.install("pyspark>=3.5")
    session.run("pytest", "plugins/databricks-emulator/tests/test_spark.py", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job: list the connectors, and a task through one of them to its end."""
    _install_packages(session)
    session.run("fairlead", "list")
    session.run("fairlead", "run", "examples/databricks/hello.yaml", "--local")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against peers, each in its own environment, and write `benchmarks/RESULTS.md`."""
    session.install("uv>=0.5")
    session.run("python", "benchmarks/run.py", *session.posargs)
