"""The `fairlead` command: its subcommands by name, loaded when called."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click

from fairlead._version import __version__
from fairlead.cli.exits import ExitCode, exit_code, print_error
from fairlead.cli.streams import StdoutLost, lead_away, lead_back
from fairlead.discovery import Group, PluginEntry, Status, find, installed
from fairlead.errors import FairleadError


class _BuiltIn(NamedTuple):
    module: str
    attribute: str
    short_help: str


_COMMANDS = {
    "list": _BuiltIn("listing", "list_", "List the installed connectors."),
    "info": _BuiltIn("info", "info", "Show what a connector is and takes."),
    "doctor": _BuiltIn("doctor", "doctor", "Load each plugin and explain what is wrong."),
    "run": _BuiltIn("run", "run", "Run a task to its end."),
    "status": _BuiltIn("job", "status", "Show the state of a job."),
    "wait": _BuiltIn("job", "wait", "Follow a job to its end."),
    "logs": _BuiltIn("logs", "logs", "Print the log of a job."),
    "cancel": _BuiltIn("job", "cancel", "End a job."),
    "plugins": _BuiltIn("plugins", "plugins", "List the hook plugins and their hooks."),
    "serve": _BuiltIn("serve", "serve", "Serve the installed connectors to other systems."),
}


def _verbosity(_context: click.Context, _parameter: click.Parameter, value: int) -> None:
    if value:
        from fairlead.cli.verbosity import set_up

        set_up(value)


def verbose_option() -> click.Option:
    """Return the `-v` option that every command has."""
    return click.Option(
        ["-v", "--verbose"],
        count=True,
        expose_value=False,
        callback=_verbosity,
        help="Log what is done; twice for more.",
    )


def load_command(entry: PluginEntry) -> click.Command:
    """Return the click command that an entry point names; raise `PluginError` where it is none."""
    from fairlead.loading import failure, load

    stdout = lead_away()
    try:
        command = load(entry)
    finally:
        lead_back(stdout)
    if not isinstance(command, click.Command):
        hint = "Its author must name a click command"
        raise failure(entry, "check", f"`{entry.value}` is not a click command", hint=hint)
    return command


class EntryPointGroup(click.Group):
    """Commands from an entry-point group: listed by their metadata, loaded when called."""

    def __init__(self, *, group: Group, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._group = group

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the available commands."""
        return [name for name, _ in self.help_rows()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; an error of its plugin is raised only here."""
        entry = find(self._group, cmd_name)
        return load_command(entry) if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with what their metadata says, so that no plugin is imported for it."""
        rows = self.help_rows()
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def help_rows(self) -> list[tuple[str, str]]:
        """Return name and summary of each command."""
        entries = installed(self._group)
        return [(entry.name, entry.summary) for entry in entries if entry.status is Status.AVAILABLE]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; where there is none, propose the closest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from fairlead.spelling import suggestion

            message = f"no command `{args[0]}`.{suggestion(args[0], self.list_commands(ctx))}"
            raise click.UsageError(message, error.ctx) from error


class RootGroup(EntryPointGroup):
    """The built-in commands, and those of plugins."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        built_in = _COMMANDS.get(cmd_name)
        if built_in is None:
            return super().get_command(ctx, cmd_name)
        if built_in.module != "listing":  # which loads no plugin, so that nothing is logged
            from fairlead.cli.verbosity import set_up

            set_up(0)
        command: click.Command = getattr(import_module(f"fairlead.cli.{built_in.module}"), built_in.attribute)
        if not any(parameter.name == "verbose" for parameter in command.params):
            command.params.append(verbose_option())
        return command

    def help_rows(self) -> list[tuple[str, str]]:
        """Return name and summary of the built-in commands in the order of use, then of those of plugins."""
        built_in = [(name, command.short_help) for name, command in _COMMANDS.items()]
        return built_in + [row for row in super().help_rows() if row[0] not in _COMMANDS]


root = RootGroup(
    group=Group.COMMANDS,
    name="fairlead",
    params=[verbose_option()],
    help="""Run tasks through connectors to external systems.

    \b
    Example:
      fairlead list
      fairlead run echo --input greeting=hello
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, prog_name="fairlead", message="%(prog)s %(version)s")(root)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; users' mistakes end in one message."""
    return _guarded(lambda: root.main(list(arguments), prog_name="fairlead", standalone_mode=False))


def _guarded(call: Callable[[], object]) -> int:
    try:
        result = call()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        print_error("interrupted")
        return ExitCode.INTERRUPTED
    except FairleadError as error:
        print_error(str(error))
        return exit_code(error)
    except (BrokenPipeError, StdoutLost):
        raise
    except Exception as error:
        return _unexpected(error)
    return result if isinstance(result, int) else ExitCode.SUCCEEDED


def _unexpected(error: Exception) -> int:
    """Tell of a bug in one line; its traceback goes to the log."""
    from fairlead.cli.verbosity import HINT, log_traceback, redactor, set_up, traceback_withheld
    from fairlead.loading import described

    set_up(0)
    log_traceback(error)
    hint = HINT if traceback_withheld() else ""
    print_error(f"{redactor.redact(described(error))}. This is a bug in fairlead or in a plugin; report it.{hint}")
    return ExitCode.PLUGIN
