"""`fairlead list`: what is installed, from package metadata alone."""

import click

from fairlead.discovery import Group, PluginEntry, Status, installed, unknown_names

_HEADINGS = ("TASK TYPE", "VERSION", "PACKAGE", "PACKAGE VERSION", "STATUS", "SUMMARY")
_MAY_ADD = "plugins may add connectors that no entry point names; `fairlead list --verify` shows them too"
_REGISTER_SECONDS = 30.0


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--verify",
    is_flag=True,
    help="Load all in processes of their own: show which are broken, and those that hooks register.",
)
def list_(*, as_json: bool, verify: bool) -> None:
    """List the installed connectors; no plugin is imported.

    \b
    Example:
      fairlead list
      fairlead list --verify --json
    """
    entries = installed(Group.CONNECTORS)
    if verify:
        entries = sorted([*_verified(entries), *registered()], key=lambda entry: (entry.name, entry.distribution))
    if as_json:
        import json

        click.echo(json.dumps({"schema_version": 1, "connectors": [_record(entry) for entry in entries]}, indent=2))
    elif entries:
        _print_table([_HEADINGS, *(_row(entry) for entry in entries)])
        _print_reasons(entries)
    else:
        click.echo("no connectors are installed; try: pip install fairlead-echo fairlead-dummy", err=True)
    for message in unknown_names():
        click.echo(f"warning: {message}", err=True)
    if not verify and any(entry.status is Status.AVAILABLE for entry in installed(Group.PLUGINS)):
        click.echo(_MAY_ADD, err=True)


def registered(seconds: float = _REGISTER_SECONDS) -> list[PluginEntry]:
    """Return the connectors that hook plugins register, as entries; the plugins are loaded in a process of their own."""
    import json
    from tempfile import NamedTemporaryFile

    from fairlead.probing import run_apart

    if not any(entry.status is Status.AVAILABLE for entry in installed(Group.PLUGINS)):
        return []
    with NamedTemporaryFile("r") as report:
        run_apart(["-c", f"from {__name__} import _write; _write({report.name!r})"], seconds, stderr=None)
        text = report.read()
    if not text:
        click.echo("warning: what hook plugins register cannot be told; `fairlead doctor` says why", err=True)
    return [PluginEntry(Group.CONNECTORS, *words) for words in json.loads(text or "[]")]


def _write(path: str) -> None:
    """Write name, value, package, its version and summary of each connector that a hook registers to a file."""
    import json
    from pathlib import Path

    from fairlead.cli.info import origin
    from fairlead.registry import ConnectorRegistry

    registry = ConnectorRegistry()
    words = []
    for connector in registry.registered():
        class_, owner = type(connector), origin(registry, connector)
        package = (owner.distribution, owner.version) if owner else ("", "")
        summary = connector.description.partition("\n")[0]
        words.append((str(connector.category), f"{class_.__module__}:{class_.__qualname__}", *package, summary))
    Path(path).write_text(json.dumps(words))


def _verified(entries: list[PluginEntry]) -> list[PluginEntry]:
    from fairlead.probing import probe_all

    reports = probe_all([entry for entry in entries if entry.status is Status.AVAILABLE])
    reasons = {report.entry: f"{report.error}. {report.hint}." for report in reports if not report.succeeded}
    return [
        entry._replace(status=Status.BROKEN, reason=reasons[entry]) if entry in reasons else entry for entry in entries
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
