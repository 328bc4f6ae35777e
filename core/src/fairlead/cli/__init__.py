"""The command line. Each command is a module that is loaded only when it is called."""

import gc
import sys

from fairlead._version import __version__


def main() -> int:
    """Run the command line and return its exit code, also where it is interrupted or nobody takes its output."""
    try:
        from fairlead.cli.streams import StdoutLost, discard, guard, results

        guard()
        try:
            code = _run(sys.argv[1:])
            results().flush()
        except (BrokenPipeError, StdoutLost) as error:
            discard(results().fileno())
            if isinstance(error, StdoutLost):  # else nobody reads it any more, which is no error
                print(f"error: {error}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130
    return code


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:  # without click, whose import takes longer than all the rest
        print(f"fairlead {__version__}")
        return 0
    gc.disable()  # all that is imported stays; looking for garbage among it would take some milliseconds
    from fairlead.cli.root import run

    gc.enable()
    return run(arguments)
