"""`fairlead list`: what is installed, from package metadata alone."""

import click

from fairlead.discovery import Group, PluginEntry, Status, installed

_HEADINGS = ("TASK TYPE", "VERSION", "PACKAGE", "PACKAGE VERSION", "STATUS", "SUMMARY")


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--verify", is_flag=True, help="Load each connector in a process of its own, and show which are broken.")
def list_(*, as_json: bool, verify: bool) -> None:
    """List the installed connectors; no plugin is imported.

    \b
    Example:
      fairlead list
      fairlead list --verify --json
    """
    entries = installed(Group.CONNECTORS)
    if verify:
        entries = _verified(entries)
    if as_json:
        import json

        click.echo(json.dumps({"schema_version": 1, "connectors": [_record(entry) for entry in entries]}, indent=2))
    elif entries:
        _print_table([_HEADINGS, *(_row(entry) for entry in entries)])
        _print_reasons(entries)
    else:
        click.echo("no connectors are installed; try: pip install fairlead-echo fairlead-dummy", err=True)


def _verified(entries: list[PluginEntry]) -> list[PluginEntry]:
    from fairlead.probing import probe_all

    reports = probe_all([entry for entry in entries if entry.status is Status.AVAILABLE])
    failed = {report.entry: report for report in reports if not report.succeeded}
    return [
        entry._replace(status=Status.BROKEN, reason=f"{failed[entry].error}. {failed[entry].hint}.")
        if entry in failed
        else entry
        for entry in entries
    ]


def _task_type(entry: PluginEntry) -> tuple[str, int | None]:
    try:
        return entry.category.name, entry.category.version
    except ValueError:
        return entry.name, None


def _record(entry: PluginEntry) -> dict[str, object]:
    task_type, version = _task_type(entry)
    return {
        "task_type": task_type,
        "version": version,
        "package": entry.distribution,
        "package_version": entry.version,
        "status": entry.status.value,
        "summary": entry.summary,
        "reason": entry.reason,
    }


def _row(entry: PluginEntry) -> tuple[str, ...]:
    task_type, version = _task_type(entry)
    shown_version = "" if version is None else str(version)
    return (task_type, shown_version, entry.distribution, entry.version, entry.status.value, entry.summary)


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_reasons(entries: list[PluginEntry]) -> None:
    for entry in entries:
        if entry.reason and entry.status is not Status.DISABLED:
            click.echo(f"{entry.name} ({entry.provider}) is {entry.status.value}: {entry.reason}", err=True)
