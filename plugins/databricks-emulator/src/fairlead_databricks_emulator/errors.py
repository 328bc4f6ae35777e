"""The errors that the API answers, in the shape of the service."""

from typing import Any


class ApiError(Exception):
    """An error answer: HTTP status, `error_code`, `message`, and where an API has it, a `reason` among its details."""

    def __init__(self, status: int, code: str, message: str, *, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.reason = reason

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer."""
        body = error_body(self.code, self.message)
        if self.reason:
            body["details"].append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": self.reason})
        return body


def error_body(code: str, message: str) -> dict[str, Any]:
    """Return the JSON of an error answer."""
    request = {"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "emulated", "serving_data": ""}
    return {"error_code": code, "message": message, "details": [request]}


def invalid_parameter(message: str) -> ApiError:
    """Return the error for a value that cannot be."""
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def not_found(message: str) -> ApiError:
    """Return the error for a path that is not there."""
    return ApiError(404, "RESOURCE_DOES_NOT_EXIST", message)
