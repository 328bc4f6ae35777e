"""Tasks of local workflows, by the request that Flyte's backend would send."""

import pytest
from flyteidl2.connector.connector_pb2 import CreateTaskRequest

from fairlead import AsyncConnector, Backoff, Phase, Resource, ResourceMeta, TransientError
from fairlead.errors import ConnectorNotFound, InvalidTask
from fairlead_flyte.local import attempts
from fairlead_flyte.local.attempts import run_once, run_with_retries, runner
from fairlead_flyte.local.backends import backend_of, local_backend
from fairlead_flyte.local.background import background
from fairlead_flyte.local.interruption import wait_for
from fairlead_flyte.local.progress import TaskProgress


class Job(ResourceMeta):
    key: str


class Scripted(AsyncConnector[Job]):
    """Answers each attempt with the next step, and notes what it is told."""

    task_type = "local_scripted"

    def __init__(self):
        self.steps, self.contexts, self.tasks, self.inputs = [], [], [], []

    async def create(self, task, inputs, context):
        self.contexts.append(context)
        self.tasks.append(task)
        self.inputs.append(inputs)
        return Job(key=context.idempotency_key)

    async def get(self, meta, context):
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return Resource(phase=step)

    async def delete(self, meta, context):
        pass


@pytest.fixture
def scripted(monkeypatch):
    monkeypatch.setattr(attempts, "_RETRY", Backoff(initial=0.001, maximum=0.001))
    connector = Scripted()
    runner().lifecycle.registry.register(connector, override=True)
    return connector


def request_for(task_type="local_scripted", retries=0, **custom):
    request = CreateTaskRequest(output_prefix="prefix", template={"type": task_type})
    request.template.custom.update(custom)
    request.template.metadata.retries.retries = retries
    request.inputs.literals.add(name="x").value.scalar.primitive.integer = 3
    return request


def run(request, how=run_with_retries, **options):
    return wait_for(background.submit(how(request, TaskProgress("name"), **options)))


def test_the_connector_gets_what_the_request_says(scripted):
    """Inputs are plain values, the message itself is at hand, and Flyte 2's connection is no part of the settings."""
    scripted.steps = [Phase.SUCCEEDED]
    request = request_for(secrets={"a": "B"}, own=1)
    run(request, run_once, secrets={"a": "value"}, configs={"c": "d"})
    (task,), (context,) = scripted.tasks, scripted.contexts
    assert (task.custom, scripted.inputs, context.output_prefix) == ({"own": 1}, [{"x": 3}], "prefix")
    assert (context.secrets, context.configs) == ({"a": "value"}, {"c": "d"})
    assert task.native == request


def test_attempts(scripted):
    """Each attempt has a number and a key of its own; the last one's resource is the result."""
    scripted.steps = [Phase.RETRYABLE_FAILED]
    assert run(request_for(retries=2)).phase is Phase.RETRYABLE_FAILED
    assert [context.execution.retry_attempt for context in scripted.contexts] == [0, 1, 2]
    assert len({context.idempotency_key for context in scripted.contexts}) == 3


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.ABORTED, Phase.SUCCEEDED])
def test_an_end_for_good(scripted, phase):
    """Other ends are not retried."""
    scripted.steps = [phase]
    assert run(request_for(retries=2)).phase is phase
    assert len(scripted.contexts) == 1


def test_a_submission_that_never_succeeds_is_an_attempt(scripted, monkeypatch):
    """A passing fault that outlasts an attempt is followed by another one."""
    answers = iter([TransientError("down"), Resource(phase=Phase.SUCCEEDED)])

    async def once(request, progress):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(attempts, "run_once", once)
    assert run(request_for(retries=1)).phase is Phase.SUCCEEDED


def test_no_connector():
    """A task type that nothing serves is told so."""
    with pytest.raises(ConnectorNotFound):
        run(request_for("local_nothing"))


def test_no_stand_in():
    """A task type without a stand-in is told so, and none is left."""
    with pytest.raises(InvalidTask, match="no local stand-in"), local_backend("local_scripted"):
        pytest.fail("it must not come to this")
    assert not backend_of("local_scripted").configs


def test_a_stand_in(scripted):
    """While a stand-in runs, tasks of its type find it; its secrets and settings come before the request's."""
    scripted.steps = [Phase.SUCCEEDED]
    with local_backend("databricks") as backend:
        assert backend_of("databricks") is backend
        assert backend.configs["databricks_host"].startswith("http")
    assert not backend_of("databricks").configs


def test_progress_names_the_task(scripted, capsys):
    """Every line says which task it is about; the last words lead back to the job."""
    progress = TaskProgress("name")
    assert progress.last_words() == "name: stopped at once"
    scripted.steps = [Phase.SUCCEEDED]
    wait_for(background.submit(run_once(request_for(), progress)))
    assert all(line.startswith("name: ") for line in capsys.readouterr().err.splitlines())
    assert progress.last_words() == f"name: stopped at once; the job may go on\nhandle: {progress.handle}"
