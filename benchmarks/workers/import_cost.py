"""Print what the import of a module costs: milliseconds, and megabytes of resident memory."""

import importlib
import json
import re
import sys
import time
from pathlib import Path


def peak() -> float:
    """Return the highest resident size of this program in megabytes; `getrusage` would also count its parent's."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


before = peak()
started = time.perf_counter()
importlib.import_module(sys.argv[1])
milliseconds = (time.perf_counter() - started) * 1000
print(json.dumps({"milliseconds": milliseconds, "megabytes": peak() - before}))
