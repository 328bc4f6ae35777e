"""Which names are instances."""

import pytest

from fairlead import InvalidTask
from fairlead_databricks.instances import base_url, instance_name, is_local


@pytest.mark.parametrize(
    ("instance", "url"),
    [
        ("adb-1.2.azuredatabricks.net", "https://adb-1.2.azuredatabricks.net"),
        ("https://x.example.com/", "https://x.example.com"),
        ("https://x.example.com:8443/?o=1", "https://x.example.com:8443"),
        (" x.example.com\n", "https://x.example.com"),
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
    [
        "http://example.com",
        "http://10.0.0.1",
        "ftp://x",
        "https://user:password@x",
        "http://user:password@x",
        "https://",
        "x/y",
        "https://x/y",
        "https://host:abc",
        "https://host:99999",
        "https://[abc",
        "https://[abc]",
        "my workspace.com",
        "wörkspace.example.com",
        "-x.example.com",
        "x%00.example.com",
    ],
)
def test_no_instances(instance):
    """A token is not sent in the clear, nor to what is no host; the error says where that was given, but no password."""
    with pytest.raises(InvalidTask, match="^DATABRICKS_HOST: ") as caught:
        base_url(instance, "DATABRICKS_HOST")
    assert "password" not in str(caught.value)


def test_this_machine():
    """What leads to this machine is told from all other hosts."""
    assert all(map(is_local, ("http://127.0.0.1:1", "https://localhost", "http://[::1]")))
    assert not any(map(is_local, ("https://10.0.0.1", "https://localhost.example.com", "https://x.example.com")))
