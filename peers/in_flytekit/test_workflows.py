"""Fairlead's connectors in workflows that flytekit runs itself."""

import datetime as dt
import typing
from collections import OrderedDict

import pytest
from flytekit import StructuredDataset, TaskMetadata, task, workflow
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.core.base_task import PythonTask
from flytekit.core.interface import Interface
from flytekit.exceptions.system import FlyteConnectorNotFound
from flytekit.exceptions.user import FlyteTimeout, FlyteUserException
from flytekit.extend.backend.base_connector import (
    AsyncConnectorExecutorMixin,
    SyncConnectorExecutorMixin,
)
from flytekit.tools.translator import get_serializable

from fairlead import AsyncConnector, Blob, Phase, Resource, ResourceMeta
from fairlead import StructuredDataset as OurDataset
from fairlead_flyte.flytekit import ConnectorExecutorMixin, ConnectorTask, install
from fairlead_flyte.local.attempts import runner


def dummy(name="simulated", *, outputs=None, metadata=None, inputs=None, **custom):
    custom.setdefault("duration", 0)
    return ConnectorTask(name=name, task_type="dummy", custom=custom, inputs=inputs, outputs=outputs, metadata=metadata)


simulated = dummy(inputs={"x": int, "names": list[str]}, outputs={"x": int, "names": list[str]})
echoed = ConnectorTask(name="echoed", task_type="echo", inputs={"when": dt.datetime}, outputs={"when": dt.datetime})


@task
def double(x: int) -> int:
    return 2 * x


@workflow
def mixed(x: int, when: dt.datetime) -> tuple[int, list[str], dt.datetime]:
    """Values go from flytekit's tasks to connectors and back."""
    answer, names = simulated(x=double(x=x), names=["a", "b"])
    return double(x=answer), names, echoed(when=when)


def test_connectors_beside_functions(capfd):
    """An async and a sync connector run between functions, typed values go through, and the states are shown."""
    when = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    assert mixed(x=3, when=when) == (12, ["a", "b"], when)
    shown = capfd.readouterr().err
    assert "simulated: handle: fl1.dummy.0." in shown
    assert "simulated: Dummy Console: https://dummy.example/jobs/" in shown
    assert "SUCCEEDED" in shown


def test_optional_inputs():
    """Inputs of union types, and None, go through."""
    optional = ConnectorTask(name="optional", task_type="echo", inputs={"x": int | None}, outputs={"x": int | None})
    assert [optional(x=value) for value in (None, 3)] == [None, 3]


def test_a_failed_job():
    """A job that fails is a user's error with its message and the link to it."""
    with pytest.raises(FlyteUserException) as caught:
        dummy(outcome="fail", message="no such table")()
    assert "Failed to run the task simulated with error: no such table" in str(caught.value)
    assert "Dummy Console: https://dummy.example/jobs/" in str(caught.value)


def test_no_connector():
    """A task type that nothing serves is told as flytekit tells it."""
    with pytest.raises(FlyteConnectorNotFound, match="no connector for task type `nothing`"):
        ConnectorTask(name="t", task_type="nothing")()


def test_wrong_settings():
    """Settings that the connector refuses are named by their path."""
    with pytest.raises(FlyteUserException, match=r"custom\.duration"):
        dummy(duration="soon")()


def test_missing_outputs():
    """A connector that does not give what the task declares is found out."""
    with pytest.raises(FlyteUserException, match="outputs do not fit its interface: `y` declared, but not there"):
        dummy(name="t", inputs={"x": int}, outputs={"y": int})(x=1)


class Job(ResourceMeta):
    key: str


class Scripted(AsyncConnector[Job]):
    """Answers each attempt with the next phase, and notes what it is told."""

    task_type = "scripted"
    outputs: typing.ClassVar[dict[str, object] | None] = {}

    def __init__(self):
        self.phases, self.keys, self.attempts, self.deleted, self.prefixes = [], [], [], [], []

    async def create(self, task, inputs, context):
        self.keys.append(context.idempotency_key)
        self.attempts.append(context.execution.retry_attempt)
        self.prefixes.append(context.output_prefix)
        return Job(key=context.idempotency_key)

    async def get(self, meta, context):
        phase = self.phases.pop(0) if len(self.phases) > 1 else self.phases[0]
        return Resource(phase=phase, outputs=self.outputs, message="scripted")

    async def delete(self, meta, context):
        self.deleted.append(meta.key)


@pytest.fixture
def scripted():
    connector = Scripted()
    runner().lifecycle.registry.register(connector, override=True)
    return connector


def test_retries(scripted):
    """A failure that may pass ends the attempt, and the next one has a key of its own; after the last it is told."""
    retried = ConnectorTask(name="t", task_type="scripted", metadata=TaskMetadata(retries=2))
    scripted.phases = [Phase.RETRYABLE_FAILED, Phase.RUNNING, Phase.SUCCEEDED]
    retried()
    assert scripted.attempts == [0, 1]
    assert len(set(scripted.keys)) == 2
    scripted.phases, scripted.attempts[:] = [Phase.RETRYABLE_FAILED], []
    with pytest.raises(FlyteUserException, match="scripted"):
        ConnectorTask(name="t", task_type="scripted")()
    assert scripted.attempts == [0]


def test_failures_for_good_are_not_retried(scripted):
    """FAILED ends the task, whatever retries there are."""
    scripted.phases = [Phase.FAILED]
    with pytest.raises(FlyteUserException, match="scripted"):
        ConnectorTask(name="t", task_type="scripted", metadata=TaskMetadata(retries=3))()
    assert scripted.attempts == [0]


def test_timeout(scripted):
    """When the task's timeout has passed, the job is deleted, and the task is told to have timed out."""
    scripted.phases = [Phase.RUNNING]
    with pytest.raises(FlyteTimeout, match="did not end in the time allowed"):
        ConnectorTask(name="t", task_type="scripted", metadata=TaskMetadata(timeout=dt.timedelta(milliseconds=200)))()
    assert scripted.deleted == scripted.keys


def test_outputs_of_every_kind(scripted):
    """Files and tables that a connector gives are flytekit's own at the other side."""
    from flytekit.types.file import FlyteFile

    scripted.phases = [Phase.SUCCEEDED]
    Scripted.outputs = {"file": Blob(uri="https://x.example/f"), "table": OurDataset(uri="bq://p:d.t")}
    given = ConnectorTask(name="t", task_type="scripted", outputs={"file": FlyteFile, "table": StructuredDataset})
    try:
        file, table = given()
    finally:
        Scripted.outputs = {}
    assert file.remote_source == "https://x.example/f"
    assert table.literal.uri == "bq://p:d.t"


def test_outputs_that_the_job_wrote(scripted, monkeypatch):
    """A connector without outputs means those that the job wrote below its prefix, or else what it wrote of an error."""
    from pathlib import Path

    from flyteidl.core.errors_pb2 import ErrorDocument
    from flyteidl.core.literals_pb2 import LiteralMap

    written = LiteralMap()
    written.literals["x"].scalar.primitive.integer = 7
    error = ErrorDocument(error={"message": "the function raised"})
    monkeypatch.setattr(Scripted, "outputs", None)
    scripted.phases = [Phase.SUCCEEDED]
    create = Scripted.create
    for name, message in (("outputs.pb", written), ("error.pb", error), ("", None)):

        async def write(self, task, inputs, context, name=name, message=message):
            if name:
                Path(context.output_prefix).mkdir(parents=True, exist_ok=True)
                (Path(context.output_prefix) / name).write_bytes(message.SerializeToString())
            return await create(self, task, inputs, context)

        monkeypatch.setattr(Scripted, "create", write)
        wrote = ConnectorTask(name="t", task_type="scripted", outputs={"x": int})
        if name == "outputs.pb":
            assert wrote() == 7
        else:
            with pytest.raises(FlyteUserException, match="the function raised" if name else "expected .*/outputs.pb"):
                wrote()


SETTINGS = SerializationSettings(
    project="p", domain="d", version="v", image_config=ImageConfig(default_image=Image("x", "example/image", "1"))
)


def specification(entity):
    return get_serializable(OrderedDict(), SETTINGS, entity).to_flyte_idl()


@pytest.mark.parametrize("mixin", [AsyncConnectorExecutorMixin, SyncConnectorExecutorMixin])
def test_serialisation(mixin):
    """For a remote backend, the task is what the same task with flytekit's own mixin is."""

    class Theirs(mixin, PythonTask):
        def get_custom(self, settings):
            return {"duration": 2, "outputs": {"x": 1}}

    metadata = TaskMetadata(retries=2, timeout=dt.timedelta(minutes=5), cache=True, cache_version="1")
    interface = Interface(inputs={"x": int}, outputs={"x": int})
    theirs = Theirs(task_type="dummy", name="t", task_config=None, interface=interface, metadata=metadata)
    ours = ConnectorTask(
        name="t",
        task_type="dummy",
        custom={"duration": 2, "outputs": {"x": 1}},
        inputs={"x": int},
        outputs={"x": int},
        metadata=metadata,
    )
    assert specification(ours) == specification(theirs)
    assert not specification(ours).template.HasField("container")


def test_tasks_of_others(monkeypatch):
    """After `install()`, a task with one of flytekit's own mixins runs through fairlead."""
    for mixin in (AsyncConnectorExecutorMixin, SyncConnectorExecutorMixin):
        monkeypatch.setattr(mixin, "execute", mixin.execute)
    install()

    class Theirs(AsyncConnectorExecutorMixin, PythonTask):
        def get_custom(self, settings):
            return {"duration": 0}

    interface = Interface(inputs={"x": int}, outputs={"x": int})
    assert Theirs(task_type="dummy", name="theirs", task_config=None, interface=interface)(x=5) == 5
    assert AsyncConnectorExecutorMixin.execute is ConnectorExecutorMixin.execute


def test_connectors_of_the_workflows_own_module():
    """A connector that the workflow's module registers with flytekit is used, though it is no plugin."""
    from flyteidl.core.execution_pb2 import TaskExecution
    from flytekit.extend.backend.base_connector import ConnectorRegistry, SyncConnectorBase
    from flytekit.extend.backend.base_connector import Resource as FlytekitResource

    class Own(SyncConnectorBase):
        name = "Own"

        def do(self, task_template, output_prefix, inputs=None, **kwargs):
            """Say how many inputs there are."""
            return FlytekitResource(phase=TaskExecution.SUCCEEDED, outputs={"n": len(inputs.literals)})

    ConnectorRegistry.register(Own(task_type_name="own"), override=True)
    assert ConnectorTask(name="own", task_type="own", inputs={"x": int, "y": int}, outputs={"n": int})(x=1, y=2) == 2
