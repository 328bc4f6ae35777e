"""The fixture `databricks_emulator`, which pytest finds through its entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fairlead_databricks_emulator.emulator import Emulator


@pytest.fixture
def databricks_emulator() -> Iterator[Emulator]:
    """Give a running emulator of this test's own."""
    from fairlead_databricks_emulator.emulator import Emulator

    with Emulator(grace=0.5) as emulator:
        yield emulator
