"""The echo connector, through the real lifecycle."""

import pytest

from fairlead import ConnectorRegistry, Context, InvalidTask, Lifecycle, TaskTemplate, TypedInterface, Variable
from fairlead.testing import SyncConnectorContract
from fairlead_echo import EchoConnector


class TestContract(SyncConnectorContract):
    connector = EchoConnector
    task = {"type": "echo"}
    inputs = {"x": 1}


@pytest.fixture
def lifecycle():
    registry = ConnectorRegistry(discover=False)
    registry.register(EchoConnector)
    return Lifecycle(registry)


async def test_outputs_are_the_inputs(lifecycle):
    """Whatever goes in comes out."""
    inputs = {"number": 1, "nested": {"list": [1, "two", None]}}
    assert (await lifecycle.do(TaskTemplate(type="echo"), inputs, Context())).outputs == inputs


async def test_a_missing_input_is_named(lifecycle):
    """A declared input that is not given is refused, with its name and type."""
    task = TaskTemplate(type="echo", interface=TypedInterface(inputs={"x": Variable("integer")}))
    with pytest.raises(InvalidTask, match=r"missing input: `x` \(integer\)"):
        await lifecycle.do(task, {}, Context())
