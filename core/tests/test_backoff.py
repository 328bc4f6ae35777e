"""Waiting times."""

from itertools import islice

import pytest

from fairlead import Backoff, QuotaExceeded, TransientError
from fairlead.backoff import wait_after


def test_grows_to_the_maximum():
    """Without jitter the times are exact."""
    delays = Backoff(initial=1, maximum=5, jitter=0).delays()
    assert list(islice(delays, 5)) == [1, 2, 4, 5, 5]


def test_jitter_only_shortens():
    """The random part never makes a wait longer than it would be."""
    delays = list(islice(Backoff(initial=1, maximum=1, jitter=0.5).delays(), 200))
    assert all(0.5 <= delay <= 1 for delay in delays)
    assert len(set(delays)) > 1


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (TransientError("x"), 2),
        (QuotaExceeded("x"), 2),
        (QuotaExceeded("x", retry_after=9), 9),
        (QuotaExceeded("x", retry_after=0.1), 2),
        (QuotaExceeded("x", retry_after="9"), 9),
        (QuotaExceeded("x", retry_after="Fri, 07 Nov 2025 08:00:00 GMT"), 2),
        (QuotaExceeded("x", retry_after=float("nan")), 2),
        (QuotaExceeded("x", retry_after=float("inf")), 2),
        (QuotaExceeded("x", retry_after=-9), 2),
    ],
)
def test_longer_where_asked(error, seconds):
    """`retry_after` can only make the wait longer, and counts only where it is a number of seconds."""
    assert wait_after(error, 2) == seconds
