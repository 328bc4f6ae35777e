"""How a task that did not succeed is told, as flytekit's exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytekit.exceptions.system import FlyteConnectorNotFound
from flytekit.exceptions.user import FlyteTimeout, FlyteUserException

from fairlead import ConnectorNotFound, DeadlineExceeded

if TYPE_CHECKING:
    from fairlead import FairleadError, Resource


def failed(name: str, resource: Resource) -> FlyteUserException:
    """Return the exception for a job that ended without success: its message, and the links to it."""
    lines = [f"Failed to run the task {name} with error: {resource.message or resource.phase.name}"]
    lines += [f"{link.name}: {link.uri}" for link in resource.log_links]
    return FlyteUserException("\n".join(lines))


def raised(name: str, error: FairleadError) -> Exception:
    """Return the exception for a task that could not be run to its end."""
    message = f"Failed to run the task {name} with error: {error}"
    if isinstance(error, ConnectorNotFound):
        return FlyteConnectorNotFound(message)  # type: ignore[no-any-return]
    if isinstance(error, DeadlineExceeded):
        return FlyteTimeout(message)  # type: ignore[no-any-return]
    return FlyteUserException(message)  # type: ignore[no-any-return]
