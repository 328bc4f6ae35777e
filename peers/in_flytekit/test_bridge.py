"""Plugins of flytekit, installed beside fairlead."""

import json
import subprocess
import sys


def write_task(folder, **task):
    path = folder / "task.json"
    path.write_text(json.dumps(task))
    return path


def outputs(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_an_async_connector_runs(fairlead, tmp_path):
    """An unmodified connector gets flytekit's own models, and what it returns arrives, its literals unchanged."""
    task = write_task(tmp_path, type="acme", custom={"key": 1, "state": "succeeded"})
    document = outputs(
        fairlead("run", task, "--input", "x=[1, 2]", "--input", "y=a", "--json", beside=["acme-flytekit"])
    )
    assert document["message"] == "a message"
    assert [link["uri"] for link in document["log_links"]] == ["https://acme.example/1"]
    assert document["custom_info"] == {"n": 1}
    assert document["outputs"]["table"]["uri"] == "bq://acme:set.table"
    assert json.loads(document["outputs"]["seen"]) == {
        "inputs": {"x": "[1, 2]", "y": "'a'"},
        "custom": {"key": 1, "state": "succeeded"},
        "type": "acme",
        "prefix": False,
        "attempt": 0,
    }


def test_a_task_type_of_fairlead_stays_with_fairlead(fairlead):
    """Where fairlead has a connector for a task type, it keeps it, unless it is disabled."""
    info = json.loads(fairlead("info", "databricks", "--json", beside=["acme-flytekit"]).stdout)
    assert info["package"] == "fairlead-databricks"
    without = {"FAIRLEAD_DISABLE_PLUGINS": "fairlead-databricks"}
    info = json.loads(fairlead("info", "databricks", "--json", beside=["acme-flytekit"], **without).stdout)
    assert info["class"] == "acme_flytekit:Databricks"


def test_a_broken_plugin_beside(fairlead):
    """A plugin that ends flytekit's own server is named, with its version and what to do, and the others work."""
    beside = ["acme-broken", "acme-flytekit"]
    words = ["run", "acme_sync", "--input", "a=1"]
    result = fairlead(*words, beside=beside)
    assert outputs(result) == {"names": ["a"]}
    assert (
        "plugin `a_broken` (acme-broken 0.9) failed at stage import: SystemExit: this plugin is broken" in result.stderr
    )
    assert "FAIRLEAD_DISABLE_PLUGINS=acme-broken" in result.stderr
    quiet = fairlead(*words, beside=beside, FAIRLEAD_DISABLE_PLUGINS="acme-broken")
    assert (quiet.stdout, "broken" in quiet.stderr) == (result.stdout, False)
    assert fairlead(*words, beside=beside, FAIRLEAD_STRICT="1").returncode == 3


PROBE = """
import sys
from fairlead import ConnectorRegistry
ConnectorRegistry().get_connector("echo")
print(sorted({"flytekit", "flyte", "flyteidl"} & set(sys.modules)))
"""


def test_it_costs_nothing_where_nobody_has_such_plugins(environment, tmp_path):
    """Without an entry point of flytekit or flyte, neither is imported, though flytekit is installed."""
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
