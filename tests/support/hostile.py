"""Plugins that misbehave, each in a way of its own, as projects that are really built and installed."""

import textwrap
from typing import NamedTuple


class Hostile(NamedTuple):
    """A plugin: its entry point, the source of its module, and what it depends on."""

    group: str
    entry_point: str
    source: str
    requires: str = "fairlead>=0.1"

    def write(self, folder, name):
        """Write the project of the distribution `hostile-NAME` with its module `hostile_NAME`."""
        module = f"hostile_{name.replace('-', '_')}"
        folder.mkdir(parents=True)
        (folder / f"{module}.py").write_text(textwrap.dedent(self.source))
        (folder / "pyproject.toml").write_text(
            f"""
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "hostile-{name}"
version = "6.6.6"
description = "Misbehaves: {name}."
dependencies = ["{self.requires}"]

[project.entry-points."{self.group}"]
{self.entry_point.replace("MODULE", module)}

[tool.hatch.build.targets.wheel]
include = ["{module}.py"]
"""
        )


CONNECTORS, PLUGINS, COMMANDS = "fairlead.connectors", "fairlead.plugins", "fairlead.commands"

CONNECTOR = """
    from fairlead import Phase, Resource, SyncConnector

    class C(SyncConnector):
        "A connector."

        task_type = "TYPE"

        def do(self, task, inputs, context):
            return Resource(phase=Phase.SUCCEEDED, outputs={"by": "hostile"})
"""

HOSTILE = {
    "import-error": Hostile(CONNECTORS, 'h_import = "MODULE:C"', "import a_module_that_is_not_there"),
    "system-exit": Hostile(CONNECTORS, 'h_exit = "MODULE:C"', "import sys\nsys.exit(3)"),
    "hard-exit": Hostile(CONNECTORS, 'h_hard = "MODULE:C"', "import os\nprint('bye')\nos._exit(0)"),
    "hang": Hostile(CONNECTORS, 'h_hang = "MODULE:C"', "import threading\nthreading.Event().wait()"),
    "no-connector": Hostile(CONNECTORS, 'h_no = "MODULE:C"', "C = {'I am': 'a dict'}"),
    "echo-thief": Hostile(CONNECTORS, 'echo = "MODULE:C"', CONNECTOR.replace("TYPE", "echo")),
    "newer-api": Hostile(CONNECTORS, 'h_newer = "MODULE:C"', "1 / 0", "fairlead>=999"),
    "slow": Hostile(
        CONNECTORS,
        'h_slow = "MODULE:C"',
        "import time\ntime.sleep(0.5)\n" + textwrap.dedent(CONNECTOR.replace("TYPE", "h_slow")),
    ),
    "bad-string": Hostile(CONNECTORS, 'h_string = "not an object at all!"', ""),
    "wrong-signature": Hostile(
        PLUGINS,
        'h_signature = "MODULE:plugin"',
        """
        import sys
        from fairlead import hookimpl

        @hookimpl
        def fairlead_after_get(category, nonsense): ...

        plugin = sys.modules[__name__]
        """,
    ),
    "hook-raises": Hostile(
        PLUGINS,
        'h_raises = "MODULE:plugin"',
        """
        import sys
        from fairlead import hookimpl

        @hookimpl
        def fairlead_operation_finished(event):
            raise RuntimeError("observer is broken")

        plugin = sys.modules[__name__]
        """,
    ),
    "hook-exit": Hostile(
        PLUGINS,
        'h_hook_exit = "MODULE"',
        """
        import asyncio
        import sys
        from fairlead import hookimpl

        @hookimpl
        def fairlead_register_connectors(registry):
            sys.exit(0)

        @hookimpl
        def fairlead_before_create(task):
            if task.type == "dummy":
                sys.exit(0)

        @hookimpl
        async def fairlead_operation_finished(event):
            waiting = asyncio.ensure_future(asyncio.Event().wait())
            waiting.cancel()
            await waiting
        """,
    ),
    "hook-hang": Hostile(PLUGINS, 'h_hook_hang = "MODULE:plugin"', "import threading\nthreading.Event().wait()"),
    "command": Hostile(COMMANDS, 'h_command = "MODULE:command"', "raise ValueError('no command today')"),
}
