"""`fairlead plugins`: the hook plugins, and which hooks each implements."""

from __future__ import annotations

from typing import Any

import click

from fairlead.cli.document import print_json
from fairlead.cli.streams import keep_for_results, results
from fairlead.hooks import Hooks


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def plugins(*, as_json: bool) -> None:
    """List the hook plugins that are loaded, and the hooks each implements.

    Those that cannot be loaded are named on stderr.

    \b
    Example:
      fairlead plugins
    """
    keep_for_results()
    records: list[dict[str, Any]] = [
        {
            "name": name,
            "package": entry.distribution if entry else None,
            "package_version": entry.version if entry else None,
            "hooks": hooks,
        }
        for name, entry, hooks in Hooks().plugins()
    ]
    if as_json:
        print_json({"schema_version": 1, "plugins": records})
    elif not records:
        click.echo("no hook plugins are loaded", err=True)
    else:
        for record in records:
            package = f"{record['package']} {record['package_version']}"
            click.echo(f"{record['name']}  ({package}): {', '.join(record['hooks']) or 'no hooks'}", file=results())
