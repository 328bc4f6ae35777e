"""`fairlead serve flyte`, as it is started and as it refuses to."""

import json
import re
import shutil
import socket
from pathlib import Path

import grpc
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from flyteidl.admin import agent_pb2
from flyteidl.service.agent_pb2_grpc import AgentMetadataServiceStub
from grpc_health.v1 import health_pb2, health_pb2_grpc
from server_process import SUPPORT
from site_folder import Site


def served_types(server):
    with grpc.insecure_channel(server.address) as channel:
        agents = AgentMetadataServiceStub(channel).ListAgents(agent_pb2.ListAgentsRequest(), timeout=20).agents
    return sorted(task_type for agent in agents for task_type in agent.supported_task_types)


def state(server, service):
    with grpc.insecure_channel(server.address) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=20)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def test_it_serves_what_is_installed(start):
    """The ports are in the log; connectors, health and metrics answer on them."""
    server = start()
    assert served_types(server) == ["dummy", "echo"]
    assert state(server, "connector/dummy") == "SERVING"
    assert 'fairlead_flyte_calls_total{code="OK",method="/flyteidl.service.AgentMetadataService/ListAgents"} 1.0' in (
        server.scrape()
    )
    assert server.says("task types: dummy, echo")


def test_no_metrics(start):
    """Without metrics, nothing listens for them."""
    server = start("--no-metrics")
    assert server.port
    assert "metrics on port" not in server.log


def test_connectors_in_a_module(start, tmp_path):
    """A module in the working directory brings its connectors; `--modules` is repeatable."""
    shutil.copy(SUPPORT / "held.py", tmp_path)
    (tmp_path / "empty_module.py").write_text("from held import HeldConnector\n")
    server = start("--modules", "held", "-m", "empty_module")
    assert served_types(server) == ["dummy", "echo", "held"]


def test_logs_as_json(start):
    """Each line is a document, that of a failed start too."""
    server = start("--log-format", "json", "-m", "held_nowhere")
    assert server.ended() == 3
    (line,) = map(json.loads, server.log.splitlines())
    assert (line["level"], line["logger"]) == ("ERROR", "fairlead_flyte.serving")
    assert "module `held_nowhere` cannot be imported" in line["message"]


def test_reflection_that_is_not_installed(start, tmp_path):
    """The message says how to install it."""
    (tmp_path / "grpc_reflection.py").write_text("raise ImportError('No module named grpc_reflection')")
    server = start("--reflection")
    assert server.ended() == 1
    assert 'pip install "fairlead-flyte[reflection]"' in server.log


def test_options_in_the_environment(start, tmp_path):
    """Each option can be a variable, for charts that fix the command; what is repeatable is separated by spaces."""
    shutil.copy(SUPPORT / "held.py", tmp_path)
    (tmp_path / "second.py").write_text("")
    variables = {"MODULES": "held second", "NO_METRICS": "true", "POLL_INTERVAL": "2s held=5s", "LOG_FORMAT": "json"}
    server = start(**{f"FAIRLEAD_SERVE_FLYTE_{name}": value for name, value in variables.items()})
    assert served_types(server) == ["dummy", "echo", "held"]
    assert all(json.loads(line)["level"] == "INFO" for line in server.log.splitlines())
    wrong = start(FAIRLEAD_SERVE_FLYTE_GRACE="soon")
    assert wrong.ended() == 2
    assert "'soon' is not a duration" in wrong.log


def test_times_beyond_what_grpc_can_count(start):
    """A time that is longer than gRPC's numbers is as long as they are."""
    server = start("--max-connection-age", "30d", "--grace", "300d")
    assert served_types(server) == ["dummy", "echo"]


def test_a_folder_of_metrics_that_is_not_there(start, tmp_path):
    """What would fail each call keeps the server from starting."""
    server = start(PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "absent"))
    assert server.ended() == 1
    assert "absent, which is no folder; make it, or take the variable away" in server.log


@pytest.fixture
def files(tmp_path):
    """Files that are not what an option wants, beside a certificate and a key that are."""
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(tmp_path / "other-key.pem")
    key = load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    (tmp_path / "encrypted.pem").write_bytes(encrypted)
    (tmp_path / "garbage").write_text("garbage\n")
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "raises.py").write_text("\n1 / 0\n")
    (tmp_path / "exits.py").write_text("raise SystemExit(0)\n")
    (tmp_path / "lacks.py").write_text("import a_module_that_is_not_there\n")
    shutil.copy(SUPPORT / "held.py", tmp_path / "held.py")
    (tmp_path / "again.py").write_text("import held\n\nclass Again(held.HeldConnector):\n    task_type = 'dummy'\n")


USAGE = [
    (["--tls-cert", "absent.pem", "--tls-key", "key.pem"], "File 'absent.pem' does not exist"),
    (["--tls-key", "key.pem"], "--tls-cert and --tls-key belong together"),
    (["--tls-cert", "cert.pem"], "--tls-cert and --tls-key belong together"),
    (["--client-ca", "cert.pem"], "--client-ca needs --tls-cert and --tls-key"),
    (["--token-file", "absent"], "File 'absent' does not exist"),
    (["--create-timeout", "0"], "--create-timeout must be more than 0"),
    (["--grace", "soon"], "'soon' is not a duration"),
    (["--max-message-size", "3000000000"], "3000000000 is not in the range"),
    (["--poll-interval", "dummy=soon"], "Invalid value for --poll-interval: 'soon' is not a duration"),
    (["--poll-interval", "=5s"], "names no task type before the `=`"),
    (["--workers", "0"], "'--workers': 0 is not in the range"),
    (["--prot", "1"], "No such option"),
]
UNUSABLE = [
    (["--tls-cert", "garbage", "--tls-key", "key.pem"], 1, "garbage and key.pem are no certificate"),
    (["--tls-cert", "cert.pem", "--tls-key", "other-key.pem"], 1, "cert.pem and other-key.pem are no certificate"),
    (["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--client-ca", "garbage"], 1, "garbage is no certificate"),
    (
        ["--tls-cert", "cert.pem", "--tls-key", "encrypted.pem"],
        1,
        "encrypted.pem cannot be used: it is encrypted; give",
    ),
    (["--token-file", "empty"], 1, "the token file empty is empty"),
    (["--host", "host.invalid"], 1, "on host.invalid:0: Name or service not known; choose an address of this machine"),
    (["--host", "host.invalid", "--no-metrics"], 1, "known; choose an address of this machine with --host"),
    (["--host", "203.0.113.7", "--workers", "2"], 1, "on 203.0.113.7:0: Cannot assign requested address; choose an"),
    (["--host", "no..name"], 1, "; choose an address of this machine with --host"),
    (["-m", "absent"], 3, "module `absent` cannot be imported: ModuleNotFoundError: No module named 'absent'; it is"),
    (
        ["-m", "raises"],
        3,
        "module `raises` cannot be imported: ZeroDivisionError: division by zero ({folder}/raises.py:2)",
    ),
    (["-m", "exits"], 3, "module `exits` cannot be imported: SystemExit: 0 ({folder}/exits.py:1)"),
    (["-m", "lacks"], 3, "No module named 'a_module_that_is_not_there' ({folder}/lacks.py:1)"),
    (["-m", "again"], 3, "cannot be registered for task type `dummy`: "),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=lambda value: " ".join(value)[:40])
def test_wrong_usage_exits_with_2(start, files, arguments, message):
    """One clear message, with where to find help."""
    server = start(*arguments)
    assert server.ended() == 2
    assert message in server.log
    assert server.log.startswith("Usage: fairlead serve flyte")


@pytest.mark.parametrize(("arguments", "code", "message"), UNUSABLE, ids=lambda value: str(value)[:40])
def test_what_cannot_be_used_is_named(start, files, tmp_path, arguments, code, message):
    """One line of the log says what, where and why; the exit code is 1, that of a broken module 3."""
    server = start(*arguments)
    assert server.ended() == code
    (line,) = [line for line in server.log.splitlines() if not METRICS.search(line)]
    assert " ERROR " in line
    assert message.format(folder=tmp_path) in line


METRICS = re.compile("INFO .*metrics on port")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("option", ["--port", "--metrics-port"])
def test_a_port_in_use_is_named(start, option, workers):
    """A port that another program has is never shared, and the message says which, and what to do."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = start(option, port, "--workers", workers)
        assert server.ended() == 1
    (line,) = [line for line in server.log.splitlines() if not METRICS.search(line)]
    assert f"127.0.0.1:{port}: Address already in use; " in line
    assert f"with {option}" in line


def test_a_poll_interval_of_a_type_that_is_not_served(start):
    """It is a warning, with what was meant, if anything is like it; the rest is served."""
    server = start("--poll-interval", "dumy=3s", "--poll-interval", "nix=3s", "--poll-interval", "echo=3s")
    assert served_types(server) == ["dummy", "echo"]
    assert server.says(r"WARNING .*: --poll-interval dumy=…: task type `dumy` is not served\. Did you mean `dummy`\?\n")
    assert server.says(r"WARNING .*: --poll-interval nix=…: task type `nix` is not served\.\n")
    assert server.log.count("WARNING") == 2


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("grace", "delay", "age", "advice"),
    [
        ("1s", "5s", "10s", "give more than 15 s, or lower --drain-delay (5 s) or --max-connection-age (10 s)"),
        ("15s", "5s", "10s", "give more than 15 s, or lower --drain-delay (5 s) or --max-connection-age (10 s)"),
        ("1s", "5s", "0", "give more than 5 s, or lower --drain-delay (5 s)\n"),
        ("5s", "0s", "10s", "give more than 10 s, or lower --max-connection-age (10 s)\n"),
        ("16s", "5s", "10s", ""),
        ("0s", "0s", "0", ""),
    ],
)
def test_a_grace_that_is_too_short(start, workers, grace, delay, age, advice):
    """It is one warning, which says what to change."""
    arguments = ["--grace", grace, "--drain-delay", delay, "--max-connection-age", age]
    server = start("--workers", workers, "--no-metrics", *arguments)
    assert server.port
    assert server.log.count("WARNING") == bool(advice)
    assert advice in server.log


@pytest.mark.parametrize("strict", [False, True])
def test_a_broken_plugin(start, tmp_path, strict):
    """It is shown at the start, in the health of its name and in a metric, and the rest is served; strictly, that is the end."""
    site = Site(tmp_path)
    site.add("broken", entry_points="[fairlead.connectors]\nbroken = broken_mod:C", modules={"broken_mod": "1 / 0"})
    server = start(FAIRLEAD_PLUGINS="fairlead-echo,fairlead-flyte,broken", FAIRLEAD_STRICT="1" if strict else "")
    assert server.says(r"ERROR .*plugin `broken` \(broken 1.0\) failed at stage import: ZeroDivisionError")
    if strict:
        assert server.ended() == 3
        return
    assert served_types(server) == ["echo"]
    assert state(server, "connector/broken") == "NOT_SERVING"
    assert state(server, "") == "SERVING"
    assert server.metric("fairlead_flyte_plugin_failures", plugin="broken", distribution="broken", stage="import") == 1


def test_flytes_libraries_are_not_imported(start, tmp_path):
    """A server without plugins of theirs starts without flytekit and flyte, though they are installed."""
    for name in ("flytekit", "flyte"):
        (tmp_path / f"{name}.py").write_text(f"open('{name}-was-imported', 'w')")
    assert served_types(start()) == ["dummy", "echo"]
    assert not list(Path(tmp_path).glob("*-was-imported"))


def test_help(start):
    """Each option is explained, with its default."""
    server = start("--help")
    assert server.ended() == 0
    text = " ".join(server.output.split())
    assert "Example: fairlead serve flyte --port 8000" in text
    assert "[default: 30s]" in text
    assert "[default: [::]]" in text
