"""The connection that a task asks for: flyte 2 keeps it in the task's `custom`, and its backend resolves it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fairlead import AuthenticationError
from fairlead_flyte.plain import from_struct

if TYPE_CHECKING:
    from flyteidl2.core.tasks_pb2 import TaskTemplate


def secrets_of(template: TaskTemplate) -> dict[str, str]:
    """Return the secrets by name, from the environment variables that `custom.secrets` names; `AuthenticationError` if one is not set."""
    variables = from_struct(template.custom).get("secrets") or {}
    if missing := [variable for variable in variables.values() if variable not in os.environ]:
        message = f"secret not found: set the environment variable {', '.join(missing)}"
        raise AuthenticationError(message)
    return {name: os.environ[variable] for name, variable in variables.items()}


def configs_of(template: TaskTemplate) -> dict[str, str]:
    """Return the configuration values by name."""
    return {name: str(value) for name, value in (from_struct(template.custom).get("configs") or {}).items()}
