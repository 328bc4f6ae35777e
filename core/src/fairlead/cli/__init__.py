"""The command line. Each command is a module that is loaded only when it is called."""

import sys

from fairlead._version import __version__


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:  # without click, whose import takes longer than all the rest
        print(f"fairlead {__version__}")
        return 0
    from fairlead.cli.root import run

    return run(sys.argv[1:])
