"""Pages about a run: the run, its tasks, and where there is classic compute, driver logs and the Spark UI."""

from __future__ import annotations

import re

from fairlead import LinkType, LogLink
from fairlead_databricks.instances import base_url
from fairlead_databricks.model import ClusterInstance, Run

_LEGACY_PAGE = re.compile(r"(?P<host>https?://[^/]+)/(?:\?o=(?P<workspace>\d+))?#job/(?P<job>\d+)/run/(?P<run>\d+)")
_MOST_TASKS = 20


def run_page(run: Run, instance: str) -> str:
    """Return the page of a run in its modern form, to which the one that the API gives redirects."""
    return _modern(run.run_page_url) or f"{base_url(instance)}/jobs/{run.job_id or 0}/runs/{run.run_id}"


def links(run: Run, instance: str) -> tuple[LogLink, ...]:
    """Return the links of a run: at most those of its first twenty tasks."""
    found = [LogLink("Databricks Run", run_page(run, instance), LinkType.DASHBOARD)]
    tasks = run.latest_tasks()
    for task in tasks[:_MOST_TASKS]:
        page = _modern(task.run_page_url)
        if page and len(tasks) > 1:
            found.append(LogLink(f"Task {task.task_key}", page))
        found += _compute_links(task.cluster_instance, instance, f" of {task.task_key}" if len(tasks) > 1 else "")
    if not tasks:
        found += _compute_links(run.cluster_instance, instance, "")
    return tuple(dict.fromkeys(found))


def _compute_links(compute: ClusterInstance | None, instance: str, whose: str) -> list[LogLink]:
    if compute is None or not compute.cluster_id:
        return []
    page = f"{base_url(instance)}/#setting/sparkui/{compute.cluster_id}"
    found = [LogLink(f"Driver Logs{whose}", f"{page}/driver-logs")]
    if compute.spark_context_id:
        found.append(LogLink(f"Spark UI{whose}", f"{page}/{compute.spark_context_id}"))
    return found


def _modern(page: str | None) -> str:
    match = _LEGACY_PAGE.fullmatch(page or "")
    if match is None:
        return page or ""
    workspace = f"?o={match['workspace']}" if match["workspace"] else ""
    return f"{match['host']}/jobs/{match['job']}/runs/{match['run']}{workspace}"
