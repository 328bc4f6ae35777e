"""The classic clusters of tasks: no more than an id, and what follows from how they are asked for."""

import re

from fairlead_databricks_emulator.runs.run import ClusterInstance, Run, TaskRun, new_id

_VERSION = re.compile(r"\d+\.\d+|\d+\.x")


def cluster_instance(run: Run, task: TaskRun) -> ClusterInstance | None:
    """Return the cluster that a task runs on, None for serverless compute.

    It is fresh for each attempt, except that the tasks of a run share the clusters that they name.
    """
    if not task.spec.is_classic:
        return None
    if task.spec.job_cluster_key and not task.spec.new_cluster:
        return run.clusters.setdefault(task.spec.job_cluster_key, _fresh())
    return _fresh(task.spec.existing_cluster_id)


def runtime_variables(run: Run, task: TaskRun) -> dict[str, str]:
    """Return the variables that tell a process which Databricks Runtime it runs in, as far as one is asked for."""
    found = _VERSION.match(run.settings.cluster_of(task.spec).spark_version)
    return {"DATABRICKS_RUNTIME_VERSION": found.group()} if found else {}


def _fresh(cluster_id: str = "") -> ClusterInstance:
    invented = f"{new_id() % 10000:04}-{new_id() % 10**6:06}-emulated"
    return ClusterInstance(cluster_id or invented, str(new_id()))
