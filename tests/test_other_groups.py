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


def test_a_misspelt_host(fairlead, site):
    """A host that is not there is told as a command is: with the closest."""
    site.add("host", entry_points="[fairlead.hosts]\nmine = cmd_mod:hello", modules={"cmd_mod": COMMAND})
    assert "no command `mien`. Did you mean `mine`?" in fairlead("serve", "mien", code=2).stderr


BRIDGE = """
    import fairlead

    class Bridged(fairlead.SyncConnector):
        "Bridged from elsewhere."

        task_type = "bridged"

        def do(self, task, inputs, context):
            return fairlead.Resource(phase=fairlead.Phase.SUCCEEDED)

    class Foreign(Bridged):
        "Bridged from far away."

        __module__ = "elsewhere"
        task_type = "foreign"
        task_type_version = 2

    @fairlead.hookimpl
    def fairlead_register_connectors(registry):
        registry.register(Bridged)
        registry.register(Foreign)
"""
MAY_ADD = "plugins may add connectors that no entry point names; `fairlead list --verify` shows them too"


@pytest.fixture
def bridge(fairlead, site):
    site.add("the-bridge", entry_points="[fairlead.plugins]\nbridge = bridge_mod", modules={"bridge_mod": BRIDGE})
    fairlead.environment["FAIRLEAD_DISABLE_PLUGINS"] = "flyte_bridge"
    return fairlead


def test_list_shows_what_hooks_register(bridge):
    """Without loading, `list` says that there may be more; with --verify it shows them with the bridge's package."""
    result = bridge("list")
    assert ("bridged" in result.stdout, MAY_ADD in result.stderr) == (False, True)
    assert MAY_ADD not in bridge("list", FAIRLEAD_PLUGINS="echo").stderr
    result = bridge("list", "--verify", "--json", FAIRLEAD_PLUGINS="the-bridge")
    shown = [one for one in json.loads(result.stdout)["connectors"] if one["status"] == "available"]
    assert [(one["task_type"], one["version"], one["package"], one["summary"]) for one in shown] == [
        ("bridged", 0, "the-bridge", "Bridged from elsewhere."),
        ("foreign", 2, "the-bridge", "Bridged from far away."),
    ]
    assert MAY_ADD not in result.stderr


def test_list_outlives_a_bridge(bridge, site):
    """A hook that ends the process is told of, and all else is listed."""
    site.add(
        "rude",
        entry_points="[fairlead.plugins]\nrude = rude_mod",
        modules={"rude_mod": "import os\nos._exit(3)"},
    )
    result = bridge("list", "--verify", FAIRLEAD_PLUGINS="rude,echo")
    assert "what hook plugins register cannot be told; `fairlead doctor` says why" in result.stderr
    assert "fairlead-echo" in result.stdout


def test_info_of_what_hooks_register(bridge):
    """The package is that of the bridge, also where the class is somebody else's."""
    for name in ("bridged", "foreign.v2"):
        assert json.loads(bridge("info", name, "--json").stdout)["package"] == "the-bridge"


def test_doctor_knows_what_hooks_register(bridge):
    """Asked for such a connector, doctor looks at the plugin that registers it."""
    result = bridge("doctor", "foreign.v2")
    assert "no entry point names `foreign.v2`: a hook of the-bridge 1.0 registers it" in result.stderr
    assert "ok    bridge  (the-bridge 1.0, fairlead.plugins, stage ready" in result.stdout
    assert "Did you mean `foreign.v2`?" in bridge("doctor", "foriegn.v2", code=2).stderr


def test_doctor_shows_a_hint_once(fairlead, site):
    """A failed check is told with what is wrong, then what to do, each once."""
    site.add("cmd", entry_points="[fairlead.commands]\nhello = cmd_mod:no_command", modules={"cmd_mod": COMMAND})
    site.add("hook", entry_points="[fairlead.plugins]\nhook = cmd_mod:hello")
    output = fairlead("doctor", code=1).stdout
    assert output.count("Its author must name a click command.") == 1
    assert output.count("Its hooks must be marked with fairlead.hookimpl") == 1
    assert ".." not in output


def test_doctor_takes_the_exact_name_first(fairlead, site):
    """`farm_v2` is not `farm.v2` where there is a `farm_v2`."""
    text = "[fairlead.connectors]\nfarm.v2 = f_mod:A\nfarm_v2 = f_mod:B"
    site.add("farms", entry_points=text, modules={"f_mod": ""})
    assert "farm.v2" not in fairlead("doctor", "farm_v2", code=1).stdout
    assert "farm.v2" in fairlead("doctor", "FARM-v2", code=1).stdout


@pytest.mark.parametrize("command", ["list", "doctor"])
@pytest.mark.parametrize("variable", ["FAIRLEAD_DISABLE_PLUGINS", "FAIRLEAD_PLUGINS"])
def test_names_of_nothing_are_told(fairlead, site, command, variable):
    """A name in a variable that nothing has is a warning with the closest; those of other groups are known."""
    site.add("flytekitplugins-acme", entry_points="[flytekit.plugins]\nacme_batch = acme_mod")
    error = fairlead(command, **{variable: "ecoh, nix, Echo, acme_batch, flytekitplugins.acme"}).stderr
    warnings = [line for line in error.splitlines() if "names `" in line]
    assert warnings == [
        f"warning: {variable} names `ecoh`, and no plugin of that name is installed. Did you mean `echo`?",
        f"warning: {variable} names `nix`, and no plugin of that name is installed.",
    ]


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
