"""What the environment and a profile give."""

import pytest

from fairlead import AuthenticationError
from fairlead_databricks.settings import Settings

FILE = """
[DEFAULT]
host = https://default.example.com
token = default-token

[second]
host = https://second.example.com/
client_id = id
client_secret = secret-of-second

[both]
host = https://both.example.com
auth_type = oauth-m2m
token = stale
client_id = id
client_secret = secret

[empty]
"""


@pytest.fixture
def read(tmp_path):
    """A function that reads a file, and the variables that are given, without the part `DATABRICKS_`."""
    path = tmp_path / "databrickscfg"

    def read(file=FILE, **variables):
        path.write_bytes(file if isinstance(file, bytes) else file.encode())
        environment = {f"DATABRICKS_{name}": value for name, value in variables.items()}
        return Settings.read({"DATABRICKS_CONFIG_FILE": str(path), **environment})

    return read


def test_the_default_profile_may_be_named_in_the_file(read):
    """`[__settings__] default_profile` takes the place of DEFAULT."""
    assert read().host == "https://default.example.com"
    assert read(FILE + "[__settings__]\ndefault_profile = second\n").host == "https://second.example.com/"


def test_a_profile_that_is_not_there(read):
    """It is named, and those that are there."""
    with pytest.raises(AuthenticationError, match="no profile 'third' in .*; there are: DEFAULT, second, both, empty"):
        read(CONFIG_PROFILE="third")


def test_the_file_is_skipped_where_the_environment_has_either(read):
    """Host or credential in the environment, and no profile named: the file is not read."""
    assert read("not [ a file", HOST="env.example.com") == Settings(host="env.example.com")
    assert read("not [ a file", TOKEN="t") == Settings(token="t")


def test_a_broken_file_is_named(read):
    """A file that cannot be read is an error without its content."""
    with pytest.raises(AuthenticationError, match="databrickscfg cannot be read: MissingSectionHeaderError") as caught:
        read("token = secret-token")
    assert "secret-token" not in str(caught.value)


def test_a_byte_order_mark(read):
    """A file as editors of Windows write it is read like any other."""
    assert read(FILE.strip().encode("utf-8-sig")).token == "default-token"


def test_white_space_does_not_count(read):
    """What stands around a value in a variable is no part of it."""
    found = read(HOST=" env.example.com\n", CLIENT_ID="id\n", CLIENT_SECRET="secret\r\n")
    assert found == Settings(host="env.example.com", client_id="id", client_secret="secret")


def test_two_hosts(read):
    """A profile of another host than DATABRICKS_HOST is refused, because its credential would be sent there."""
    with pytest.raises(AuthenticationError, match="is env.example.com, but the profile 'second' is of second.example"):
        read(HOST="https://env.example.com", CONFIG_PROFILE="second")
    assert read(HOST="second.example.com", CONFIG_PROFILE="second").client_secret == "secret-of-second"
    assert read(HOST="env.example.com", CONFIG_PROFILE="empty") == Settings(host="env.example.com")


def test_a_credential_of_the_environment_replaces_that_of_the_profile(read):
    """Where the environment can sign in alone, the profile only gives its host."""
    assert read(HOST="env.example.com", TOKEN="t", CONFIG_PROFILE="both") == Settings(host="env.example.com", token="t")
    assert read(TOKEN="t", CONFIG_PROFILE="both") == Settings(host="https://both.example.com", token="t")


def test_the_method(read):
    """A token comes first, unless `auth_type` says otherwise; of another kind of login, nothing here is meant."""
    assert [read(CONFIG_PROFILE=name).method for name in ("DEFAULT", "second", "both")] == [
        "pat",
        "oauth-m2m",
        "oauth-m2m",
    ]
    assert read(CONFIG_PROFILE="both", AUTH_TYPE="pat").method == "pat"
    assert read(CONFIG_PROFILE="second", AUTH_TYPE="pat").method == ""
    assert read(CONFIG_PROFILE="both", AUTH_TYPE="azure-cli").method == ""
