"""`fairlead serve`: the installed hosts."""

from __future__ import annotations

import click

from fairlead.cli.root import EntryPointGroup
from fairlead.discovery import Group
from fairlead.errors import ConnectorNotFound
from fairlead.known import KNOWN_HOSTS


class HostGroup(EntryPointGroup):
    """One command for each installed host."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a host; for a known one that is not installed, say how to install it."""
        command = super().get_command(ctx, cmd_name)
        if command is None and cmd_name in KNOWN_HOSTS:
            message = f"the host `{cmd_name}` is not installed. To install it: pip install {KNOWN_HOSTS[cmd_name]}"
            raise ConnectorNotFound(message)
        return command


serve = HostGroup(
    group=Group.HOSTS,
    name="serve",
    help="""Serve the installed connectors to other systems.

    Each host is a plugin: `pip install fairlead-flyte` adds `fairlead serve flyte`.

    \b
    Example:
      fairlead serve flyte --port 8000
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
)
