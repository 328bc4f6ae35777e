"""How a task that did not succeed is told, as flyte's errors: those that are not recoverable are not retried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyte.errors import MaxRuntimeExceededError, NonRecoverableError, RuntimeUserError

from fairlead import DeadlineExceeded, Phase, QuotaExceeded, TransientError

if TYPE_CHECKING:
    from fairlead import FairleadError, Resource


def failed(name: str, resource: Resource) -> RuntimeUserError:
    """Return the error for a job that ended without success: its message, and the links to it."""
    lines = [f"Failed to run the task {name} with error: {resource.message or resource.phase.name}"]
    lines += [f"{link.name}: {link.uri}" for link in resource.log_links]
    code = resource.error.code if resource.error else resource.phase.name
    if resource.phase is Phase.RETRYABLE_FAILED:
        return RuntimeUserError(code, "\n".join(lines))
    return NonRecoverableError("\n".join(lines), code)


def raised(name: str, error: FairleadError) -> RuntimeUserError:
    """Return the error for a task that could not be run to its end."""
    message = f"Failed to run the task {name} with error: {error}"
    if isinstance(error, DeadlineExceeded):
        return MaxRuntimeExceededError(message)
    if isinstance(error, QuotaExceeded | TransientError):
        return RuntimeUserError(type(error).__name__, message)
    return NonRecoverableError(message, type(error).__name__)
