"""Connectors that were written for flyte 2, unmodified, as connectors of fairlead."""

import json
import os
import subprocess
import sys


def write_task(folder, **task):
    path = folder / "task.json"
    path.write_text(json.dumps(task))
    return path


def test_a_connector_runs(fairlead, tmp_path):
    """An unmodified connector gets native inputs, and what it returns arrives, its literals unchanged."""
    task = write_task(tmp_path, type="acme", custom={"state": "succeeded"})
    words = ["run", task, "--input", "x=[1, 2]", "--input", "y=a", "--json"]
    result = fairlead(*words, beside=["acme-flyte"])
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["log_links"] == [
        {"name": "Console", "uri": "https://acme.example/1", "link_type": "dashboard", "ready": True}
    ]
    assert document["custom_info"] == {"n": 1}
    assert document["outputs"]["table"]["uri"] == "bq://acme:set.table"
    seen = json.loads(document["outputs"]["seen"])
    assert seen == {"inputs": {"x": "[1, 2]", "y": "'a'"}, "connection": [], "type": "acme"}


def test_logs_by_pages_and_the_bytes_of_the_meta(fairlead, tmp_path):
    """A handle holds the bytes that flyte's own server would store, and leads to all pages of the log."""
    task = write_task(tmp_path, type="acme", custom={})
    handle = fairlead("run", task, "--detach", beside=["acme-flyte"]).stdout.strip()
    from fairlead import Handle

    assert set(json.loads(Handle.parse(handle).meta)) == {"job_id", "state"}
    assert fairlead("logs", handle, "--follow", beside=["acme-flyte"]).stdout == "one\ntwo\nthree\n"
    assert fairlead("cancel", handle, beside=["acme-flyte"]).returncode == 0


def test_a_broken_plugin_beside(fairlead, tmp_path):
    """A plugin that cannot be imported is named, with its version and what to do, and the others work."""
    result = fairlead("run", write_task(tmp_path, type="acme"), beside=["acme-broken", "acme-flyte"])
    assert result.returncode == 0, result.stderr
    json.loads(result.stdout)
    assert (
        "plugin `a_broken` (acme-broken 0.9) failed at stage import: SystemExit: this plugin is broken" in result.stderr
    )


CONNECTION = """
import asyncio, json
from fairlead import Context, Lifecycle, MetricsQuery, TaskTemplate

async def main():
    context = Context(secrets={"token": "s3cret", "inputs": "not the inputs"}, configs={"region": "eu"})
    lifecycle = Lifecycle()
    handle = await lifecycle.create(TaskTemplate(type="acme"), {}, context)
    resource = await lifecycle.get(handle, context)
    await lifecycle.delete(handle, context)
    (metric,) = await lifecycle.get_metrics(handle, MetricsQuery(queries=("load",)), context)
    print(json.dumps([json.loads(resource.outputs["seen"]), resource.message, metric.name, metric.data]))

asyncio.run(main())
"""


def test_the_connection(environment, tmp_path):
    """Secrets and configs are keyword arguments, as flyte gives them; one with the name of another argument is left out."""
    done = subprocess.run(
        [sys.executable, "-c", CONNECTION],
        env=environment("acme-flyte"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen, message, *metric = json.loads(done.stdout)
    assert seen == {"inputs": {}, "connection": ["region", "token"], "type": "acme"}
    assert message == "connected with ['inputs', 'region', 'token']"
    assert metric == ["load", {"value": 1}]


def test_it_costs_nothing_where_nobody_has_such_plugins(environment, tmp_path):
    """Without an entry point of flytekit or flyte, neither is imported, though flyte is installed."""
    source = "import sys; from fairlead import ConnectorRegistry; ConnectorRegistry().get_connector('echo'); print('flyte' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"False{os.linesep}"
