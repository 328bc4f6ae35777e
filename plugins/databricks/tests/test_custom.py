"""The settings of a task, with the inputs in their texts."""

import pytest

from fairlead import InvalidTask, Phase
from fairlead_databricks.custom import DatabricksCustom

SOURCE = "# Databricks notebook source\ndbutils.notebook.exit(dbutils.widgets.get('day'))\n"


async def test_inputs_beside_the_conf(runner, emulator, context, databricks, tmp_path):
    """The path and the parameters of a notebook and the Spark configuration may hold inputs, as `databricksConf` may."""
    (tmp_path / "report.py").write_text(SOURCE)
    task = databricks(
        {"new_cluster": {"spark_version": "15.4.x-scala2.12", "num_workers": 1}},
        outputs=("result",),
        notebookPath=f"{tmp_path}/{{{{inputs.book}}}}",
        notebookBaseParameters={"day": "{{inputs.day}}"},
        sparkConf={"spark.app.name": "of {{inputs.day}}"},
    )
    resource = await runner.run(task, {"book": "report", "day": "{{inputs.book}}"}, context())
    assert (resource.phase, resource.outputs) == (Phase.SUCCEEDED, {"result": "{{inputs.book}}"}), resource.message
    (request,) = emulator.requests.matching("/runs/submit")
    (sent,) = request.json()["tasks"]
    assert sent["new_cluster"]["spark_conf"] == {"spark.app.name": "of {{inputs.book}}"}


def test_inputs_do_not_choose_where_credentials_go():
    """The instance and the name of the secret stay as the task has them."""
    place = {"databricks_instance": "{{inputs.x}}.example.com", "databricks_token_secret": "{{inputs.x}}"}
    custom = DatabricksCustom(**place, spark_conf={"a": "{{inputs.x}}"}).filled({"x": "y"})
    assert custom == DatabricksCustom(**place, spark_conf={"a": "y"})


def test_an_unknown_input():
    """An input that is not there is refused with the path of the text that wants it."""
    custom = DatabricksCustom(notebook_base_parameters={"day": "{{inputs.day}}"})
    with pytest.raises(InvalidTask, match="`custom.notebookBaseParameters.day`: there is no input `day`"):
        custom.filled({})
