"""Connectors that do what a test says, call by call."""

import asyncio
from types import SimpleNamespace

from fairlead import AsyncConnector, LogLine, LogPage, Phase, Resource, ResourceMeta, SyncConnector


class Job(ResourceMeta):
    job_id: str


class Script:
    """A method that does one step a call, the last one again and again, and writes its calls down.

    A step is what to return or to raise, or an async function of the call's arguments.
    """

    def __init__(self, *steps):
        self.steps = list(steps)
        self.calls = []

    def will(self, *steps):
        self.steps = list(steps)

    async def __call__(self, *arguments):
        self.calls.append(SimpleNamespace(arguments=arguments, context=arguments[-1]))
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if asyncio.iscoroutinefunction(step):
            step = await step(*arguments)
        if isinstance(step, BaseException):
            raise step
        return step


class Jobs(AsyncConnector[Job]):
    """Jobs that begin, go on and end as a test says."""

    name = "Jobs"
    task_type = "jobs"

    def __init__(self):
        self.creates = Script(self.next_job)
        self.gets = Script(Resource(phase=Phase.RUNNING))
        self.deletes = Script(None)

    async def next_job(self, *_):
        return Job(job_id=f"job-{len(self.creates.calls)}")

    async def create(self, task, inputs, context):
        return await self.creates(task, inputs, context)

    async def get(self, meta, context):
        return await self.gets(meta, context)

    async def delete(self, meta, context):
        return await self.deletes(meta, context)


class Answers(SyncConnector):
    """Answers at once as a test says; without that, with its inputs."""

    name = "Answers"
    task_type = "answers"

    def __init__(self):
        self.does = Script(self.echo)

    async def echo(self, task, inputs, context):
        return Resource(phase=Phase.SUCCEEDED, outputs=inputs)

    async def do(self, task, inputs, context):
        return await self.does(task, inputs, context)


class Endless(Jobs):
    """Jobs with a log without end."""

    task_type = "endless"

    def __init__(self):
        super().__init__()
        self.ended = asyncio.Event()

    async def get_logs(self, meta, context, *, token=""):
        try:
            while True:
                yield LogPage((LogLine("x" * 100_000),), "1")
                await asyncio.sleep(0)
        finally:
            self.ended.set()
