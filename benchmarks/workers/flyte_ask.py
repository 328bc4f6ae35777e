"""Make both calls of the benchmark once, as soon as a server is there, and print how often its connector was asked.

The arguments are its port, and the files with the requests. Ends with an error where an answer is not the right one:
h2load sees only that there is one.
"""

import json
import struct
import sys
from pathlib import Path

import grpc
from flyteidl.admin.agent_pb2 import CreateTaskResponse, GetTaskResponse
from flyteidl.core.execution_pb2 import TaskExecution

_SERVICE = "/flyteidl.service.AsyncAgentService"
_PREFIX = struct.calcsize(">?I")
_SECONDS = 60.0


def main(port: str, get_file: str, create_file: str) -> None:
    """Call both methods and check their answers."""
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.initial_reconnect_backoff_ms", 100)]) as channel:
        gotten = GetTaskResponse.FromString(_call(channel, "GetTask", get_file)).resource
        created = CreateTaskResponse.FromString(_call(channel, "CreateTask", create_file))
    link, word, asked = gotten.log_links[0].uri, *gotten.message.split()
    right = gotten.phase == TaskExecution.RUNNING and word == "asked" and link.endswith("/877342190441522")
    if not right or b'"job_id"' not in created.resource_meta:
        sys.exit(f"a wrong answer: {gotten} {created}")
    print(json.dumps({"asked": int(asked)}))


def _call(channel: grpc.Channel, method: str, file: str) -> bytes:
    request = Path(file).read_bytes()[_PREFIX:]
    answer: bytes = channel.unary_unary(f"{_SERVICE}/{method}")(request, timeout=_SECONDS, wait_for_ready=True)
    return answer


main(*sys.argv[1:])
