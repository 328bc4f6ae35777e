"""An external system in memory, and its connectors."""

from fairlead import AsyncConnector, Phase, Resource, ResourceMeta, SyncConnector


class Job(ResourceMeta):
    job_id: str


class Jobs(AsyncConnector[Job]):
    """Jobs in memory: a script of answers, each a Resource or an exception; the last one stays."""

    name = "Jobs"
    task_type = "jobs"

    def __init__(self):
        self.answers = [Resource(phase=Phase.SUCCEEDED, outputs={"answer": 42})]
        self.creates, self.deleted, self.keys = 0, [], []
        self.on_create = self.on_get = self.on_delete = None

    async def create(self, task, inputs, context):
        self.creates += 1
        self.keys.append(context.idempotency_key)
        if self.on_create:
            await self.on_create(context)
        return Job(job_id=context.idempotency_key or "anonymous")

    async def get(self, meta, context):
        if self.on_get:
            await self.on_get(context)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def delete(self, meta, context):
        if self.on_delete:
            await self.on_delete(context)
        self.deleted.append(meta.job_id)


class Upper(SyncConnector):
    """Puts its inputs in upper case."""

    task_type = "upper"

    def do(self, task, inputs, context):
        return Resource(phase=Phase.SUCCEEDED, outputs={name: str(value).upper() for name, value in inputs.items()})
