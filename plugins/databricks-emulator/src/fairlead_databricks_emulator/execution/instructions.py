"""What the task driver is told: the settings of a task, with its code found and its references replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairlead_databricks_emulator.execution.references import References
from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.execution.sources import Sources
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.queries import QueryStore
from fairlead_databricks_emulator.runs.run import Run, TaskRun
from fairlead_databricks_emulator.runs.specs import NotebookTask, PythonWheelTask, SparkPythonTask, SqlTask
from fairlead_databricks_emulator.runs.states import TerminationCode


class Instructions:
    """Writes down what a process of the task driver is to do; `data` is the folder of all that the emulator keeps."""

    def __init__(self, data: Path, files: WorkspaceFiles, queries: QueryStore, secrets: Path) -> None:
        self._data = data
        self._files = files
        self._sources = Sources(data / "git", files)
        self._queries = queries
        self._secrets = secrets

    def of(self, run: Run, task: TaskRun) -> dict[str, Any]:
        """Return the instructions for a task; raise `Refusal` where it cannot be run."""
        references = References(run, task)
        return {
            "widgets": {},
            "task_values": run.task_values,
            "files": str(self._files.directory),
            "secrets": str(self._secrets),
            **self._by_kind(run, task, references),
        }

    def _by_kind(self, run: Run, task: TaskRun, references: References) -> dict[str, Any]:
        if script := task.spec.spark_python_task:
            return self._script(run, script, references)
        if notebook := task.spec.notebook_task:
            return self._notebook(run, notebook, references)
        if wheel := task.spec.python_wheel_task:
            return _wheel(wheel, references)
        if sql := task.spec.sql_task:
            return self._sql(run, sql, references)
        kind = next((name for name in task.spec.raw if name.endswith("_task")), "task")
        raise Refusal(TerminationCode.FEATURE_DISABLED, f"The emulator does not run a {kind}")

    def _script(self, run: Run, script: SparkPythonTask, references: References) -> dict[str, Any]:
        path = self._sources.locate(run, references.resolve(script.python_file), script.source)
        return {"kind": "script", "path": str(path), "arguments": references.resolve(script.parameters)}

    def _notebook(self, run: Run, notebook: NotebookTask, references: References) -> dict[str, Any]:
        path = self._sources.locate(run, references.resolve(notebook.notebook_path), notebook.source)
        widgets = {**run.parameters, **references.resolve(notebook.base_parameters)}
        return {"kind": "notebook", "path": str(path), "widgets": _texts(widgets)}

    def _sql(self, run: Run, sql: SqlTask, references: References) -> dict[str, Any]:
        """Return the instructions for a query or file of SQL; its text is kept for the output too."""
        given = {**run.parameters, **references.resolve(sql.parameters)}
        if sql.query:
            query = self._queries.get(references.resolve(sql.query.query_id))
            text, given = query.settings.query_text, {**query.defaults, **given}
        elif sql.file:
            path = self._sources.locate(run, references.resolve(sql.file.path), sql.file.source)
            text = path.read_text(encoding="utf-8")
        else:
            message = "The emulator runs a sql_task with a query or a file, no dashboard and no alert"
            raise Refusal(TerminationCode.FEATURE_DISABLED, message)
        database = str(self._data / "warehouse.duckdb")
        return {"kind": "sql", "text": text, "parameters": _texts(given), "database": database}


def _wheel(wheel: PythonWheelTask, references: References) -> dict[str, Any]:
    named = [f"--{name}={value}" for name, value in wheel.named_parameters.items()]
    return {
        "kind": "wheel",
        "package": wheel.package_name,
        "entry_point": wheel.entry_point,
        "arguments": references.resolve([*wheel.parameters, *named]),
    }


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else str(value) for name, value in values.items()}
