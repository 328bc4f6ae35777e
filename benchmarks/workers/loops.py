"""Time statements as `timeit` does, and print the times."""

import json
import statistics
import timeit
from collections.abc import Mapping

_REPETITIONS = 7


def print_nanoseconds(statements: Mapping[str, str], names: Mapping[str, object]) -> None:
    """Print a JSON object with the nanoseconds that one execution of each statement takes.

    `names` are what the statements refer to.
    """
    print(json.dumps({name: _nanoseconds(statement, dict(names)) for name, statement in statements.items()}))


def _nanoseconds(statement: str, names: dict[str, object]) -> float:
    timer = timeit.Timer(statement, globals=names)
    loops, _ = timer.autorange()
    return statistics.median(timer.repeat(_REPETITIONS, loops)) / loops * 1e9
