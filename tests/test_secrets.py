"""A connector that spills its secret wherever it can; none of it comes out."""

import base64
import json
import textwrap

import pytest

SECRET = 'dapi-7h1s/is+a "secret" of the connector'

MODULE = """
    import base64
    import logging
    from fairlead import (AsyncConnector, AuthenticationError, InvalidTask, LogLine, LogLink, LogPage, Phase, Resource,
                          ResourceMeta, TransientError)

    logger = logging.getLogger("fairlead.leaky")
    other = logging.getLogger("somebodys.http.client")

    class Job(ResourceMeta):
        job_id: str
        how: str

    class C(AsyncConnector[Job]):
        "Spills."

        task_type = "leaky"
        secrets = ("TOKEN",)

        async def create(self, task, inputs, context):
            token = await context.secret("TOKEN")
            logger.debug("creating with %s and %r", token, context)
            how = task.custom.get("how", "")
            if how == "invalid":
                raise InvalidTask(f"refused with {token}")
            if how == "auth":
                raise AuthenticationError(f"{token} has expired")
            if how == "bug":
                raise ValueError(token, [token], {"Authorization": f"Bearer {token}"})
            if how == "meta":
                return Job("1", token)
            return Job("1", how)

        async def get(self, meta, context):
            token = await context.secret("TOKEN")
            logger.warning("polling with %r", {"token": token})
            other.error("Authorization: Basic %s", base64.b64encode(f"user:{token}".encode()).decode())
            if meta.how == "chained":
                try:
                    raise KeyError(token)
                except KeyError as error:
                    raise RuntimeError("the request failed") from error
            if meta.how == "transient" and not hasattr(self, "failed"):
                self.failed = True
                raise TransientError(f"connection with {token} lost")
            link = LogLink(f"with {token}", f"https://example.com/?token={token}")
            message = f"Bearer {token}"
            phase = Phase.FAILED if meta.how == "failed" else Phase.SUCCEEDED
            return Resource(phase=phase, message=message, log_links=(link,), custom_info={"headers": {"a": [message]}})

        async def delete(self, meta, context):
            raise ValueError(await context.secret("TOKEN"))

        async def get_logs(self, meta, context, *, token=""):
            yield LogPage((LogLine("env: " + await context.secret("TOKEN")),), "1")
"""

PLUGIN = """
    import sys
    from fairlead import hookimpl

    @hookimpl
    async def fairlead_get_secret(name, context):
        return SECRET

    @hookimpl
    def fairlead_after_get(resource, context):
        raise RuntimeError(f"observer saw {SECRET}")

    plugin = sys.modules[__name__]
"""


@pytest.fixture(params=["environment", "file", "hook"])
def leaky(request, site, fairlead):
    """The command line with the secret given in one of three ways, everything logged and traced."""
    site.add("leaky", entry_points="[fairlead.connectors]\nleaky = leaky_mod:C", modules={"leaky_mod": MODULE})
    fairlead.environment["FAIRLEAD_TRACE"] = "1"
    if request.param == "environment":
        fairlead.environment["FAIRLEAD_SECRET_TOKEN"] = SECRET
    elif request.param == "file":
        (fairlead.folder / "TOKEN").write_text(SECRET + "\n")
    else:
        module = f"SECRET = {SECRET!r}\n" + textwrap.dedent(PLUGIN)
        site.add("vault", entry_points="[fairlead.plugins]\nvault = vault_mod:plugin", modules={"vault_mod": module})
    return fairlead


FORMS = [
    SECRET,
    SECRET.partition(" ")[0],
    json.dumps(SECRET)[1:-1],
    repr(SECRET)[1:-1],
    base64.b64encode(SECRET.encode()).decode()[:-4],
    base64.b64encode(f"user:{SECRET}".encode()).decode()[8:-4],
]


def spilled(result):
    everything = result.stdout + result.stderr
    return [form for form in FORMS if form in everything]


@pytest.mark.parametrize(
    ("how", "code"),
    [("", 0), ("failed", 1), ("invalid", 2), ("bug", 3), ("chained", 3), ("meta", 3), ("auth", 4), ("transient", 0)],
)
def test_run(leaky, how, code):
    """Neither outputs, documents, progress, errors, logs with -vv, tracebacks nor the trace show the secret."""
    task = leaky.task(type="leaky", custom={"how": how})
    result = leaky.run("run", task, "--json", "-vv")
    assert result.returncode == code, result.stderr
    assert spilled(result) == []
    assert "***" in result.stderr
    assert "trace: create leaky" in result.stderr
    assert spilled(leaky.run("-v", "run", task)) == []


def test_the_rest(leaky):
    """Nor do the other commands."""
    handle = leaky.run("run", leaky.task(type="leaky"), "--detach").stdout.strip()
    for command in ("status", "wait", "logs", "cancel"):
        result = leaky.run(command, handle, "-vv")
        assert spilled(result) == [], command
        assert "***" in result.stdout + result.stderr, command
    assert "TOKEN" in leaky("info", "leaky").stdout


def test_a_traceback_only_with_v(leaky):
    """A bug is named with connector and operation; its traceback takes -v."""
    task = leaky.task(type="leaky", custom={"how": "bug"})
    plain = leaky("run", task, code=3)
    assert "connector 'C' (task type `leaky`): create raised ValueError" in plain.stderr
    assert "Traceback (most recent call last)" in leaky.run("run", task, "-v").stderr
