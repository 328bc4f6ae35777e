"""Running one task and writing down how it went."""

import json
import sys
from pathlib import Path
from typing import Any

from .dbutils import DBUtils
from .notebook import run_notebook
from .notebook_utility import NotebookExit
from .script import run_script
from .sql import run_sql
from .traces import error_line, user_trace
from .wheel import run_wheel


def main(job_file: str) -> None:
    """Run the task that a JSON file describes, and write its result to the file that this names.

    The result has `succeeded`, `error`, `error_trace`, `notebook_result`, `values` (task values) and `statements`
    (what those of SQL have returned). Ends the process with code 1 if the task failed.
    """
    job: dict[str, Any] = json.loads(Path(job_file).read_text(encoding="utf-8"))
    result: dict[str, Any] = {"succeeded": True, "notebook_result": None, "values": {}, "statements": []}
    try:
        _run(job, result)
    except NotebookExit as ending:
        result["notebook_result"] = ending.value
    except SystemExit as ending:
        if ending.code not in {None, 0}:
            result.update(_failure(ending))
    except BaseException as error:
        result.update(_failure(error))
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")
    if not result["succeeded"]:
        sys.exit(1)


def _run(job: dict[str, Any], result: dict[str, Any]) -> None:
    """Run a task by its kind; what it leaves on its way is kept in `result`."""
    if job["kind"] == "notebook":
        run_notebook(job["path"], DBUtils(job, result["values"]), Path(job["files"]))
    elif job["kind"] == "script":
        run_script(job["path"], job["arguments"])
    elif job["kind"] == "sql":
        run_sql(job["text"], job["parameters"], job["database"], result["statements"])
    else:
        run_wheel(job["package"], job["entry_point"], job["arguments"])


def _failure(error: BaseException) -> dict[str, Any]:
    trace = user_trace(error)
    sys.stderr.write(trace)
    return {"succeeded": False, "error": error_line(error), "error_trace": trace}
