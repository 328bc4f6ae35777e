"""One of the processes that share a port (`fairlead_flyte.processes`)."""

from __future__ import annotations

import sys

import msgspec

from fairlead_flyte.logs import configure
from fairlead_flyte.options import ServerOptions
from fairlead_flyte.serving import run, serve_here


def main() -> int:
    """Serve with the options in the first argument, and tell the parent on stdout when that has begun."""
    options = msgspec.json.decode(sys.argv[1], type=ServerOptions)
    configure(level=options.log_level, as_json=options.log_json)
    return run(lambda: serve_here(options, ready=_tell_parent))


def _tell_parent(_port: int) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
