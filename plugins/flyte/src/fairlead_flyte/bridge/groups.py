"""Which plugins of flytekit and flyte 2 are installed, read from package metadata alone."""

from __future__ import annotations

from enum import StrEnum

import importlib_metadata


class PeerGroup(StrEnum):
    """The entry-point groups of others that bring connectors."""

    FLYTEKIT = "flytekit.plugins"
    FLYTE = "flyte.connectors"


def used_groups() -> list[PeerGroup]:
    """Return the groups that any installed distribution has entry points in."""
    texts = list(map(_entry_points, importlib_metadata.distributions()))
    return [group for group in PeerGroup if any(f"[{group}]" in text for text in texts)]


def _entry_points(distribution: importlib_metadata.IDistribution) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, UnicodeDecodeError):
        return ""
