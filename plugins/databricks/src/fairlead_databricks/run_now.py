"""The parameters with which a run of an existing job is started, and what is wrong with them before they are sent.

Source of the limits: https://docs.databricks.com/api/workspace/jobs/runnow
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead import InvalidTask
from fairlead_databricks.custom import DatabricksJobCustom
from fairlead_databricks.placeholders import filled

_LEGACY = (
    "notebook_params",
    "python_params",
    "python_named_params",
    "jar_params",
    "spark_submit_params",
    "sql_params",
    "dbt_commands",
)
_FIELDS = ("job_parameters", "only", *_LEGACY, "pipeline_params", "performance_target", "queue")
_NOT_REPEATED = {"only", "queue"}
_ASCII = ("python_params", "spark_submit_params")
_MOST_BYTES = 10_000


def run_parameters(custom: DatabricksJobCustom, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a run by the names of `run-now`, with the inputs in their texts.

    Raises `InvalidTask`, with the path of the fault, for what Databricks would refuse.
    """
    given = {field: getattr(custom, field) for field in _FIELDS if getattr(custom, field)}
    names = dict(zip(custom.__struct_fields__, custom.__struct_encode_fields__, strict=True))
    parameters = {field: filled(value, inputs, f"custom.{names[field]}") for field, value in given.items()}
    _check(parameters, names)
    return parameters


def repeated(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return those that a repair of the run must be given again, because it does not inherit them."""
    return {field: value for field, value in parameters.items() if field not in _NOT_REPEATED}


def _check(parameters: dict[str, Any], names: Mapping[str, str]) -> None:
    for field in _LEGACY:
        if (size := len(msgspec.json.encode(parameters.get(field)))) > _MOST_BYTES:
            _refuse(names[field], f"{size} bytes as JSON; Databricks takes at most {_MOST_BYTES}")
    for field in _ASCII:
        for index, text in enumerate(parameters.get(field, ())):
            if not text.isascii():
                _refuse(f"{names[field]}[{index}]", "Databricks takes only ASCII characters here")
    if "jar_params" in parameters and "notebook_params" in parameters:
        _refuse(names["jar_params"], f"Databricks takes no {names['jar_params']} beside {names['notebook_params']}")


def _refuse(path: str, what: str) -> None:
    message = f"`custom.{path}`: {what}"
    raise InvalidTask(message)
