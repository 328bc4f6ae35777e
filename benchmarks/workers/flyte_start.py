"""Start a server, and print how long it took until it answered ListAgents; the arguments are its port and its command."""

import json
import subprocess
import sys
import time
from pathlib import Path

import grpc

_METHOD = "/flyteidl.service.AgentMetadataService/ListAgents"
_SECONDS = 60.0
_PAUSE = 0.005


def main(port: str, *command: str) -> None:
    """Start the command beside this file, ask until it answers, and end it."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - started > _SECONDS:
                    sys.exit(f"{Path(command[0]).name} does not answer")
                time.sleep(_PAUSE)
            print(json.dumps({"milliseconds": (time.perf_counter() - started) * 1000}))
        finally:
            process.terminate()


def _answers(port: str) -> bool:
    """Ask once, on a channel of its own: one that has failed would wait before it tries again."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        try:
            channel.unary_unary(_METHOD)(b"", timeout=_SECONDS)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                return False
            raise
        return True


main(*sys.argv[1:])
