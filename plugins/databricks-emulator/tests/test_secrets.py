"""The secrets API, and where secrets go."""

import base64

import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist

from fairlead_databricks_emulator import Emulator


@pytest.fixture
def scope(sdk):
    """A scope with one secret."""
    sdk.secrets.create_scope("scope")
    sdk.secrets.put_secret("scope", "key", string_value="a-secret-value")
    yield "scope"
    sdk.secrets.delete_scope("scope")


def test_put_get_list_delete(sdk, scope):
    """Secrets are put as text or bytes, returned as base64, listed without their values, and deleted."""
    sdk.secrets.put_secret(scope, "bytes", bytes_value=base64.b64encode(b"\x00\xff").decode())
    assert base64.b64decode(sdk.secrets.get_secret(scope, "bytes").value) == b"\x00\xff"
    assert base64.b64decode(sdk.secrets.get_secret(scope, "key").value) == b"a-secret-value"
    sdk.secrets.put_secret(scope, "key", string_value="another-value")
    assert base64.b64decode(sdk.secrets.get_secret(scope, "key").value) == b"another-value"
    listed = list(sdk.secrets.list_secrets(scope))
    assert [item.key for item in listed] == ["bytes", "key"]
    assert all(item.last_updated_timestamp > 0 for item in listed)
    sdk.secrets.delete_secret(scope, "bytes")
    assert [item.key for item in sdk.secrets.list_secrets(scope)] == ["key"]
    assert [item.name for item in sdk.secrets.list_scopes()] == ["scope"]


def test_errors(sdk, client, scope):
    """What is not there is a 404, what is there already a 400, and so is a wrong name or value."""
    for act in (
        lambda: sdk.secrets.get_secret("none", "key"),
        lambda: sdk.secrets.get_secret(scope, "none"),
        lambda: sdk.secrets.put_secret("none", "key", string_value=""),
        lambda: sdk.secrets.delete_secret(scope, "none"),
        lambda: sdk.secrets.delete_scope("none"),
        lambda: list(sdk.secrets.list_secrets("none")),
    ):
        with pytest.raises(ResourceDoesNotExist):
            act()
    with pytest.raises((ResourceAlreadyExists, BadRequest), match="already exists"):
        sdk.secrets.create_scope(scope)
    for act in (
        lambda: sdk.secrets.create_scope(".."),
        lambda: sdk.secrets.create_scope("a/b"),
        lambda: sdk.secrets.put_secret(scope, "key"),
        lambda: sdk.secrets.put_secret(scope, "key", bytes_value="?"),
    ):
        with pytest.raises(InvalidParameterValue):
            act()


def test_outputs_are_redacted(client, scope):
    """A secret is in no output of a task, whatever leads there."""
    run = client.run(client.python("import sys\nprint('a-secret-value')\nsys.exit('failed: a-secret-value')"))
    output = client.output(run)
    assert output["logs"].startswith("[REDACTED]\n")
    assert output["error"] == "SystemExit: failed: [REDACTED]"
    exported = client.run(client.notebook("dbutils.notebook.exit('a-secret-value')"))
    page = client.get("runs/export", run_id=exported["tasks"][0]["run_id"]).json()["views"][0]["content"]
    assert "[REDACTED]" in page


def test_longest_first(sdk, client, scope):
    """Where one secret is a part of another, the whole of the other is redacted."""
    sdk.secrets.put_secret(scope, "part", string_value="secret")
    sdk.secrets.put_secret(scope, "empty", string_value="")
    assert client.output(client.run(client.python("print('a-secret-value, secret')")))["logs"] == (
        "[REDACTED], [REDACTED]\n"
    )


def test_references(client, scope):
    """`{{secrets/scope/key}}` in the variables of a cluster is replaced in the process, and nowhere else."""
    code = "import os\nassert os.environ['PASSWORD'] == 'a-' + 'secret-value'"
    cluster = {"num_workers": 0, "spark_env_vars": {"PASSWORD": "{{secrets/scope/key}}"}}
    run = client.run(client.python(code, new_cluster=cluster))
    assert run["state"]["result_state"] == "SUCCESS"
    assert run["tasks"][0]["new_cluster"] == cluster
    wrong = {"num_workers": 0, "spark_env_vars": {"PASSWORD": "{{secrets/scope/none}}"}}
    error = client.output(client.run(client.python("", new_cluster=wrong)))["error"]
    assert "Secret does not exist with scope: scope and key: none" in error


def test_given_to_the_emulator(tmp_path, connected):
    """Secrets can be given from Python, and are kept where only their owner reads them."""
    with Emulator(data=tmp_path / "data", secrets={"s": {"k": "given-value"}}) as emulator:
        client = connected(emulator)
        run = client.run(client.notebook("dbutils.notebook.exit(len(dbutils.secrets.get('s', 'k')))"))
        assert client.output(run)["notebook_output"]["result"] == "11"
    file = tmp_path / "data" / "secrets" / "s" / "k"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
