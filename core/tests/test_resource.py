"""Resource metas and phases."""

import json

import pytest

from fairlead import InvalidHandle, Phase, ResourceMeta


class Run(ResourceMeta):
    run_id: str
    instance: str = "example.com"


def test_meta_is_json():
    """The bytes are a JSON object, as flytekit's connectors write it."""
    assert json.loads(Run("12").encode()) == {"run_id": "12", "instance": "example.com"}
    assert Run.decode(b'{"run_id": "12"}') == Run("12")


def test_unknown_fields_are_ignored():
    """A meta of a newer version, or of another implementation, still decodes."""
    assert Run.decode(b'{"run_id": "12", "auth_token": "x", "attempt": 3}') == Run("12")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"run_id": 12}', b"\xff\xfe", b"null"])
def test_garbage_is_refused(data):
    """What is no meta of this class is refused by its name."""
    with pytest.raises(InvalidHandle, match="not a resource meta of Run"):
        Run.decode(data)


def test_meta_is_frozen():
    """A meta cannot be changed, so that what was printed stays true."""
    with pytest.raises(AttributeError):
        Run("12").run_id = "13"


def test_decoders_are_kept_apart():
    """Each class has its own decoder, also one that inherits."""

    class Special(Run):
        kind: str = "special"

    assert type(Run.decode(Special("1").encode())) is Run
    assert type(Special.decode(Run("1").encode())) is Special


def test_phases_are_flytes():
    """Names and numbers are those of `core.TaskExecution.Phase`."""
    assert [(phase.name, phase.value) for phase in Phase] == [
        ("UNDEFINED", 0),
        ("QUEUED", 1),
        ("RUNNING", 2),
        ("SUCCEEDED", 3),
        ("ABORTED", 4),
        ("FAILED", 5),
        ("INITIALIZING", 6),
        ("WAITING_FOR_RESOURCES", 7),
        ("RETRYABLE_FAILED", 8),
    ]


def test_terminal_phases():
    """RETRYABLE_FAILED is an end too."""
    ends = {phase for phase in Phase if phase.is_terminal}
    assert ends == {Phase.SUCCEEDED, Phase.ABORTED, Phase.FAILED, Phase.RETRYABLE_FAILED}
