"""The packages as they are published."""

import json
import subprocess
import tarfile
import zipfile

import pytest
from environments import ALL_PACKAGES, build, create_environment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="module")
def wheels(folder):
    return build(folder / "wheels", *ALL_PACKAGES)


@pytest.fixture(scope="module")
def sdists(folder):
    return build(folder / "sdists", *ALL_PACKAGES, kind="--sdist")


def test_wheels_are_complete(wheels):
    """Each wheel holds its package, the licence and the marker for type checkers, and no tests."""
    assert len(wheels) == len(ALL_PACKAGES)
    for wheel in wheels:
        names = zipfile.ZipFile(wheel).namelist()
        package = wheel.name.partition("-")[0]
        assert f"{package}/py.typed" in names
        assert any(name.endswith("licenses/LICENSE") for name in names)
        assert all(name.startswith((f"{package}/", f"{package}-")) for name in names)


def test_sdists_hold_what_a_build_needs(sdists):
    """Each sdist holds sources, licence, readme, changelog and tests."""
    assert len(sdists) == len(ALL_PACKAGES)
    for sdist in sdists:
        with tarfile.open(sdist) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md"} <= names
        assert any(name.startswith("tests/") for name in names)


def test_the_core_installs_alone(folder, wheels):
    """With nothing but the core, `list` says how to go on, and everything else works."""
    (core,) = (wheel for wheel in wheels if wheel.name.startswith("fairlead-"))
    python = create_environment(folder / "alone", core)
    result = subprocess.run([python, "-m", "fairlead", "list"], capture_output=True, text=True, check=True)
    assert "pip install fairlead-echo fairlead-dummy" in result.stderr
    result = subprocess.run([python, "-m", "fairlead", "info", "spark"], capture_output=True, text=True, check=False)
    assert (result.returncode, "pip install fairlead-databricks" in result.stderr) == (3, True)
    document = subprocess.run(
        [python, "-m", "fairlead", "doctor", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(document.stdout)["plugins"] == []


def test_wheels_of_sdists_work(folder, sdists):
    """What is built from the sdists runs a task."""
    python = create_environment(folder / "sdists-venv", *sdists)
    script = python.parent / "fairlead"
    result = subprocess.run([script, "run", "echo", "--input", "x=1"], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == {"x": 1}
