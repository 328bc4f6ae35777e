"""How long an operation may take, from how long its caller waits."""

import pytest

from fairlead_flyte.call import Call, Method


class Waiting:
    """A client that waits so long, as gRPC's context tells of it."""

    def __init__(self, seconds):
        self.seconds = seconds

    def time_remaining(self):
        return self.seconds


def call(time_remaining):
    return Call(Method("/GetTask", None, is_flyte1=True), Waiting(time_remaining))


def seconds(time_remaining):
    return call(time_remaining).deadline.remaining


@pytest.mark.parametrize(("waits", "given"), [(10.0, 9.5), (60.0, 59.5), (1.0, 0.9), (0.1, 0.09)])
def test_the_answer_arrives_in_time(waits, given):
    """The answer has to be ready half a second before the client gives up, or a tenth of a short time."""
    assert 0 < seconds(waits) <= given


def test_a_client_that_waits_for_ever():
    """Without a deadline of the client's, an operation has a minute."""
    assert 50 < seconds(None) <= 60


def test_a_reader_that_waits_for_ever():
    """Without a deadline of the client's, each page of a stream has a minute of its own."""
    deadline = call(None).page_deadline
    assert [deadline.remaining for _ in "123"] == [60.0, 60.0, 60.0]
    assert 0 < call(10.0).page_deadline.remaining <= 9.5


def test_a_client_that_waits_no_longer():
    """There is no time for a client whose deadline is over."""
    assert seconds(-1.0) == 0
