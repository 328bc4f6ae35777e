"""The command line. Each command is a module that is loaded only when it is called."""

import gc
import sys

from fairlead._version import __version__


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:  # without click, whose import takes longer than all the rest
        print(f"fairlead {__version__}")
        return 0
    gc.disable()  # all that is imported stays; looking for garbage among it would take some milliseconds
    from fairlead.cli.root import run

    gc.enable()
    return run(sys.argv[1:])
