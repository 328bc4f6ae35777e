"""Inputs in the texts of a request: `{{inputs.NAME}}`."""

import json
import re
from typing import Any

from fairlead import InvalidTask

_PLACEHOLDER = re.compile(r"\{\{\s*inputs\.(?P<name>[^\s}]+)\s*\}\}")


def filled(value: Any, inputs: dict[str, Any], where: str) -> Any:
    """Return a value with the placeholders in all its texts replaced; raise `InvalidTask` for an unknown input.

    Texts stay as they are, other inputs are written as JSON. Databricks' own references (`{{job.…}}`,
    `{{tasks.…}}`) are left to Databricks.
    """
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: _text(match["name"], inputs, where), value)
    if isinstance(value, dict):
        return {key: filled(item, inputs, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, inputs, f"{where}[{index}]") for index, item in enumerate(value)]
    return value


def _text(name: str, inputs: dict[str, Any], where: str) -> str:
    if name not in inputs:
        message = f"`{where}`: there is no input `{name}`; there are: {', '.join(inputs) or 'none'}"
        raise InvalidTask(message)
    value = inputs[name]
    return value if isinstance(value, str) else json.dumps(value, default=str)
