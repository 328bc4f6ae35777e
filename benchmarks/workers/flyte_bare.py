"""Serve GetTask and CreateTask by handlers that only return bytes made beforehand: all that gRPC itself costs."""

import asyncio
import sys

import grpc
import uvloop
from flyteidl.admin.agent_pb2 import CreateTaskResponse, GetTaskResponse, ListAgentsResponse, Resource, State
from flyteidl.core.execution_pb2 import TaskExecution, TaskLog

_META = b'{"job_id":"877342190441522","host":"noop.example"}'
_LINK = TaskLog(name="Console", uri="https://noop.example/jobs/877342190441522")
_RESOURCE = Resource(state=State.RUNNING, phase=TaskExecution.RUNNING, message="asked 1000", log_links=[_LINK])

_ANSWERS = {
    "AsyncAgentService": {
        "GetTask": GetTaskResponse(resource=_RESOURCE).SerializeToString(),
        "CreateTask": CreateTaskResponse(resource_meta=_META).SerializeToString(),
    },
    "AgentMetadataService": {"ListAgents": ListAgentsResponse().SerializeToString()},
}


async def main(port: str) -> None:
    """Serve until the process is ended."""
    server = grpc.aio.server()
    for service, answers in _ANSWERS.items():
        methods = {method: _constant(answer) for method, answer in answers.items()}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"flyteidl.service.{service}", methods),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


def _constant(answer: bytes) -> grpc.RpcMethodHandler:
    async def handle(_request: bytes, _context: grpc.aio.ServicerContext) -> bytes:
        return answer

    return grpc.unary_unary_rpc_method_handler(handle)


with asyncio.Runner(loop_factory=uvloop.new_event_loop if sys.argv[2] == "uvloop" else None) as runner:
    runner.run(main(sys.argv[1]))
