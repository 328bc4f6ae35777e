"""Secrets: how a connector gets them, and that nobody else does."""

import logging

import grpc
import pytest
from flyteidl2.core.security_pb2 import Connection
from scripted import Answers, Job, Jobs

from fairlead import AuthenticationError, InvalidTask, LogLine, LogLink, LogPage, Phase, Resource, TransientError

SECRET = "s3cr3t-väl/ue=="
NUMBER = {"scalar": {"primitive": {"integer": 3}}}


class Curious(Jobs):
    """Jobs that read the secret `TOKEN` in each method."""

    def __init__(self):
        super().__init__()
        self.seen = {}
        for name in ("creates", "gets", "deletes"):
            getattr(self, name).will(self.read(name, getattr(self, name).steps[0]))

    def read(self, name, then):
        async def read(*arguments):
            self.seen[name] = await arguments[-1].secret("TOKEN"), dict(arguments[-1].configs)
            return await then(*arguments) if callable(then) else then

        return read


@pytest.fixture
def jobs():
    return Curious()


@pytest.fixture(autouse=True)
def no_secrets(tmp_path, monkeypatch):
    """No secret of this machine is found."""
    for name in ("TOKEN", "_FSEC_TOKEN", "FAIRLEAD_SECRET_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLYTE_SECRETS_DEFAULT_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("FAIRLEAD_SECRETS_DIR", str(tmp_path / "none"))


async def test_the_secrets_of_a_connection(served, jobs):
    """Secrets and configs of a request of Flyte 2 reach the connector, each time that they are sent."""
    connection = Connection(task_type="jobs", secrets={"TOKEN": SECRET}, configs={"region": "eu"})
    meta = await served.flyte2.create(connection=connection)
    await served.flyte2.get(meta, connection=connection)
    await served.flyte2.delete(meta, connection=connection)
    assert jobs.seen == dict.fromkeys(("creates", "gets", "deletes"), (SECRET, {"region": "eu"}))


async def test_the_environment(flyte, jobs, monkeypatch):
    """A secret of the whole server is found where flytekit's servers look for it."""
    monkeypatch.setenv("_FSEC_TOKEN", "from-environment")
    await flyte.get(await flyte.create())
    assert {secret for secret, _ in jobs.seen.values()} == {"from-environment"}


async def test_another_prefix_of_the_environment(flyte, jobs, monkeypatch):
    """Flyte's own setting of that prefix is followed."""
    monkeypatch.setenv("FLYTE_SECRETS_ENV_PREFIX", "OUR_")
    monkeypatch.setenv("OUR_TOKEN", "from-our-environment")
    await flyte.create()
    assert jobs.seen["creates"][0] == "from-our-environment"


async def test_a_mounted_file(flyte, jobs, tmp_path, monkeypatch):
    """A secret may be a file with the name in lower case, with the prefix that Flyte's setting gives it."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "token").write_text("from-file\n")
    await flyte.create()
    assert jobs.seen["creates"][0] == "from-file"
    (folder / "mounted_token").write_text("from-prefixed-file\n")
    monkeypatch.setenv("FLYTE_SECRETS_FILE_PREFIX", "mounted_")
    await flyte.create()
    assert jobs.seen["creates"][0] == "from-prefixed-file"


async def test_a_file_that_is_no_text(flyte, jobs, tmp_path, monkeypatch):
    """What cannot be read as a secret is none; the next place is looked at."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("FAIRLEAD_SECRET_TOKEN", "fairleads-own")
    await flyte.create()
    assert jobs.seen["creates"][0] == "fairleads-own"


@pytest.mark.parametrize("name", ["../token", "/etc/hostname", "a/b"])
async def test_a_name_that_leads_out_of_the_folder(served, jobs, tmp_path, name):
    """The name of a secret never leads to a file elsewhere."""
    (tmp_path / "token").write_text("outside")

    async def read(task, inputs, context):
        return Job(job_id=await context.secret(name))

    jobs.creates.will(read)
    resource = await served.flyte1.get(await served.flyte1.create())
    assert resource.message.startswith("USER:AuthenticationError: secret")


async def test_the_request_comes_first(served, jobs, monkeypatch):
    """A secret of the request is taken before that of the server."""
    monkeypatch.setenv("_FSEC_TOKEN", "from-environment")
    await served.flyte2.create(connection={"secrets": {"TOKEN": SECRET}})
    assert jobs.seen["creates"][0] == SECRET


async def test_a_secret_that_is_nowhere(flyte):
    """A missing secret fails the job for good, and the message says what to set."""
    resource = await flyte.get(await flyte.create())
    assert resource.phase == Phase.FAILED
    assert "secret `TOKEN` not found" in resource.message


async def test_the_keys_that_flyte2_reads_itself(served, jobs, monkeypatch):
    """In Flyte 2 `secrets`, `configs` and `taskType` of custom are the connection's; in Flyte 1 they are the task's own."""
    monkeypatch.setenv("_FSEC_TOKEN", SECRET)
    custom = {"secrets": {"TOKEN": "key"}, "configs": {"a": "b"}, "taskType": "jobs", "rows": 3}
    await served.flyte1.create(template={"custom": custom})
    await served.flyte2.create(template={"custom": custom})
    first, second = (call.arguments[0].custom for call in jobs.creates.calls)
    assert first == custom
    assert second == {"rows": 3}


class Leaky(Jobs):
    """Jobs that put the secret into everything that they may return."""

    name = "Leaky"
    task_type = "leaky"

    def __init__(self, error):
        super().__init__()
        self.error = error

    async def secret(self, context):
        secret = await context.secret("TOKEN")
        logging.getLogger("leaky").debug("a connector that logs %d characters", len(secret))
        return secret

    async def create(self, task, inputs, context):
        secret = await self.secret(context)
        if task.custom.get("leak") == "meta":
            return Job(job_id=secret)
        if task.custom.get("leak") == "error":
            raise self.error(f"login with {secret} failed")
        return Job(job_id="fine")

    async def get(self, meta, context):
        secret = await self.secret(context)
        if self.error is None:
            return Resource(
                phase=Phase.FAILED,
                message=f"message {secret}",
                log_links=(LogLink(f"name {secret}", f"https://example.com/{secret}"),),
                custom_info={"a": [secret], secret: {"b": secret}},
            )
        raise self.error(f"get with {secret} failed")

    async def delete(self, meta, context):
        raise (self.error or RuntimeError)(f"delete with {await self.secret(context)} failed")

    async def get_logs(self, meta, context, *, token=""):
        yield LogPage((LogLine(f"line {await self.secret(context)}"),), "1")
        raise (self.error or RuntimeError)(f"logs with {await self.secret(context)} failed")

    async def get_metrics(self, meta, query, context):
        raise (self.error or RuntimeError)(f"metrics with {await self.secret(context)} failed")


@pytest.mark.usefixtures("no_retries")
@pytest.mark.parametrize("error", [None, RuntimeError, InvalidTask, AuthenticationError, TransientError, SystemExit])
@pytest.mark.parametrize("version", ["flyte1", "flyte2"])
async def test_nobody_else_gets_a_secret(serve, version, error, monkeypatch, caplog):
    """A secret that a connector was given is in no answer, no status and no log, whatever the connector does with it."""
    caplog.set_level(logging.DEBUG)
    served = await serve(Leaky(error))
    flyte = getattr(served, version)
    connection = {}
    if version == "flyte2":
        connection = {"connection": {"secrets": {"TOKEN": SECRET}}}
    monkeypatch.setenv("_FSEC_TOKEN", SECRET)
    seen = []

    async def attempt(call):
        try:
            seen.append(str(await call))
        except grpc.aio.AioRpcError as refused:
            seen.append(f"{refused.details()} {refused.debug_error_string()} {refused.trailing_metadata()}")

    meta = await flyte.create("leaky", **connection)
    for leak in ("meta", "error" if error else ""):
        await attempt(flyte.create("leaky", template={"custom": {"leak": leak}}, **connection))
    await attempt(flyte.get(meta, "leaky", **connection))
    await attempt(flyte.delete(meta, "leaky", **connection))
    await attempt(flyte.logs(meta, "leaky"))
    await attempt(flyte.metrics(meta, "leaky"))
    assert len(seen) == 6
    assert "a connector that logs" in caplog.text
    for text in (*seen, caplog.text, *(str(record.__dict__) for record in caplog.records)):
        assert SECRET not in text
        assert "Traceback" not in text or text not in seen


async def test_a_secret_in_the_answer_of_a_sync_connector(serve, monkeypatch):
    """What is stored of a sync connector's answer has no secret either."""
    monkeypatch.setenv("_FSEC_TOKEN", SECRET)
    answers = Answers()

    async def do(task, inputs, context):
        secret = await context.secret("TOKEN")
        return Resource(phase=Phase.FAILED, message=secret, custom_info={"a": secret})

    answers.does.will(do)
    served = await serve(answers)
    meta = await served.flyte2.create("answers")
    assert SECRET.encode() not in meta
    resource = await served.flyte2.get(meta, "answers")
    assert (resource.message, resource.custom_info["a"]) == ("***", "***")
    assert (await served.flyte1.do()).message == "***"


async def test_a_fault_of_the_server(served, jobs, monkeypatch, caplog):
    """What fails in the server itself is told without any text of the error, which may hold anything."""

    def fail(*_):
        raise RuntimeError(f"with {SECRET}")

    monkeypatch.setenv("_FSEC_TOKEN", SECRET)
    meta = await served.flyte1.create()
    monkeypatch.setattr("fairlead_flyte.answers.get_task_response", fail)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.flyte1.get(meta)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert caught.value.details() == "the server failed (RuntimeError); its log says more"
