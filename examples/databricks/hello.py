"""A Python file that runs as a Databricks task."""

import json
import sys

name, times = sys.argv[1], int(sys.argv[2])
for number in range(times):
    print(f"{number + 1}: hello {name}")
print(json.dumps({"greeted": name}))
