"""One of the processes that share a port (`fairlead_flyte.processes`)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from fairlead_flyte.logs import configure
from fairlead_flyte.options import ServerOptions
from fairlead_flyte.server_end import ExitCode
from fairlead_flyte.serving import reported, serve_here

if TYPE_CHECKING:
    from fairlead_flyte.server_end import EndSignals

_STDIN = 0


def main() -> int:
    """Serve with the options in the first argument to the parent's end or a signal.

    The parent is told when that begins, by the descriptor in the second argument.
    """
    options = msgspec.json.decode(sys.argv[1], type=ServerOptions)
    configure(level=options.log_level, as_json=options.log_json)
    to_parent = int(sys.argv[2])

    def ready(signals: EndSignals) -> None:
        os.write(to_parent, b"!")
        os.close(to_parent)
        _end_with_parent(signals)

    try:
        return reported(lambda: serve_here(options, ready=ready))
    except KeyboardInterrupt:  # passed on by the parent, while the connectors were loaded
        return ExitCode.CUT_OFF


def _end_with_parent(signals: EndSignals) -> None:
    """Drain when stdin ends, which only the parent holds open: then it was killed, and nobody else would end this."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        with suppress(BlockingIOError):
            if not os.read(_STDIN, 1):
                loop.remove_reader(_STDIN)
                if not signals.first.is_set():
                    signals.came(signal.SIGTERM)

    loop.add_reader(_STDIN, ended)


if __name__ == "__main__":
    sys.exit(main())
