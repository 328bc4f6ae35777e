"""What must be secret stands in nothing that is printed, logged or kept."""

import logging

import httpx
import msgspec
import pytest

from fairlead import Backoff, FairleadError, Phase
from fairlead_databricks import DatabricksJobMetadata
from fairlead_databricks.credentials import PersonalAccessToken, ServicePrincipal
from fairlead_databricks.model import Run
from fairlead_databricks.workspace import Workspace
from fairlead_databricks_emulator import Drop, ExpireTokens, Garbage, Status

PASSWORD, VARIABLE = "password-of-the-registry", "value-of-a-variable"
CLUSTER = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "n",
    "num_workers": 1,
    "docker_image": {"url": "registry.example/image:1", "basic_auth": {"username": "u", "password": PASSWORD}},
    "spark_env_vars": {"SETTING": VARIABLE},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/secret-logs"}},
}


@pytest.fixture
def logged(caplog):
    """A function that returns all that was logged, by anybody, as it would be printed."""
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "asyncio", "fairlead"):
            caplog.set_level(logging.DEBUG, logger=name)

        def text():
            formatter = logging.Formatter("%(name)s %(message)s %(args)r")
            return "\n".join(formatter.format(record) for record in caplog.records)

        yield text


@pytest.fixture(params=["token", "service principal"])
def login(request, emulator, monkeypatch, tmp_path):
    """Secrets of the request, or a service principal of the environment; and what of it must be seen nowhere."""
    if request.param == "token":
        return {"DATABRICKS_TOKEN": emulator.token}, lambda: [emulator.token]
    given = {"HOST": emulator.host, "CLIENT_ID": emulator.client_id, "CLIENT_SECRET": emulator.client_secret}
    for name, value in {**given, "CONFIG_FILE": str(tmp_path / "none")}.items():
        monkeypatch.setenv(f"DATABRICKS_{name}", value)
    monkeypatch.delenv("DATABRICKS_TOKEN", raising=False)
    return {}, lambda: [emulator.client_secret, *issued(emulator)]


def issued(emulator):
    """Return the tokens that clients have used."""
    used = {request.headers.get("authorization", "") for request in emulator.requests}
    return [value.removeprefix("Bearer ") for value in used if value.startswith("Bearer ")]


async def texts_of_a_failed_run(lifecycle, runner, emulator, context, task, secrets):
    """Return, as texts, everything that a run with faults on its way gives to its host."""
    same = context(secrets=secrets)
    handle = await lifecycle.create(task, {}, same)
    emulator.faults.add(Drop(path="/runs/get"), Garbage(path="/runs/get"), Status(path="/runs/get", status=500))
    resource = await runner.follow(handle, context(secrets=secrets))
    assert resource.phase is Phase.FAILED
    pages = [page async for page in lifecycle.get_logs(handle, context(secrets=secrets))]
    assert any("from the job" in line.message for page in pages for line in page.lines)
    meta = DatabricksJobMetadata.decode(handle.meta)
    return [str(handle), repr(handle), repr(meta), repr(resource), repr(pages), repr(same)]


async def test_nothing_that_is_secret_is_seen(
    lifecycle, runner, emulator, context, databricks, tmp_path, login, logged, monkeypatch
):
    """With everything logged: neither credentials, nor what Databricks repeats of a cluster, in anything that comes back."""
    secrets, hidden = login
    path = tmp_path / "job.py"
    path.write_text("print('from the job')\nexit(1)\n")
    task = databricks({"spark_python_task": {"python_file": str(path)}, "new_cluster": CLUSTER})
    texts = await texts_of_a_failed_run(lifecycle, runner, emulator, context, task, secrets)
    answer = await echoed(emulator)
    assert PASSWORD in answer
    assert VARIABLE in answer
    texts.append(repr(msgspec.json.decode(answer, type=Run)))
    log = logged()
    assert "httpx HTTP Request" in log
    assert "httpcore" in log
    assert hidden()
    for secret in (PASSWORD, VARIABLE, *hidden()):
        assert not [text for text in [*texts, log] if secret in text]


async def echoed(emulator):
    """Return what the workspace says of the latest run."""
    async with httpx.AsyncClient(base_url=emulator.host) as http:
        query, headers = {"run_id": emulator.runs[-1].run_id}, {"Authorization": f"Bearer {emulator.token}"}
        return (await http.get("/api/2.2/jobs/runs/get", params=query, headers=headers)).text


@pytest.mark.parametrize(
    "fault",
    [
        Status(path="/runs/submit", status=400, body={"error_code": "INVALID_PARAMETER_VALUE", "message": "{token}"}),
        Status(path="/runs/submit", status=403, body={"error_code": "PERMISSION_DENIED", "message": "for {token}"}),
        Status(path="/runs/submit", status=400, body="Bearer {token} is wrong"),
    ],
)
async def test_errors(lifecycle, emulator, context, databricks, fault, logged):
    """Even where the workspace repeats the token in its answer, the error does not."""
    body = fault.body
    said = body.format(token=emulator.token) if isinstance(body, str) else {**body, "message": emulator.token}
    emulator.faults.add(Status(path=fault.path, status=fault.status, body=said))
    task = databricks({"notebook_task": {"notebook_path": "/n"}, "new_cluster": CLUSTER})
    with pytest.raises(FairleadError) as caught:
        await lifecycle.create(task, {}, context())
    for text in (str(caught.value), repr(caught.value), logged()):
        assert not [secret for secret in (emulator.token, PASSWORD, VARIABLE) if secret in text]


async def test_an_expired_token(lifecycle, emulator, context, databricks, logged):
    """A personal token that has expired is refused without being shown."""
    emulator.tokens.expire(ExpireTokens(personal=True))
    with pytest.raises(FairleadError) as caught:
        await lifecycle.create(databricks({"notebook_task": {"notebook_path": "/n"}}), {}, context())
    assert emulator.token not in str(caught.value) + logged()


def test_representations():
    """What holds a credential does not show it."""
    principal = ServicePrincipal("id", "the-client-secret")
    token = PersonalAccessToken("the-token")
    workspace = Workspace("x.example.com", token, request_seconds=1, backoff=Backoff(initial=1, maximum=1))
    shown = repr((principal, token, workspace, vars(workspace).keys()))
    assert "the-client-secret" not in shown
    assert "the-token" not in shown
