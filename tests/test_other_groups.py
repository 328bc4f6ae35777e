"""Commands, hosts and local stand-ins of plugins."""

import json
import re

import pytest

COMMAND = """
    import click

    @click.command()
    @click.option("--name", default="world")
    def hello(name):
        click.echo(f"hello {name}")

    no_command = 5
"""

CONNECTOR = """
    from contextlib import asynccontextmanager
    from pathlib import Path
    from fairlead import LocalBackend, Phase, Resource, SyncConnector

    class C(SyncConnector):
        "Needs its system."

        task_type = "remote"

        async def do(self, task, inputs, context):
            if "url" not in context.configs:
                return Resource(phase=Phase.FAILED, message="no system")
            secret = await context.secret("TOKEN")
            return Resource(phase=Phase.SUCCEEDED, outputs={"url": context.configs["url"], "length": len(secret)})

    @asynccontextmanager
    async def system():
        Path("started").touch()
        try:
            yield LocalBackend(configs={"url": "http://127.0.0.1:1"}, secrets={"TOKEN": "secret"})
        finally:
            Path("ended").touch()

    @asynccontextmanager
    async def broken():
        raise OSError("port in use")
        yield

    @asynccontextmanager
    async def wrong():
        yield 5

    def nothing():
        return None
"""


def test_a_command(fairlead, site):
    """A click command of a plugin is one of fairlead's."""
    site.add(
        "cmd",
        entry_points="[fairlead.commands]\nhello = cmd_mod:hello",
        modules={"cmd_mod": COMMAND},
        summary="Greets.",
    )
    assert "\n  hello    Greets." in fairlead("--help").stdout
    assert fairlead("hello", "--name", "you").stdout == "hello you\n"
    assert "Did you mean `hello`" in fairlead("helo", code=2).stderr


def test_a_host(fairlead, site):
    """A host is a command under `serve`."""
    site.add(
        "host", entry_points="[fairlead.hosts]\nmine = cmd_mod:hello", modules={"cmd_mod": COMMAND}, summary="Serves."
    )
    assert re.search(r"mine +Serves\.", fairlead("serve", "--help").stdout)
    assert fairlead("serve", "mine").stdout == "hello world\n"


def test_what_is_no_command(fairlead, site):
    """An entry point that names something else is explained, also by doctor."""
    site.add("cmd", entry_points="[fairlead.commands]\nhello = cmd_mod:no_command", modules={"cmd_mod": COMMAND})
    assert "`cmd_mod:no_command` is not a click command" in fairlead("hello", code=3).stderr
    assert "is not a click command" in fairlead("doctor", "hello", code=1).stdout


@pytest.fixture
def remote(fairlead, site):
    def install(backend):
        text = f"[fairlead.connectors]\nremote = r_mod:C\n[fairlead.local_backends]\nremote = r_mod:{backend}\n"
        site.add("remote", entry_points=text, modules={"r_mod": CONNECTOR})
        return fairlead

    return install


def test_a_local_stand_in(remote):
    """--local starts the stand-in, gives the connector its configs and secrets, and ends it."""
    fairlead = remote("system")
    assert "no system" in fairlead("run", "remote", code=1).stderr
    assert not (fairlead.folder / "started").exists()
    output = fairlead("run", "remote", "--local").stdout
    assert json.loads(output) == {"url": "http://127.0.0.1:1", "length": 6}
    assert (fairlead.folder / "ended").exists()


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        ("broken", "the stand-in did not start: OSError: port in use"),
        ("wrong", "the stand-in gave a int, not a LocalBackend"),
        ("nothing", "the stand-in did not start: TypeError"),
        ("absent", "failed at stage attribute"),
    ],
)
def test_a_broken_stand_in(remote, backend, message):
    """A stand-in that does not start is named with its distribution."""
    error = remote(backend)("run", "remote", "--local", code=3).stderr
    assert message in error
    assert "remote 1.0" in error
