"""Where the workspace and the credential of a request come from."""

import pytest

from fairlead import AuthenticationError, Context, InvalidTask
from fairlead_databricks.credentials import ServicePrincipal
from fairlead_databricks.instances import base_url, instance_name
from fairlead_databricks.login import Settings, find_credentials, find_instance

FILE = """
[DEFAULT]
host = https://default.example.com
token = default-token

[second]
host = https://second.example.com/
client_id = id
client_secret = secret-of-second

[empty]
"""


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in ("HOST", "TOKEN", "CLIENT_ID", "CLIENT_SECRET", "CONFIG_PROFILE"):
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


@pytest.mark.parametrize(
    ("instance", "url"),
    [
        ("adb-1.2.azuredatabricks.net", "https://adb-1.2.azuredatabricks.net"),
        ("https://x.example.com/", "https://x.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_instances(instance, url):
    """An instance is a host name or a URL; its name reads back."""
    assert base_url(instance) == url
    assert base_url(instance_name(instance)) == url


@pytest.mark.parametrize(
    "instance",
    ["http://example.com", "http://10.0.0.1", "ftp://x", "https://user:password@x", "https://", "x/y", "https://x/y"],
)
def test_no_instances(instance):
    """A token is not sent in the clear, nor to what is no host."""
    with pytest.raises(InvalidTask):
        base_url(instance)


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
    """A named profile gives host and service principal; one that is not there is named."""
    (clean / "databrickscfg").write_text(FILE)
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "second")
    assert find_instance("", Context()) == "second.example.com"
    assert type(await found("second.example.com")) is ServicePrincipal
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "third")
    with pytest.raises(AuthenticationError, match="no profile 'third' in .*; there are: DEFAULT, second, empty"):
        Settings.read()


def test_the_default_profile_may_be_named_in_the_file(clean):
    """`[__settings__] default_profile` takes the place of DEFAULT."""
    (clean / "databrickscfg").write_text(FILE + "[__settings__]\ndefault_profile = second\n")
    assert Settings.read().host == "https://second.example.com/"


def test_the_file_is_skipped_where_the_environment_has_either(monkeypatch, clean):
    """Host or credential in the environment, and no profile named: the file is not read."""
    (clean / "databrickscfg").write_text("not [ a file")
    monkeypatch.setenv("DATABRICKS_HOST", "env.example.com")
    assert Settings.read() == Settings(host="env.example.com")


def test_a_broken_file_is_named(clean):
    """A file that cannot be read is an error without its content."""
    (clean / "databrickscfg").write_text("token = secret-token")
    with pytest.raises(AuthenticationError, match="databrickscfg cannot be read: MissingSectionHeaderError") as caught:
        Settings.read()
    assert "secret-token" not in str(caught.value)


async def test_a_credential_is_not_sent_elsewhere(monkeypatch, clean):
    """A task cannot have the platform's token sent to a host of its own choice."""
    monkeypatch.setenv("DATABRICKS_HOST", "mine.example.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", "platform-token")
    monkeypatch.setenv("FLYTE_DATABRICKS_INSTANCE", "mine.example.com")
    monkeypatch.setenv("FLYTE_DATABRICKS_ACCESS_TOKEN", "flyte-token")
    assert headers(await found("mine.example.com")) == "Bearer platform-token"
    with pytest.raises(AuthenticationError, match="no credential for evil.example.com"):
        await found("evil.example.com")


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
