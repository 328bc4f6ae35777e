"""A workspace that runs what is submitted, and the connectors with short waits."""

import itertools

import pytest

from fairlead import Backoff, ConnectorRegistry, Context, Deadline, Lifecycle, Runner, TaskTemplate
from fairlead.task import TypedInterface, Variable
from fairlead_databricks import DatabricksConnector, DatabricksJobConnector
from fairlead_databricks_emulator import Emulator

QUICK = Backoff(initial=0.01, maximum=0.05)
keys = itertools.count()


class QuickConnector(DatabricksConnector):
    request_seconds, backoff = 1.0, QUICK


class QuickJobConnector(DatabricksJobConnector):
    request_seconds, backoff = 1.0, QUICK


@pytest.fixture(scope="module")
def running():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    """The workspace without the faults and requests of other tests; its runs stay."""
    running.faults.clear()
    running.tokens.renew()
    running.requests.clear()
    yield running
    running.faults.release()
    running.faults.clear()


@pytest.fixture
async def lifecycle():
    registry = ConnectorRegistry(discover=False)
    registry.register(QuickConnector)
    registry.register(QuickJobConnector)
    async with Lifecycle(registry, backoff=QUICK) as lifecycle:
        yield lifecycle


@pytest.fixture
def runner(lifecycle):
    return Runner(lifecycle, poll=Backoff(initial=0.05, maximum=0.2), operation_seconds=20)


@pytest.fixture
def context(emulator):
    """A function that makes the context of one more execution."""

    def make(key="", seconds=60.0, **changes):
        secrets = {"DATABRICKS_TOKEN": emulator.token}
        given = {"configs": {"databricks_host": emulator.host}, "secrets": secrets, **changes}
        return Context(idempotency_key=key or f"key-{next(keys)}", deadline=Deadline.after(seconds), **given)

    return make


@pytest.fixture
def python(tmp_path):
    """A function that makes a task out of the source of a Python file."""

    def make(source, *parameters, outputs=(), **custom):
        path = tmp_path / f"job{next(keys)}.py"
        path.write_text(source)
        conf = {"spark_python_task": {"python_file": str(path), "parameters": list(parameters)}, "environment_key": "e"}
        conf["environments"] = [{"environment_key": "e", "spec": {}}]
        return task(conf, outputs=outputs, **custom)

    return make


def task(conf, *, outputs=(), **custom):
    """Return a task of the connector `databricks`."""
    interface = TypedInterface(outputs={name: Variable() for name in outputs})
    return TaskTemplate(type="databricks", custom={"databricksConf": conf, **custom}, interface=interface)


@pytest.fixture
def databricks():
    return task
