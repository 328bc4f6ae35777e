"""What is read of answers."""

import msgspec

from fairlead_databricks.model import Run, RunTask


def test_null_is_absent():
    """Whatever field is null reads as if it were not there."""
    for shape in (Run, RunTask):
        fields = dict.fromkeys(shape.__struct_fields__)
        assert msgspec.json.decode(msgspec.json.encode(fields), type=shape) == shape()
    run = msgspec.json.decode(b'{"tasks": [{"task_key": null, "run_id": 1}], "repair_history": null}', type=Run)
    assert [(task.task_key, task.run_id) for task in run.latest_tasks()] == [("", 1)]
    assert run.repair_history == []
