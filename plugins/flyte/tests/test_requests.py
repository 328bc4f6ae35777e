"""What Flyte's requests say, read from their bytes."""

import pytest
from flyteidl2.connector.connector_pb2 import GetTaskRequest
from google.protobuf.message import DecodeError

from fairlead import TaskCategory
from fairlead_flyte.call import Call, Method
from fairlead_flyte.requests import read_poll

META = b'{"job_id":"1"}'


def poll(*, is_flyte1=False, **fields):
    request = GetTaskRequest(task_category={"name": "jobs", "version": 2}, **{"resource_meta": META} | fields)
    call = Call(Method("/GetTask", None, is_flyte1=is_flyte1), None)
    return read_poll(request.SerializeToString(), call), call


@pytest.mark.parametrize("is_flyte1", [True, False])
def test_a_poll(is_flyte1):
    """A poll names its job, and the call knows what it is about; so does the next one, for which nothing is read."""
    (first, _), (second, call) = (poll(output_prefix="s3://out", is_flyte1=is_flyte1) for _ in range(2))
    assert first is second
    assert first.job == (TaskCategory("jobs", 2), META, b"")
    assert first.output_prefix == "s3://out"
    assert call.category == TaskCategory("jobs", 2)


@pytest.mark.parametrize(
    "other",
    [
        {"resource_meta": b'{"job_id":"2"}'},
        {"output_prefix": "s3://out"},
        {"connection": {"secrets": {"token": "one"}}},
        {"connection": {"secrets": {"token": "two"}}},
    ],
)
def test_polls_that_differ(other):
    """Polls that differ in anything are not taken for each other."""
    assert poll()[0] != poll(**other)[0]


def test_no_secret_is_shown():
    """A connection holds secrets, and a meta may."""
    connection = {"secrets": {"token": "hunter2"}}
    assert repr(poll(resource_meta=b"s3cret", connection=connection)[0]) == "Poll(category=jobs.v2)"


def test_what_is_no_poll():
    """Bytes that are no message are protobuf's error each time."""
    for _ in range(2):
        with pytest.raises(DecodeError):
            read_poll(b"\xff", Call(Method("/GetTask", None, is_flyte1=True), None))
