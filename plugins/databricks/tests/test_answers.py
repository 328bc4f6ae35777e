"""What answers mean."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from fairlead import AuthenticationError, InvalidTask, QuotaExceeded, ResourceNotFound, TransientError
from fairlead_databricks.answers import LONGEST_RETRY_AFTER, error_of, is_expired_credential, retry_after


def answer(status, code="", message="", headers=None):
    return httpx.Response(status, json={"error_code": code, "message": message}, headers=headers)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(400, "INVALID_PARAMETER_VALUE", "Run 1 does not exist."), ResourceNotFound),
        (answer(400, "RESOURCE_DOES_NOT_EXIST", "gone"), ResourceNotFound),
        (answer(404, "ENDPOINT_NOT_FOUND", "x"), ResourceNotFound),
        (answer(400, "INVALID_PARAMETER_VALUE", "num_workers is wrong"), InvalidTask),
        (answer(401, "", "bad"), AuthenticationError),
        (answer(403, "PERMISSION_DENIED", "no"), AuthenticationError),
        (answer(429, "RESOURCE_EXHAUSTED", "slow"), QuotaExceeded),
        (answer(400, "REQUEST_LIMIT_EXCEEDED", "slow"), QuotaExceeded),
        (answer(400, "INVALID_STATE", "There were already 1000 jobs created in past 3600 seconds"), QuotaExceeded),
        (answer(400, "COULD_NOT_ACQUIRE_LOCK", "x"), TransientError),
        (answer(409, "ABORTED", "x"), TransientError),
        (answer(400, "", "Please try again later or try a faster operation."), TransientError),
        (answer(500, "INTERNAL_ERROR", "x"), TransientError),
        (answer(503, "TEMPORARILY_UNAVAILABLE", "x"), TransientError),
        (httpx.Response(502, text="<html>bad gateway</html>"), TransientError),
        (httpx.Response(500), TransientError),
        (httpx.Response(400, text="not json"), InvalidTask),
        (httpx.Response(400, json=["odd"]), InvalidTask),
        (httpx.Response(400, json={"error_code": 400, "message": "an integer code counts as none"}), InvalidTask),
    ],
)
def test_errors(response, kind):
    """Every answer has one class, by what the caller can do; the message says what was asked for."""
    error = error_of(response, "GET jobs/runs/get")
    assert type(error) is kind
    assert str(error).startswith(f"GET jobs/runs/get: HTTP {response.status_code}")


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("7", 7, 7), ("0.5", 0.5, 0.5), ("99999", LONGEST_RETRY_AFTER, LONGEST_RETRY_AFTER), ("-3", 0, 0), ("soon", 0, 0)],
)
def test_retry_after_in_seconds(value, low, high):
    """Seconds count, but not more than five minutes; garbage counts as none to wait."""
    assert low <= retry_after(answer(429, headers={"Retry-After": value})) <= high


def test_retry_after_as_a_date():
    """An HTTP date counts from now."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < retry_after(answer(429, headers={"Retry-After": date})) <= 60
    assert retry_after(answer(429)) is None


def test_expired_credentials():
    """A 401 and the 403 of an expired token ask for a new one; another 403 does not."""
    assert is_expired_credential(answer(401))
    assert is_expired_credential(
        answer(403, "PERMISSION_DENIED", "Token is expiring within 30 seconds. (token expired)")
    )
    assert not is_expired_credential(answer(403, "PERMISSION_DENIED", "no access"))
    assert not is_expired_credential(answer(500))
