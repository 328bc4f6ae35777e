"""Resource metas and phases."""

import json

import msgspec
import pytest

from fairlead import Phase, ResourceMeta


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
    """What is no meta of this class is refused."""
    with pytest.raises(msgspec.DecodeError):
        Run.decode(data)


def test_meta_is_frozen():
    """A meta cannot be changed, so that what was printed stays true."""
    with pytest.raises(AttributeError):
        Run("12").run_id = "13"


@pytest.mark.parametrize("first", ["parent", "child"])
def test_decoders_are_kept_apart(first):
    """Each class decodes as itself, also one that inherits, whichever was used first."""

    class Parent(ResourceMeta):
        run_id: str

    def use_parent():
        assert type(Parent.decode(b'{"run_id": "1", "kind": "x"}')) is Parent

    if first == "parent":
        use_parent()

    class Child(Parent):
        kind: str = "child"

    assert type(Child.decode(b'{"run_id": "1"}')) is Child
    use_parent()
    assert type(Child.decode(b'{"run_id": "1"}')) is Child
    assert Child("1").decode(b'{"run_id": "2"}') == Child("2")


def test_an_authors_own_encoding():
    """A class may encode in its own way; its subclasses inherit that."""

    class Raw(ResourceMeta):
        data: bytes

        def encode(self):
            return self.data

        @classmethod
        def decode(cls, data):
            return cls(data)

    class Special(Raw):
        pass

    class Static(ResourceMeta):
        @staticmethod
        def decode(data):
            return Raw(data)

    class MoreStatic(Static):
        pass

    assert Static.decode(b"x") == MoreStatic.decode(b"x") == Raw(b"x")
    assert Raw.decode(b"\xff") == Raw(b"\xff")
    assert Special.decode(b"\xff") == Special(b"\xff")
    assert Special(b"x").encode() == b"x"


def test_types_may_be_defined_after_the_meta():
    """The types of fields are looked up when they are needed."""
    assert Earlier.decode(b'{"nested": {"nested": 1}}').nested.nested == 1


class Earlier(ResourceMeta):
    nested: "Later"


class Later(msgspec.Struct):
    nested: int


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
