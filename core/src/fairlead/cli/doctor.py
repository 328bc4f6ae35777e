"""`fairlead doctor`: load each plugin apart, and explain what is wrong."""

from __future__ import annotations

import os
import platform

import click

from fairlead._version import __version__
from fairlead.cli.document import print_json
from fairlead.cli.exits import ExitCode
from fairlead.cli.listing import registered
from fairlead.discovery import (
    ALLOW_VARIABLE,
    DISABLE_VARIABLE,
    STRICT_VARIABLE,
    Group,
    PluginEntry,
    Status,
    installed,
    normalized,
    unknown_names,
)
from fairlead.errors import InvalidTask
from fairlead.probing import PROBE_SECONDS, ProbeReport, probe_all
from fairlead.spelling import suggestion


@click.command
@click.argument("name", required=False)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=PROBE_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long one plugin may take.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, name: str | None, time_limit: float, as_json: bool) -> int:
    """Load each plugin in a process of its own, and explain what is wrong.

    NAME is a task type, an entry point or a package; without it all are looked at. Exits with 1 if any fails.

    \b
    Example:
      fairlead doctor
      fairlead doctor fairlead-dummy
    """
    for message in unknown_names():
        click.echo(f"warning: {message}", err=True)
    entries = _chosen(name)
    reports = probe_all([entry for entry in entries if entry.status is not Status.DISABLED], time_limit)
    if as_json:
        print_json(
            {"schema_version": 1, "environment": _environment(), "plugins": [_record(report) for report in reports]}
        )
    else:
        _print(reports, [entry for entry in entries if entry.status is Status.DISABLED])
    return ExitCode.SUCCEEDED if all(report.succeeded for report in reports) else ExitCode.TASK_FAILED


def _chosen(name: str | None) -> list[PluginEntry]:
    entries = [entry for group in Group for entry in installed(group)]
    if name is None:
        return entries
    wanted = normalized(name)
    chosen = [entry for entry in entries if name in {entry.name, entry.distribution}] or [
        entry for entry in entries if wanted in {normalized(entry.name), normalized(entry.distribution)}
    ]
    if chosen:
        return chosen
    connectors = registered()
    connector = next((entry for entry in connectors if wanted == normalized(entry.name)), None)
    if connector is None:
        known = sorted({word for entry in [*entries, *connectors] for word in (entry.name, entry.distribution) if word})
        message = f"no plugin is named `{name}`.{suggestion(name, known)} Installed: {', '.join(known) or 'none'}"
        raise InvalidTask(message)
    by = f"a hook of {connector.provider}" if connector.distribution else "a hook"
    click.echo(f"no entry point names `{connector.name}`: {by} registers it", err=True)
    plugins = [entry for entry in entries if entry.group is Group.PLUGINS]
    return [entry for entry in plugins if entry.distribution == connector.distribution] or plugins


def _environment() -> dict[str, str | None]:
    variables = {name: os.environ.get(name) for name in (ALLOW_VARIABLE, DISABLE_VARIABLE, STRICT_VARIABLE)}
    return {"fairlead": __version__, "python": platform.python_version(), **variables}


def _record(report: ProbeReport) -> dict[str, object]:
    entry = report.entry
    return {
        "name": entry.name,
        "group": entry.group.value,
        "package": entry.distribution,
        "package_version": entry.version,
        "ok": report.succeeded,
        "stage": report.stage,
        "import_ms": report.import_ms,
        "error": report.error,
        "hint": report.hint,
    }


def _print(reports: list[ProbeReport], disabled: list[PluginEntry]) -> None:
    click.echo(", ".join(f"{name} {value}" for name, value in _environment().items() if value is not None))
    for report in reports:
        entry = report.entry
        mark = "ok  " if report.succeeded else "FAIL"
        taken = "" if report.import_ms is None else f", {report.import_ms:g} ms"
        click.echo(f"{mark}  {entry.name}  ({entry.provider}, {entry.group}, stage {report.stage}{taken})")
        if not report.succeeded:
            click.echo(f"      {report.error}.\n      {report.hint}.")
    for entry in disabled:
        click.echo(f"off   {entry.name}  ({entry.provider}, {entry.group}): {entry.reason}")
    if not reports and not disabled:
        click.echo("no plugins are installed")
