"""Measure fairlead beside its peers, and write RESULTS.md.

The exit code is 0 when everything was measured, whether or not the targets were met, and 1 when something
of ours was not. Only a run of all figures with full repetitions is written; any other is only printed.
"""

import argparse
import sys
from pathlib import Path

import databricks
import flyte
import lifecycle
import meta
import scale
import startup
from environment import MeasurementFailed
from environments import BuildFailed, Environments
from figures import Effort, Section
from machine import machine
from report import markdown
from source import source

_RESULTS = Path(__file__).parent / "RESULTS.md"

_BENCHMARKS = {
    "startup": startup.measure,
    "meta": meta.measure,
    "lifecycle": lifecycle.measure,
    "scale": scale.measure,
    "databricks": databricks.measure,
    "flyte": flyte.measure,
}


def main() -> int:
    """Measure what the command line asks for and return the exit code."""
    options = _options()
    names: list[str] = options.only or list(_BENCHMARKS)
    effort = Effort.QUICK if options.quick else Effort.FULL
    circumstances = {"commit": source(), **machine()}  # first, so that the load average is not our own
    sections = _measured(names, effort)
    document = markdown(circumstances, sections)
    print(document)
    if len(sections) < len(names):
        return 1
    if effort is Effort.FULL and set(names) == set(_BENCHMARKS):
        _RESULTS.write_text(document)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure fairlead beside its peers, and write RESULTS.md.")
    parser.add_argument(
        "--only",
        action="append",
        choices=_BENCHMARKS,
        metavar="NAME",
        help=f"one of {', '.join(_BENCHMARKS)}; repeatable",
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; print the results, do not write them")
    return parser.parse_args()


def _measured(names: list[str], effort: Effort) -> list[Section]:
    """Return the sections of what could be measured, and say on stderr what could not."""
    environments, sections = Environments(), []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        try:
            sections.append(_BENCHMARKS[name](environments, effort))
        except (BuildFailed, MeasurementFailed) as error:
            print(f"{name} could not be measured: {error}", file=sys.stderr)
    return sections


if __name__ == "__main__":
    sys.exit(main())
