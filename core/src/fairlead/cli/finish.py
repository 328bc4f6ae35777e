"""The end of a command about a task: what stdout gets, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from fairlead.cli.document import document, print_json, unprintable
from fairlead.cli.exits import ExitCode, exit_code, print_error
from fairlead.cli.interrupt import Interrupted
from fairlead.cli.streams import results
from fairlead.cli.verbosity import HINT, redactor, traceback_withheld
from fairlead.errors import ConnectorBug, FairleadError
from fairlead.resource import Phase

if TYPE_CHECKING:
    from fairlead.cli.progress import PlainProgress


def finish(shown: PlainProgress, error: FairleadError | Interrupted | None, *, as_json: bool) -> ExitCode:
    """Print the outputs, or the document, of what `shown` has seen, and return the exit code."""
    if shown.resource is not None and (bug := unprintable(shown.category, shown.resource)):
        shown.resource = msgspec.structs.replace(shown.resource, outputs=None, custom_info=None)
        error = error or bug
    if as_json:
        print_json(document(shown.category, shown.handle, shown.resource, error))
    if error is not None:
        hint = HINT if isinstance(error, ConnectorBug) and traceback_withheld() else ""
        print_error(redactor.redact(str(error)) + hint)
        return exit_code(error) if isinstance(error, FairleadError) else ExitCode.INTERRUPTED
    resource = shown.resource
    if resource is None:  # detached
        if not as_json:
            click.echo(str(shown.handle), file=results())
        return ExitCode.SUCCEEDED
    if resource.outputs is not None and not as_json:
        print_json(resource.outputs)
    if resource.phase is Phase.SUCCEEDED:
        return ExitCode.SUCCEEDED
    summary = resource.message.partition("\n")[0]  # the whole message stands above
    print_error(f"the task ended as {resource.phase.name}" + (f": {summary}" if summary else ""))
    return ExitCode.TASK_FAILED
