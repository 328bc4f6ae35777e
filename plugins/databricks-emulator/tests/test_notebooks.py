"""Notebooks: cells, magics, widgets, exit."""

import json


def test_cells_share_names_and_exit(client):
    """Cells run one after the other in one namespace, and `exit` ends the notebook with a result."""
    run = client.run(
        client.notebook("""
# MAGIC %md
# MAGIC A title
# COMMAND ----------
x = 20
print("never shown")
# COMMAND ----------
dbutils.widgets.text("y", "1")
dbutils.widgets.text("z", "5")
dbutils.notebook.exit(x + int(dbutils.widgets.get("y")))
# COMMAND ----------
raise AssertionError("not reached")
""", parameters={"y": "22"})
    )  # fmt: skip
    assert run["state"]["result_state"] == "SUCCESS"
    output = client.output(run)
    assert output["notebook_output"] == {"result": "42", "truncated": False}
    assert "logs" not in output


def test_without_exit(client):
    """A notebook that does not exit has no result."""
    assert client.output(client.run(client.notebook("x = 1")))["notebook_output"] == {}


def test_widgets(client):
    """Given values win over defaults, and all are there together; an undefined one is an error."""
    code = "dbutils.widgets.text('a', '1')\ndbutils.widgets.dropdown('b', '2', ['2'])\n"
    exiting = client.notebook(code + "import json; dbutils.notebook.exit(json.dumps(dbutils.widgets.getAll()))")
    exiting["notebook_task"]["base_parameters"] = {"b": "3", "c": 4}
    result = client.output(client.run(exiting))["notebook_output"]["result"]
    assert json.loads(result) == {"a": "1", "b": "3", "c": "4"}
    missing = client.run(client.notebook("dbutils.widgets.get('none')", key="missing"))
    assert client.output(missing, "missing")["error"].endswith(
        "InputWidgetNotDefined: No input widget named none is defined"
    )


def test_error_shows_the_line(client):
    """The traceback of a cell shows its line."""
    output = client.output(client.run(client.notebook("x = 0\n# COMMAND ----------\ny = 1 / x")))
    assert output["error"] == "ZeroDivisionError: division by zero"
    assert "y = 1 / x" in output["error_trace"]
    assert "#cell-2" in output["error_trace"]


def test_ipynb(client, tmp_path):
    """A Jupyter notebook runs its code cells."""
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["x = 6\n", "y = 7"]},
        {"cell_type": "code", "source": "dbutils.notebook.exit(str(x * y))"},
    ]
    (tmp_path / "book.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    task = {"task_key": "main", "notebook_task": {"notebook_path": str(tmp_path / "book")}}
    assert client.output(client.run(task))["notebook_output"]["result"] == "42"


def test_run_and_sh(client, tmp_path):
    """`%run` shares the names of another notebook, `%sh` runs a shell."""
    client.script("# Databricks notebook source\nshared = 'yes'\n", name="lib.py")
    code = f"# MAGIC %run ./lib\n# COMMAND ----------\n# MAGIC %sh\n# MAGIC echo made > {tmp_path}/made\n"
    run = client.run(client.notebook(code + "# COMMAND ----------\ndbutils.notebook.exit(shared)"))
    assert client.output(run)["notebook_output"]["result"] == "yes"
    assert (tmp_path / "made").read_text() == "made\n"


def test_unsupported_magic(client):
    """A cell in another language fails and says so."""
    run = client.run(client.notebook("# MAGIC %scala\n# MAGIC val x = 1"))
    assert "does not run %scala cells" in client.output(run)["error"]


def test_job_parameters_reach_widgets(client):
    """The parameters of a job are widgets of its notebooks; those of `run-now` win."""
    notebook = client.notebook("dbutils.notebook.exit(dbutils.widgets.get('day') + dbutils.widgets.get('n'))")
    job_id = client.job(notebook, parameters=[{"name": "day", "default": "Monday"}, {"name": "n", "default": "1"}])
    run_id = client.post("run-now", job_id=job_id, job_parameters={"day": "Friday"}).json()["run_id"]
    assert client.output(client.wait(run_id))["notebook_output"]["result"] == "Friday1"


def test_spark_without_pyspark(client):
    """A notebook that uses spark where there is none is told what to install."""
    run = client.run(client.notebook("import sys\nsys.modules['pyspark.sql'] = None\nspark.range(1)"))
    assert "fairlead-databricks-emulator[spark]" in client.output(run)["error"]
