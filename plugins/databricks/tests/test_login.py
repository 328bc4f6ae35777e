"""Where the workspace and the credential of a request come from."""

import pytest

from fairlead import AuthenticationError, Context, InvalidTask
from fairlead_databricks.credentials import SdkCredentials, ServicePrincipal
from fairlead_databricks.login import find_credentials, find_instance

FILE = """
[DEFAULT]
host = https://default.example.com
token = default-token

[second]
host = https://second.example.com/
client_id = id
client_secret = secret-of-second
"""
OWN_LOGINS = ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "FLYTE_DATABRICKS_ACCESS_TOKEN")


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in ("HOST", "TOKEN", "CLIENT_ID", "CLIENT_SECRET", "CONFIG_PROFILE", "AUTH_TYPE"):
        monkeypatch.delenv(f"DATABRICKS_{name}", raising=False)
    for name in ("FLYTE_DATABRICKS_INSTANCE", "FLYTE_DATABRICKS_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))
    monkeypatch.setenv("FAIRLEAD_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def headers(credentials):
    return credentials._headers["Authorization"]


async def found(instance="default.example.com", secret="", **context):
    credentials, _ = await find_credentials(instance, secret, Context(**context))
    return credentials


def test_the_order_of_instances(monkeypatch, clean):
    """The task, then the request, then Flyte's variable, then the environment, then the profile."""
    (clean / "databrickscfg").write_text(FILE)
    assert find_instance("", Context()) == "default.example.com"
    monkeypatch.setenv("DATABRICKS_HOST", "https://env.example.com")
    assert find_instance("", Context()) == "env.example.com"
    monkeypatch.setenv("FLYTE_DATABRICKS_INSTANCE", "flyte.example.com")
    assert find_instance("", Context()) == "flyte.example.com"
    assert find_instance("", Context(configs={"databricks_host": "request.example.com"})) == "request.example.com"
    assert find_instance("https://task.example.com/", Context()) == "task.example.com"


def test_no_instance():
    """Without any, the error says how to give one."""
    with pytest.raises(InvalidTask, match="no Databricks workspace is given"):
        find_instance("", Context())


async def test_the_order_of_credentials(monkeypatch, clean):
    """The task's secret, then the request's, then a plugin's, then the environment, then the profile."""
    (clean / "databrickscfg").write_text(FILE)
    assert headers(await found()) == "Bearer default-token"
    monkeypatch.setenv("DATABRICKS_HOST", "default.example.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", "env-token")
    assert headers(await found()) == "Bearer env-token"

    async def plugin(name, context):
        return "plugin-token" if name == "DATABRICKS_TOKEN" else None

    assert headers(await found(secret_source=plugin)) == "Bearer plugin-token"
    secrets = {"DATABRICKS_TOKEN": "request-token", "TEAM": "task-token"}
    assert headers(await found(secret_source=plugin, secrets=secrets)) == "Bearer request-token"
    assert headers(await found(secret_source=plugin, secrets=secrets, secret="TEAM")) == "Bearer task-token"


async def test_a_profile(monkeypatch, clean):
    """A named profile gives host and service principal."""
    (clean / "databrickscfg").write_text(FILE)
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "second")
    assert find_instance("", Context()) == "second.example.com"
    assert type(await found("second.example.com")) is ServicePrincipal


async def test_a_credential_is_not_sent_elsewhere(monkeypatch, clean):
    """A task cannot have the platform's token sent to a host of its own choice."""
    monkeypatch.setenv("DATABRICKS_HOST", "mine.example.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", "platform-token")
    monkeypatch.setenv("FLYTE_DATABRICKS_INSTANCE", "mine.example.com")
    monkeypatch.setenv("FLYTE_DATABRICKS_ACCESS_TOKEN", "flyte-token")
    assert headers(await found("mine.example.com")) == "Bearer platform-token"
    with pytest.raises(AuthenticationError, match="no credential for evil.example.com"):
        await found("evil.example.com")


@pytest.fixture
def platform(monkeypatch):
    """The platform's own workspace, and a login of every kind that belongs to it."""
    monkeypatch.setenv("DATABRICKS_HOST", "mine.example.com")
    for name in OWN_LOGINS:
        monkeypatch.setenv(name, f"value-of-{name}")


@pytest.mark.parametrize("name", OWN_LOGINS)
async def test_a_task_cannot_name_the_platforms_login(platform, name):
    """By its name, a login of the platform is sent to the platform's workspace, and to no other."""
    assert headers(await found("mine.example.com", name)) == f"Bearer value-of-{name}"
    with pytest.raises(AuthenticationError, match=f"`{name}` is a login of the platform.* not to evil.example.com"):
        await found("evil.example.com", name)


@pytest.mark.parametrize("name", OWN_LOGINS)
async def test_a_mounted_login_of_the_platform(clean, monkeypatch, name):
    """It makes no difference that the platform has mounted its login, or gives it as a secret."""
    (clean / name).write_text("mounted")
    monkeypatch.setenv(f"FAIRLEAD_SECRET_{name}", "given")
    monkeypatch.setenv("FLYTE_DATABRICKS_INSTANCE", "mine.example.com")
    assert headers(await found("mine.example.com", name)) == "Bearer given"
    with pytest.raises(AuthenticationError, match="not to evil.example.com"):
        await found("evil.example.com", name)


async def test_the_requests_own_secrets_go_where_the_request_wants(platform):
    """What comes with the request belongs to it, whatever its name."""
    for name in OWN_LOGINS:
        assert headers(await found("other.example.com", name, secrets={name: "own"})) == "Bearer own"


async def test_a_task_cannot_name_any_variable(monkeypatch, clean):
    """A variable of the process is no secret for tasks, unless it is given as one; a mounted file is."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-process")
    with pytest.raises(AuthenticationError, match="set FAIRLEAD_SECRET_AWS_SECRET_ACCESS_KEY$") as caught:
        await found("mine.example.com", "AWS_SECRET_ACCESS_KEY")
    assert "secret-of-the-process" not in str(caught.value)
    monkeypatch.setenv("FAIRLEAD_SECRET_AWS_SECRET_ACCESS_KEY", "meant-for-tasks")
    assert headers(await found("mine.example.com", "AWS_SECRET_ACCESS_KEY")) == "Bearer meant-for-tasks"
    (clean / "TEAM").write_text("mounted\n")
    assert headers(await found("mine.example.com", "TEAM")) == "Bearer mounted"


async def test_nothing_reaches_a_host_that_may_not_have_it(lifecycle, emulator, context, databricks, monkeypatch):
    """Another workspace than the platform's gets no request at all, whatever secret the task names."""
    monkeypatch.setenv("DATABRICKS_HOST", "https://prod.example.com")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-process")
    monkeypatch.setenv("DATABRICKS_TOKEN", "platform-token")
    for name in ("DATABRICKS_TOKEN", "AWS_SECRET_ACCESS_KEY", ""):
        custom = {"databricksInstance": emulator.host, "databricksTokenSecret": name}
        task = databricks({"notebook_task": {"notebook_path": "/n"}}, **custom)
        with pytest.raises(AuthenticationError):
            await lifecycle.create(task, {}, context(secrets={}))
    assert len(emulator.requests) == 0


async def test_the_profiles_token_stays_with_its_host(lifecycle, emulator, context, databricks, monkeypatch, clean):
    """A profile of another workspace than DATABRICKS_HOST is refused; its token is not sent."""
    (clean / "databrickscfg").write_text("[dev]\nhost = https://dev.example.com\ntoken = token-of-dev\n")
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "dev")
    monkeypatch.setenv("DATABRICKS_HOST", emulator.host)
    task = databricks({"notebook_task": {"notebook_path": "/n"}})
    with pytest.raises(AuthenticationError, match=f"{emulator.host}, but the profile 'dev' is of dev.example.com"):
        await lifecycle.create(task, {}, context(secrets={}))
    assert len(emulator.requests) == 0


async def test_other_logins_are_for_the_platforms_workspace(monkeypatch):
    """What databricks-sdk finds is not sent to a host that only the request names."""
    with pytest.raises(AuthenticationError, match="no credential for evil.example.com"):
        await found("evil.example.com", configs={"databricks_host": "evil.example.com"})
    monkeypatch.setenv("FLYTE_DATABRICKS_INSTANCE", "mine.example.com")
    assert type(await found("mine.example.com")) is SdkCredentials


async def test_the_auth_type(emulator, monkeypatch):
    """`oauth-m2m` passes over a token, `pat` over a service principal; of another kind, neither of them is."""
    given = {"HOST": emulator.host, "CLIENT_ID": emulator.client_id, "CLIENT_SECRET": "s", "TOKEN": "stale"}
    for name, value in given.items():
        monkeypatch.setenv(f"DATABRICKS_{name}", value)
    assert headers(await found(emulator.host)) == "Bearer stale"
    monkeypatch.setenv("DATABRICKS_AUTH_TYPE", "oauth-m2m")
    assert type(await found(emulator.host)) is ServicePrincipal
    monkeypatch.setenv("DATABRICKS_AUTH_TYPE", "pat")
    assert headers(await found(emulator.host)) == "Bearer stale"
    monkeypatch.setenv("DATABRICKS_AUTH_TYPE", "azure-cli")
    assert type(await found(emulator.host)) is SdkCredentials
    monkeypatch.setattr("fairlead_databricks.login._has_sdk", lambda: False)
    with pytest.raises(AuthenticationError, match=r"no credential of the auth_type `azure-cli` .*install fairlead-dat"):
        await found(emulator.host)


async def test_an_unknown_auth_type(lifecycle, emulator, context, databricks, monkeypatch):
    """A kind of login that nobody knows is named in the error."""
    for name, value in {"HOST": emulator.host, "TOKEN": emulator.token, "AUTH_TYPE": "password"}.items():
        monkeypatch.setenv(f"DATABRICKS_{name}", value)
    with pytest.raises(AuthenticationError, match="password"):
        await lifecycle.create(databricks({"notebook_task": {"notebook_path": "/n"}}), {}, context(secrets={}))


async def test_a_token_with_a_newline(monkeypatch, clean):
    """White space around a token, as at the end of a file, does not count."""
    monkeypatch.setenv("DATABRICKS_HOST", "mine.example.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", " env-token\r\n")
    assert headers(await found("mine.example.com")) == "Bearer env-token"
    assert headers(await found("mine.example.com", "TEAM", secrets={"TEAM": "own\n"})) == "Bearer own"


@pytest.mark.parametrize("value", ["dapi-\u00e9-hidden", "two-hidden words-hidden", "\n", "one-hidden\ntwo-hidden"])
@pytest.mark.parametrize("name", ["DATABRICKS_TOKEN", "FLYTE_DATABRICKS_ACCESS_TOKEN"])
async def test_what_is_no_token(monkeypatch, name, value):
    """What no header can carry is refused by the name of its variable, without its value."""
    monkeypatch.setenv("DATABRICKS_HOST", "mine.example.com")
    for secrets in ({name: value}, {}):
        monkeypatch.setenv(name, "" if secrets else value)
        with pytest.raises(AuthenticationError) as caught:
            await found("mine.example.com", name, secrets=secrets)
        assert f"`{name}`" in str(caught.value)
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("host", ["https://host:abc", "https://[abc", "my workspace.com"])
async def test_a_host_that_is_none(monkeypatch, host):
    """The error says where the host was given, also where another one is asked for."""
    monkeypatch.setenv("DATABRICKS_HOST", host)
    monkeypatch.setenv("DATABRICKS_TOKEN", "platform-token")
    with pytest.raises(InvalidTask, match="^DATABRICKS_HOST.* is not a Databricks instance; write its host name"):
        find_instance("", Context())
    with pytest.raises(InvalidTask, match="^DATABRICKS_HOST.* is not a Databricks instance"):
        await found("other.example.com")
    with pytest.raises(InvalidTask, match="^`custom.databricksInstance`: "):
        find_instance(host, Context())


async def test_flytes_own_token(monkeypatch):
    """The variable that flytekit's connector uses still works."""
    monkeypatch.setenv("FLYTE_DATABRICKS_ACCESS_TOKEN", "flyte-token")
    assert headers(await found("any.example.com")) == "Bearer flyte-token"


async def test_secrets_are_known_to_the_redactor(monkeypatch, clean):
    """Whatever was found is kept out of messages from then on."""
    (clean / "databrickscfg").write_text(FILE)
    context = Context()
    await find_credentials("default.example.com", "", context)
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "second")
    await find_credentials("second.example.com", "", context)
    assert context.redactor.redact("default-token secret-of-second") == "*** ***"
