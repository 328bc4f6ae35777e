"""What tests of the command line share: a real process, and connectors that it finds installed."""

import pytest
from command_line import CommandLine
from site_folder import Site

MODULE = """
    import asyncio
    import time
    from pathlib import Path
    from fairlead import AsyncConnector, AuthenticationError, Phase, Resource, ResourceMeta, SyncConnector

    class Same(SyncConnector):
        "Its inputs are its outputs."

        task_type = "same"

        async def do(self, task, inputs, context):
            return Resource(phase=Phase.SUCCEEDED, outputs=inputs)

    class Faulty(SyncConnector):
        "Has a bug, which its task names."

        task_type = "faulty"

        async def do(self, task, inputs, context):
            if task.custom["bug"] == "raise":
                raise ValueError("a mistake")
            if task.custom["bug"] == "phase":
                return Resource(phase=Phase.RUNNING)
            value = {"object": object(), "half": "\\ud800", "path": Path("a/b")}[task.custom["bug"]]
            return Resource(phase=Phase.SUCCEEDED, outputs={"value": value})

    class Job(ResourceMeta):
        end: float
        bug: str = ""

    class Timed(AsyncConnector[Job]):
        "Takes as long as its task says; deleted, it leaves a file."

        task_type = "timed"

        async def create(self, task, inputs, context):
            if wait := task.custom.get("refuse_after"):
                Path("creating").touch()
                await asyncio.sleep(wait)
                raise AuthenticationError("refused")
            return Job(time.time() + task.custom["seconds"], task.custom.get("bug", ""))

        async def get(self, meta, context):
            if time.time() < meta.end:
                return Resource(phase=Phase.RUNNING, message=f"{meta.end - time.time():.1f} s are left", poll_after=0.05)
            outputs = {"value": object() if meta.bug else 42}
            return Resource(phase=Phase.SUCCEEDED, outputs=outputs)

        async def delete(self, meta, context):
            Path("deleted").touch()
"""

ENTRY_POINTS = "[fairlead.connectors]\n" + "".join(
    f"{class_.lower()} = a_plugin:{class_}\n" for class_ in ("Same", "Faulty", "Timed")
)


@pytest.fixture
def fairlead(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    Site(folder).add("a-plugin", entry_points=ENTRY_POINTS, modules={"a_plugin": MODULE})
    command_line = CommandLine(tmp_path)
    command_line.environment["PYTHONPATH"] = str(folder)
    return command_line


@pytest.fixture
def install(fairlead):
    """Install one more distribution, `extra`, with one module, `extra`."""

    def install(entry_points, module):
        Site(fairlead.folder / "site").add("extra", entry_points=entry_points, modules={"extra": module})
        return fairlead

    return install
