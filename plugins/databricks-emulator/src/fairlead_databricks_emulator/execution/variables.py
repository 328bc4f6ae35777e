"""The environment variables of a task: of its cluster, and those that it names."""

from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.runs.run import Run, TaskRun
from fairlead_databricks_emulator.runs.specs import EnvironmentVariablesSpec
from fairlead_databricks_emulator.runs.states import TerminationCode


def environment_variables(run: Run, task: TaskRun, files: WorkspaceFiles) -> dict[str, str]:
    """Return the variables for the process of a task; raise `Refusal` for names that are not there."""
    variables = dict(run.settings.cluster_of(task.spec).spark_env_vars)
    if key := task.spec.environment_variables_key:
        variables |= _named(run, key, files)
    return variables


def _named(run: Run, key: str, files: WorkspaceFiles) -> dict[str, str]:
    for entry in run.settings.environment_variables:
        if entry.environment_variables_key == key:
            return {**_of_files(entry.spec, files), **entry.spec.variables}
    message = f"environment_variables_key {key!r} is not among environment_variables[]"
    raise Refusal(TerminationCode.INVALID_RUN_CONFIGURATION, message)


def _of_files(spec: EnvironmentVariablesSpec, files: WorkspaceFiles) -> dict[str, str]:
    """Return the variables in `.env` files: lines of KEY=VALUE, and nothing else but comments."""
    variables = {}
    for name in spec.files:
        for line in files.read(name).decode().splitlines():
            if line.strip() and not line.startswith("#"):
                variable, _, value = line.partition("=")
                variables[variable] = value
    return variables
