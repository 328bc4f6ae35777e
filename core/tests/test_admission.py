"""What a class lacks to be a connector."""

import msgspec
import pytest
from in_memory import Jobs, Upper

from fairlead import PluginError, ResourceMeta, TaskCategory
from fairlead.admission import check_connector


class Unresolvable(msgspec.Struct):
    at: "datetime"  # noqa: F821


class One(msgspec.Struct):
    one: int


class Two(msgspec.Struct):
    two: int


class Untagged(msgspec.Struct):
    either: One | Two


class UnresolvableMeta(ResourceMeta):
    at: "datetime"  # noqa: F821


class OwnMeta(UnresolvableMeta):
    @classmethod
    def decode(cls, data):
        return cls(data)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"custom_type": dict}, "has a `custom_type` that is not a msgspec.Struct"),
        (
            {"custom_type": Unresolvable},
            "`custom_type` that cannot be decoded: `Unresolvable` has an annotation .*'datetime'",
        ),
        ({"custom_type": Unresolvable}, "Import it at run time, not under `if TYPE_CHECKING:`"),
        (
            {"custom_type": Untagged},
            "`custom_type` that cannot be decoded: `Untagged` raised TypeError: .*must be tagged",
        ),
        ({"task_type": "ver.v4"}, '`ver.v4`: write `task_type = "ver"` and `task_type_version = 4`'),
        ({"task_type": "ver.v0"}, '`ver.v0`: write `task_type = "ver"` and `task_type_version = 0`'),
        ({"task_type": "a job"}, "has the wrong `task_type`: 'a job' is not a task type"),
        ({"task_type_version": "3"}, "has the `task_type_version` '3'; it must be an int that is at least 0"),
        ({"task_type_version": -1}, "has the `task_type_version` -1"),
        ({"task_type_version": True}, "has the `task_type_version` True"),
        ({"secrets": "FARM_TOKEN"}, r'`secrets` that are one text: write `secrets = \("FARM_TOKEN",\)`'),
        ({"secrets": 5}, "has the `secrets` 5; they must be a tuple of names"),
        ({"secrets": (b"TOKEN",)}, "they must be a tuple of names"),
        ({"max_threads": 0}, "has the `max_threads` 0; it must be an int that is at least 1"),
        ({"max_threads": "8"}, "has the `max_threads` '8'"),
    ],
)
def test_a_wrong_declaration(attributes, message):
    """A class attribute that could not be used is refused when the plugin is loaded, and named."""
    with pytest.raises(PluginError, match=message) as caught:
        check_connector(type("Wrong", (Upper,), attributes))
    assert str(caught.value).startswith("Wrong has ")


def test_a_meta_that_cannot_be_decoded():
    """So is a meta, unless its author decodes it."""
    with pytest.raises(PluginError, match="Wrong has a `metadata_type` that cannot be decoded: `UnresolvableMeta`"):
        check_connector(type("Wrong", (Jobs,), {"metadata_type": UnresolvableMeta}))
    check_connector(type("Right", (Jobs,), {"metadata_type": OwnMeta}))


def test_a_right_declaration():
    """Versions, secrets and threads as they should be are taken."""
    attributes = {"task_type": "a.b", "task_type_version": 3, "secrets": ["A", "B"], "max_threads": 1}
    assert check_connector(type("Right", (Upper,), attributes)).category == TaskCategory("a.b", 3)
