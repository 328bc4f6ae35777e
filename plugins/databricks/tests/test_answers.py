"""What answers mean."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from fairlead import AuthenticationError, InvalidTask, Phase, QuotaExceeded, ResourceNotFound, TransientError
from fairlead_databricks.answers import LONGEST_RETRY_AFTER, error_of, is_expired_credential, retry_after
from fairlead_databricks_emulator import Status


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
        (answer(408), TransientError),
        (answer(409, "ABORTED", "x"), TransientError),
        (answer(409, "RESOURCE_CONFLICT", "x"), TransientError),
        (answer(425), TransientError),
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


@pytest.mark.parametrize("status", [408, 409, 425])
async def test_a_run_is_not_lost_by_a_passing_refusal(runner, emulator, context, python, status):
    """Accepted, and then answered as if it had come at a bad time, a submission is sent again with its token."""
    before = len(emulator.runs)
    body = {"error_code": "RESOURCE_CONFLICT", "message": "come back"}
    emulator.faults.add(Status(path="/runs/submit", when="after", status=status, body=body))
    assert (await runner.run(python("print('hello')\n"), {}, context())).phase is Phase.SUCCEEDED
    assert len(emulator.runs) == before + 1
    assert emulator.requests.count("/runs/submit") == 2


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        ("99999", LONGEST_RETRY_AFTER, LONGEST_RETRY_AFTER),
        ("-3", 0, 0),
        ("soon", 0, 0),
        ("nan", 0, 0),
    ],
)
def test_retry_after_in_seconds(value, low, high):
    """Seconds count, but not more than five minutes; garbage counts as none to wait."""
    assert low <= retry_after(answer(429, headers={"Retry-After": value})) <= high


def test_retry_after_as_a_date():
    """An HTTP date counts from now."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < retry_after(answer(429, headers={"Retry-After": date})) <= 60
    assert retry_after(answer(429)) is None


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_every_form_of_a_date(form, monkeypatch):
    """All three forms of an HTTP date are in UTC, wherever this machine is."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        date = (datetime.now(UTC) + timedelta(seconds=60)).strftime(form)
        assert 50 < retry_after(answer(429, headers={"Retry-After": date})) <= 60
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Fri, 31 Dec 9999 23:59:59 -0100", LONGEST_RETRY_AFTER),
        ("Sat, 01 Jan 0001 00:00:00 +0100", 0),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", 0),
    ],
)
def test_dates_beyond_the_calendar(date, seconds):
    """The last date waits as long as is ever waited; what is no date waits not at all."""
    assert retry_after(answer(429, headers={"Retry-After": date})) == seconds


def test_expired_credentials():
    """A 401 and the 403 of an expired token ask for a new one; another 403 does not."""
    assert is_expired_credential(answer(401))
    assert is_expired_credential(
        answer(403, "PERMISSION_DENIED", "Token is expiring within 30 seconds. (token expired)")
    )
    assert not is_expired_credential(answer(403, "PERMISSION_DENIED", "no access"))
    assert not is_expired_credential(answer(500))
