"""Task templates: custom settings and inputs."""

from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import InvalidTask, TaskCategory, TaskTemplate, TypedInterface, Variable


class Cluster(msgspec.Struct, forbid_unknown_fields=True):
    workers: int
    spot: float = 0.5
    labels: dict[str, str] = {}


class Custom(msgspec.Struct):
    cluster: Cluster
    retries: Annotated[int, msgspec.Meta(ge=0)] = 0


def custom(value):
    return TaskTemplate(type="x", custom=value).with_custom(Custom).custom


def test_category():
    """Type and version are what a connector must serve."""
    assert TaskTemplate(type="x", task_type_version=2).category == TaskCategory("x", 2)


@given(st.integers(-(2**53), 2**53))
def test_whole_floats_become_ints(number):
    """Every integer that a double can tell apart survives Flyte's Struct."""
    decoded = custom({"cluster": {"workers": float(number)}})
    assert decoded.cluster.workers == number
    assert type(decoded.cluster.workers) is int


def test_floats_stay_floats():
    """Where the settings want a float, a whole number is one."""
    decoded = custom({"cluster": {"workers": 1.0, "spot": 1.0}})
    assert type(decoded.cluster.spot) is float


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"cluster": {"workers": "4"}}, "`custom.cluster.workers`: expected `int`, got `str`"),
        ({"cluster": {"workers": 1.5}}, "`custom.cluster.workers`: expected `int`"),
        ({"cluster": {"workers": 1e300}}, "`custom.cluster.workers`: expected `int`"),
        ({"cluster": {"workers": 1, "labels": {"a": 1}}}, "`custom.cluster.labels[...]`: expected `str`"),
        (
            {"cluster": {"workers": 1, "sopt": 1}},
            "`custom.cluster`: unknown field `sopt`. Did you mean `spot`? Known fields: workers, spot, labels",
        ),
        ({"cluster": {"workers": 1}, "retries": -1}, "`custom.retries`: expected `int` >= 0"),
        ({}, "`custom`: object missing required field `cluster`"),
        (None, "`custom`: expected `object`, got `null`"),
    ],
)
def test_faults_are_named_with_their_path(value, path):
    """The error shows where the fault is, and what is expected."""
    with pytest.raises(InvalidTask) as caught:
        custom(value)
    assert path in str(caught.value)


INTERFACE = TypedInterface(
    inputs={
        "count": Variable("integer", "how many"),
        "ratio": Variable("float"),
        "name": Variable("string"),
        "flag": Variable("boolean"),
        "table": Variable({"structuredDatasetType": {}}),
    }
)
GOOD = {"count": 1, "ratio": 1, "name": "x", "flag": True, "table": object()}


def test_good_inputs_pass():
    """Inputs that fit pass, an int also as a float."""
    TaskTemplate(type="x", interface=INTERFACE).check_inputs(GOOD)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"count": 1.5}, "`inputs.count`: expected integer, got float"),
        ({"count": True}, "`inputs.count`: expected integer, got bool"),
        ({"ratio": "1"}, "`inputs.ratio`: expected float, got str"),
        ({"name": 1}, "`inputs.name`: expected string, got int"),
        ({"flag": 1}, "`inputs.flag`: expected boolean, got int"),
        ({"cuont": 1}, "declares no input `cuont`. Did you mean `count`?"),
    ],
)
def test_wrong_inputs_are_named(changed, message):
    """An input of another simple type, or one that is not declared, is refused."""
    with pytest.raises(InvalidTask) as caught:
        TaskTemplate(type="x", interface=INTERFACE).check_inputs(GOOD | changed)
    assert message in str(caught.value)


def test_missing_inputs_are_all_named():
    """All missing inputs are told at once, with what they are."""
    with pytest.raises(InvalidTask, match=r"`count` \(integer: how many\), .*`table` \(structured\)"):
        TaskTemplate(type="x", interface=INTERFACE).check_inputs({})


def test_a_misspelt_input_is_told_before_the_missing_one():
    """An input whose name is misspelt is both one too many and one that is missing; the first says what to do."""
    task = TaskTemplate(type="jobs", interface=TypedInterface(inputs={"day": Variable("string")}))
    with pytest.raises(InvalidTask, match="declares no input `dya`. Did you mean `day`"):
        task.check_inputs({"dya": "monday"})


def test_without_declared_inputs_anything_goes():
    """A task that declares no inputs takes any."""
    TaskTemplate(type="x").check_inputs({"anything": 1})
    TaskTemplate(type="x", interface=TypedInterface(outputs={"y": Variable()})).check_inputs({"anything": 1})
