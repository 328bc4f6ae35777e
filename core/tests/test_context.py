"""Contexts: keys, deadlines and where secrets come from."""

import pytest

from fairlead import AuthenticationError, Context, Deadline, InvalidTask


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("FAIRLEAD_SECRETS_DIR", str(tmp_path))
    return tmp_path


async def source(name, context):
    return {"HOOKED": "from-the-hook", "REQUESTED": "from-the-hook"}.get(name)


async def test_the_requests_own_secret_comes_first(monkeypatch):
    """The request, then the hook, then the environment, then a mounted file."""
    monkeypatch.setenv("HOOKED", "from-the-environment")
    context = Context(secrets={"REQUESTED": "from-the-request"}, secret_source=source)
    assert await context.secret("REQUESTED") == "from-the-request"
    assert await context.secret("HOOKED") == "from-the-hook"


async def test_environment_then_file(monkeypatch, no_secrets):
    """A variable with the prefix beats one without, and both beat the file, whose line end does not count."""
    (no_secrets / "NAME").write_text("from-the-file\n")
    context = Context(secret_source=source)
    assert await context.secret("NAME") == "from-the-file"
    monkeypatch.setenv("NAME", "from-the-environment")
    assert await context.secret("NAME") == "from-the-environment"
    monkeypatch.setenv("FAIRLEAD_SECRET_NAME", "with-the-prefix")
    assert await context.secret("NAME") == "with-the-prefix"


async def test_an_empty_variable_is_none(monkeypatch, no_secrets):
    """What is set to nothing is looked for further on, and missing where it is nowhere else."""
    monkeypatch.setenv("FAIRLEAD_SECRET_NAME", "")
    monkeypatch.setenv("NAME", "from-the-environment")
    assert await Context().secret("NAME") == "from-the-environment"
    monkeypatch.setenv("NAME", "")
    with pytest.raises(AuthenticationError, match="`NAME` not found"):
        await Context().secret("NAME")
    (no_secrets / "NAME").write_text("from-the-file")
    assert await Context().secret("NAME") == "from-the-file"


async def test_a_missing_secret_is_named():
    """The error says which secret, and how to give it."""
    with pytest.raises(
        AuthenticationError, match="`ABSENT` not found: set the environment variable FAIRLEAD_SECRET_ABSENT"
    ):
        await Context().secret("ABSENT")


@pytest.mark.parametrize("name", ["../passwd", "/etc/passwd", "a/b", ".."])
async def test_a_name_is_no_path(name, no_secrets):
    """A secret's name cannot lead out of the folder."""
    (no_secrets.parent / "passwd").write_text("root")
    with pytest.raises(AuthenticationError, match="not found"):
        await Context().secret(name)


async def test_an_unreadable_file_is_named(no_secrets):
    """A mounted secret that is no text is an error of its own, without its content."""
    (no_secrets / "BINARY").write_bytes(b"\xff\xfesecret")
    with pytest.raises(AuthenticationError, match="`BINARY` cannot be read from .*: UnicodeDecodeError") as caught:
        await Context().secret("BINARY")
    assert caught.value.__cause__ is None


async def test_secrets_are_redacted_from_then_on():
    """What was handed out is known to the redactor, and not in the context's repr."""
    context = Context(secrets={"A": "request-secret"}, configs={"B": "config-value"}, secret_source=source)
    await context.secret("HOOKED")
    assert context.redactor.redact("request-secret from-the-hook") == "*** ***"
    assert "request-secret" not in repr(context)
    assert "config-value" not in repr(context)


def test_a_key_has_a_limit():
    """An idempotency key is at most 64 characters long."""
    assert Context(idempotency_key="x" * 64)
    with pytest.raises(InvalidTask, match="65 characters; at most 64"):
        Context(idempotency_key="x" * 65)


def test_deadlines():
    """What remains never falls below 0; None is never."""
    assert Deadline.after(-5).remaining == 0
    assert 0 < Deadline.after(100).remaining <= 100
    assert Deadline.after(None).remaining == float("inf")
