"""Results that are kept."""

from fairlead_flyte.remembering import remembered


def counting():
    """Return a function that is remembered, and the list of what it was called with."""
    calls = []

    @remembered
    def read(serialized):
        """Say how long it is."""
        calls.append(serialized)
        return len(serialized)

    return read, calls


def test_a_result_is_kept():
    """The same bytes are read once."""
    read, calls = counting()
    assert [read(b"ab"), read(b"ab"), read(b"abc")] == [2, 2, 3]
    assert calls == [b"ab", b"abc"]


def test_long_bytes_do_not_fill_the_memory():
    """What is long is read each time."""
    read, calls = counting()
    long = bytes(16 * 1024 + 1)
    assert [read(long), read(long)] == [len(long)] * 2
    assert len(calls) == 2


def test_it_is_the_function_still():
    """Its name and its description stay."""
    read, _ = counting()
    assert (read.__name__, read.__doc__) == ("read", "Say how long it is.")
