"""Print what the import of a module costs: milliseconds, and megabytes of resident memory."""

import importlib
import json
import resource
import sys
import time

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
importlib.import_module(sys.argv[1])
milliseconds = (time.perf_counter() - started) * 1000
megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"milliseconds": milliseconds, "megabytes": megabytes}))
