"""Clients made of Flyte's published stubs, which call as the backends do."""

import itertools

from flyteidl.admin import agent_pb2
from flyteidl.service import agent_pb2_grpc
from flyteidl2.connector import connector_pb2, service_pb2_grpc

SECONDS = 20.0  # after which a call fails that should have been answered at once

executions = itertools.count(1)


class Flyte:
    """Calls as a backend makes them. `request` and the rest take the fields of the messages as keyword arguments."""

    def create_request(
        self, task_type="jobs", *, version=0, attempt=0, execution=None, inputs=None, outputs=None, **more
    ):
        """Return the request for an attempt of an execution, a new one unless it is named."""
        name = execution or f"execution-{next(executions)}"
        template = {
            "type": task_type,
            "task_type_version": version,
            "interface": {"outputs": self.variables(outputs or {})},
            **more.pop("template", {}),
        }
        id_ = {
            "node_execution_id": {
                "node_id": "n0",
                "execution_id": {"project": "flytesnacks", "domain": "development", "name": name},
            },
            "retry_attempt": attempt,
        }
        return self.messages.CreateTaskRequest(
            template=template,
            inputs=self.inputs(inputs or {}),
            output_prefix="s3://bucket/out",
            task_execution_metadata={"task_execution_id": id_, **more.pop("metadata", {})},
            **more,
        )

    def request(self, method, meta, task_type="jobs", version=0, **fields):
        """Return the request of a method about a job."""
        category = {"name": task_type, "version": version}
        return getattr(self.messages, f"{method}Request")(resource_meta=meta, task_category=category, **fields)

    async def create(self, task_type="jobs", *, timeout=SECONDS, **fields):
        request = self.create_request(task_type, **fields)
        return (await self.jobs.CreateTask(request, timeout=timeout)).resource_meta

    async def get(self, meta, task_type="jobs", *, timeout=SECONDS, **fields):
        return (await self.jobs.GetTask(self.request("GetTask", meta, task_type, **fields), timeout=timeout)).resource

    async def delete(self, meta, task_type="jobs", *, timeout=SECONDS, **fields):
        await self.jobs.DeleteTask(self.request("DeleteTask", meta, task_type, **fields), timeout=timeout)

    async def logs(self, meta, task_type="jobs", *, timeout=SECONDS, **fields):
        """Return the answers of a log's stream."""
        request = self.request("GetTaskLogs", meta, task_type, **fields)
        return [answer async for answer in self.jobs.GetTaskLogs(request, timeout=timeout)]

    async def metrics(self, meta, task_type="jobs", **fields):
        request = self.request("GetTaskMetrics", meta, task_type, **fields)
        return (await self.jobs.GetTaskMetrics(request, timeout=SECONDS)).results


class Flyte1(Flyte):
    """The backend of Flyte 1."""

    number = 1
    messages = agent_pb2
    services = ("flyteidl.service.AsyncAgentService", "flyteidl.service.AgentMetadataService")

    def __init__(self, channel):
        self.channel = channel
        self.jobs = agent_pb2_grpc.AsyncAgentServiceStub(channel)
        self.catalog = agent_pb2_grpc.AgentMetadataServiceStub(channel)
        self.sync = agent_pb2_grpc.SyncAgentServiceStub(channel)

    def inputs(self, values):
        return {"literals": values}

    def variables(self, types):
        return {"variables": {name: {"type": type_} for name, type_ in types.items()}}

    def outputs(self, resource):
        return dict(resource.outputs.literals)

    def listing(self):
        return self.catalog.ListAgents(agent_pb2.ListAgentsRequest(), timeout=SECONDS)

    async def named(self, name):
        return (await self.catalog.GetAgent(agent_pb2.GetAgentRequest(name=name), timeout=SECONDS)).agent

    def lines(self, answer):
        return answer.body.structured_lines

    def sync_frames(self, task_type="answers", **fields):
        """Return the header and the inputs of an ExecuteTaskSync."""
        request = self.create_request(task_type, **fields)
        header = agent_pb2.CreateRequestHeader(
            template=request.template,
            output_prefix=request.output_prefix,
            task_execution_metadata=request.task_execution_metadata,
        )
        frame = agent_pb2.ExecuteTaskSyncRequest
        return [frame(header=header), frame(inputs=request.inputs)]

    async def do(self, task_type="answers", **fields):
        """Send header and inputs, close, and receive once, as the backend does."""
        call = self.sync.ExecuteTaskSync(timeout=SECONDS)
        for frame in self.sync_frames(task_type, **fields):
            await call.write(frame)
        await call.done_writing()
        answers = [answer async for answer in call]
        return answers[0].header.resource


class Flyte2(Flyte):
    """The backend of Flyte 2."""

    number = 2
    messages = connector_pb2
    services = ("flyteidl2.connector.AsyncConnectorService", "flyteidl2.connector.ConnectorMetadataService")

    def __init__(self, channel):
        self.channel = channel
        self.jobs = service_pb2_grpc.AsyncConnectorServiceStub(channel)
        self.catalog = service_pb2_grpc.ConnectorMetadataServiceStub(channel)

    def inputs(self, values):
        return {"literals": [{"name": name, "value": value} for name, value in values.items()]}

    def variables(self, types):
        return {"variables": [{"key": name, "value": {"type": type_}} for name, type_ in types.items()]}

    def outputs(self, resource):
        return {named.name: named.value for named in resource.outputs.literals}

    def listing(self):
        return self.catalog.ListConnectors(connector_pb2.ListConnectorsRequest(), timeout=SECONDS)

    async def named(self, name):
        request = connector_pb2.GetConnectorRequest(name=name)
        return (await self.catalog.GetConnector(request, timeout=SECONDS)).connector

    def lines(self, answer):
        return answer.body.lines
