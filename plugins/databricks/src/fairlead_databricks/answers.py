"""What an answer of Databricks means for its caller.

Sources: https://docs.databricks.com/api/workspace/errors for the body and the codes; the texts of transient
errors are those that databricks-sdk retries.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from fairlead import (
    AuthenticationError,
    FairleadError,
    InvalidTask,
    QuotaExceeded,
    ResourceNotFound,
    TransientError,
)

LONGEST_RETRY_AFTER = 300.0

_TRANSIENT_TEXTS = (
    "clusternotreadyexception",
    "please try again later or try a faster operation",
    "rpc token bucket limit has been exceeded",
    "temporarily unavailable",
    "unexpected error",
    "unknownworkerenvironmentexception",
)
_TRANSIENT_CODES = {"ABORTED", "COULD_NOT_ACQUIRE_LOCK", "TEMPORARILY_UNAVAILABLE"}
_TRANSIENT_STATUSES = {408, 409, 425}  # timed out, in conflict with another request, too early
_QUOTA_CODES = {"QUOTA_EXCEEDED", "REQUEST_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
_LONGEST_TEXT = 500


def is_expired_credential(response: httpx.Response) -> bool:
    """Whether the credential must be renewed: 401, or the 403 that an expired token gets."""
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return True
    text = _message(response).lower()
    return response.status_code == httpx.codes.FORBIDDEN and ("token expired" in text or "token is expiring" in text)


def error_of(response: httpx.Response, what: str) -> FairleadError:
    """Return the error for an answer that is no success; `what` says what was asked for."""
    code, message = _code(response), _message(response)
    text = f"{what}: HTTP {response.status_code} {code}: {message}".replace(" : ", ": ")
    if _is_quota(response.status_code, code, message):
        return QuotaExceeded(text, retry_after=retry_after(response))
    if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return AuthenticationError(text)
    if _is_missing(response.status_code, code, message):
        return ResourceNotFound(text)
    if _is_transient(response.status_code, code, message):
        return TransientError(text)
    return InvalidTask(text)


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, given as seconds or as an HTTP date; capped at five minutes."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value)
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _until(date: str) -> float:
    """Return the seconds until an HTTP date; one that names no zone, as that of `asctime`, is in UTC (RFC 9110, 5.6.7)."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return 0.0
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _is_quota(status: int, code: str, message: str) -> bool:
    too_many = code == "INVALID_STATE" and "jobs created in past" in message
    return status == httpx.codes.TOO_MANY_REQUESTS or code in _QUOTA_CODES or too_many


def _is_missing(status: int, code: str, message: str) -> bool:
    named = code in {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"} and "does not exist" in message
    return status == httpx.codes.NOT_FOUND or code == "RESOURCE_DOES_NOT_EXIST" or named


def _is_transient(status: int, code: str, message: str) -> bool:
    by_text = any(text in message.lower() for text in _TRANSIENT_TEXTS)
    by_status = status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _TRANSIENT_STATUSES
    return by_status or code in _TRANSIENT_CODES or by_text


def _code(response: httpx.Response) -> str:
    code = _body(response).get("error_code")
    return code if isinstance(code, str) else ""


def _message(response: httpx.Response) -> str:
    body = _body(response)
    message = body.get("message") or body.get("detail") or body.get("error_description") or body.get("error")
    return str(message or response.text or response.reason_phrase)[:_LONGEST_TEXT]


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}
