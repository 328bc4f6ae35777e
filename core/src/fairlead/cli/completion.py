"""Shell completion of task types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from fairlead.discovery import Group, Status, installed

if TYPE_CHECKING:
    import click


def complete_task(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the task types that start like this, and files."""
    entries = installed(Group.CONNECTORS)
    items = [
        CompletionItem(entry.name, help=entry.summary)
        for entry in entries
        if entry.status is Status.AVAILABLE and entry.name.startswith(incomplete)
    ]
    return items if items and "/" not in incomplete else [CompletionItem(incomplete, type="file")]
