"""Fairlead's connectors in runs that flyte 2 drives itself."""

import datetime as dt
import typing

import flyte
import flyte.errors
import pytest
from flyte.connectors import AsyncConnectorExecutorMixin
from flyte.extend import TaskTemplate
from flyte.io import DataFrame, File
from flyte.models import NativeInterface, SerializationContext

from fairlead import AsyncConnector, Blob, Phase, Resource, ResourceMeta, StructuredDataset
from fairlead_flyte.flyte import ConnectorExecutorMixin, ConnectorTask, install
from fairlead_flyte.local.attempts import runner


class Job(ResourceMeta):
    key: str


class Scripted(AsyncConnector[Job]):
    """Answers each attempt with the next phase, and notes what it is told."""

    task_type = "scripted"
    outputs: typing.ClassVar[dict[str, object] | None] = {}

    def __init__(self):
        self.phases, self.keys, self.deleted, self.contexts = [Phase.SUCCEEDED], [], [], []

    async def create(self, task, inputs, context):
        self.keys.append(context.idempotency_key)
        self.contexts.append(context)
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


def made(task_type, name="t", **options):
    """Return a task in an environment of its own."""
    task = ConnectorTask(name=name, task_type=task_type, **options)
    flyte.TaskEnvironment.from_task(f"environment-{name}", task)
    return task


def run(task, **inputs):
    return flyte.with_runcontext(mode="local").run(task, **inputs).outputs()


simulated = ConnectorTask(
    name="simulated",
    task_type="dummy",
    custom={"duration": 0},
    inputs={"x": int, "names": list[str]},
    outputs={"x": int, "names": list[str]},
)
echoed = ConnectorTask(name="echoed", task_type="echo", inputs={"when": dt.datetime}, outputs={"when": dt.datetime})
environment = flyte.TaskEnvironment(
    "functions", depends_on=[flyte.TaskEnvironment.from_task("connectors", simulated, echoed)]
)


@environment.task
async def mixed(x: int, when: dt.datetime) -> tuple[int, list[str], dt.datetime]:
    """Values go from a function to connectors and back."""
    answer, names = await simulated(x=x, names=["a", "b"])
    return 2 * answer, names, await echoed(when=when)


def test_connectors_beside_functions(capfd):
    """An async and a sync connector run inside a function, typed values go through, and the states are shown."""
    when = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
    assert tuple(run(mixed, x=3, when=when)) == (6, ["a", "b"], when)
    shown = capfd.readouterr().err
    assert "simulated: handle: fl1.dummy.0." in shown
    assert "simulated: Dummy Console: https://dummy.example/jobs/" in shown


def test_failures_for_good_are_not_retried(scripted):
    """FAILED ends the task with its message, whatever retries there are."""
    scripted.phases = [Phase.FAILED]
    with pytest.raises(flyte.errors.RuntimeUserError, match="Failed to run the task t with error: scripted"):
        run(made("scripted", retries=3))
    assert len(scripted.keys) == 1


def test_retries(scripted):
    """A failure that may pass ends the attempt; flyte tries again, and the next attempt has a key of its own."""
    scripted.phases = [Phase.RETRYABLE_FAILED, Phase.RUNNING, Phase.SUCCEEDED]
    run(made("scripted", retries=1))
    assert len(set(scripted.keys)) == 2


def test_timeout(scripted):
    """When the task's timeout has passed, the job is deleted, and the task is told to have timed out."""
    scripted.phases = [Phase.RUNNING]
    with pytest.raises(flyte.errors.MaxRuntimeExceededError, match="did not end in the time allowed"):
        run(made("scripted", timeout=dt.timedelta(milliseconds=200)))
    assert scripted.deleted == scripted.keys


def test_no_connector():
    """A task type that nothing serves is named."""
    with pytest.raises(flyte.errors.RuntimeUserError, match="no connector for task type `nothing`"):
        run(made("nothing"))


def test_connections(scripted, monkeypatch):
    """The secrets and configs that a task asks for in its `custom` are the connector's, and not in its settings."""
    custom = {"secrets": {"token": "ACME_TOKEN"}, "configs": {"region": "eu"}}
    with pytest.raises(flyte.errors.RuntimeUserError, match="set the environment variable ACME_TOKEN"):
        run(made("scripted", custom=custom))
    monkeypatch.setenv("ACME_TOKEN", "a secret")
    run(made("scripted", custom=custom))
    assert (scripted.contexts[0].secrets, scripted.contexts[0].configs) == ({"token": "a secret"}, {"region": "eu"})


def test_outputs_of_every_kind(scripted, monkeypatch):
    """Files and tables that a connector gives are flyte's own at the other side."""
    given = {"file": Blob(uri="s3://bucket/f"), "table": StructuredDataset(uri="bq://p:d.t", format="bigquery")}
    monkeypatch.setattr(Scripted, "outputs", given)
    file, table = run(made("scripted", outputs={"file": File, "table": DataFrame}))
    assert (file.path, table.uri) == ("s3://bucket/f", "bq://p:d.t")


def test_missing_outputs(scripted, monkeypatch):
    """A connector that does not give what the task declares is found out, and so is a job that wrote nothing."""
    with pytest.raises(flyte.errors.RuntimeUserError, match="outputs do not fit its interface: `y` declared"):
        run(made("scripted", outputs={"y": int}))
    monkeypatch.setattr(Scripted, "outputs", None)
    with pytest.raises(flyte.errors.RuntimeUserError, match=r"expected .*/outputs\.pb"):
        run(made("scripted", outputs={"y": int}))


def test_outputs_that_the_job_wrote(scripted, monkeypatch):
    """A connector without outputs means those that the job wrote below its prefix."""
    from pathlib import Path

    from flyteidl2.task.common_pb2 import Outputs

    written = Outputs(literals=[{"name": "x", "value": {"scalar": {"primitive": {"integer": 7}}}}])
    create = Scripted.create

    async def write(self, task, inputs, context):
        Path(context.output_prefix).mkdir(parents=True, exist_ok=True)
        (Path(context.output_prefix) / "outputs.pb").write_bytes(written.SerializeToString())
        return await create(self, task, inputs, context)

    monkeypatch.setattr(Scripted, "outputs", None)
    monkeypatch.setattr(Scripted, "create", write)
    assert tuple(run(made("scripted", outputs={"x": int}))) == (7,)


class Theirs(AsyncConnectorExecutorMixin, TaskTemplate):
    """A task as flyte's plugins define them."""

    def __init__(self, **options):
        interface = NativeInterface({"x": (int, ...)}, {"x": int})
        super().__init__(task_type="dummy", interface=interface, image=None, **options)

    def custom_config(self, sctx):
        return {"duration": 0}


def test_serialisation():
    """For a remote backend, the task is what the same task with flyte's own mixin is."""
    from flyte._internal.runtime.task_serde import translate_task_to_wire

    options = {"name": "t", "retries": 2, "timeout": 60}
    theirs = Theirs(**options)
    ours = ConnectorTask(task_type="dummy", custom={"duration": 0}, inputs={"x": int}, outputs={"x": int}, **options)
    for task in (theirs, ours):
        flyte.TaskEnvironment.from_task("same", task)
    context = SerializationContext(version="v", project="p", domain="d", org="o")
    assert translate_task_to_wire(ours, context) == translate_task_to_wire(theirs, context)


def test_tasks_of_others(monkeypatch):
    """After `install()`, a task with flyte's own mixin runs through fairlead."""
    monkeypatch.setattr(AsyncConnectorExecutorMixin, "execute", AsyncConnectorExecutorMixin.execute)
    install()
    task = Theirs(name="theirs")
    flyte.TaskEnvironment.from_task("theirs", task)
    assert tuple(run(task, x=5)) == (5,)
    assert AsyncConnectorExecutorMixin.execute is ConnectorExecutorMixin.execute
