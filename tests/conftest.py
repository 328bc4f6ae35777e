"""What tests across packages share."""

import pytest
from command_line import CommandLine
from site_folder import Site


@pytest.fixture
def fairlead(tmp_path):
    return CommandLine(tmp_path)


@pytest.fixture
def site(tmp_path, fairlead):
    """Distributions that are installed beside those of the environment."""
    folder = tmp_path / "site"
    folder.mkdir()
    fairlead.environment["PYTHONPATH"] = str(folder)
    return Site(folder)
