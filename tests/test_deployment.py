"""What `docs/deploy/flyte` shows; `nox -s lint` holds it to the rules of Docker and the schemas of Kubernetes."""

import os
import re
import subprocess

import pytest
import yaml
from environments import ROOT

from fairlead.cli.values import parse_duration
from fairlead_flyte.cli import flyte

FOLDER = ROOT / "docs" / "deploy" / "flyte"
DEFAULTS = {name: parameter.default for parameter in flyte.params for name in parameter.opts}
CHART_GRACE = 30  # Flyte's chart sets no terminationGracePeriodSeconds, and this is what Kubernetes then takes
CHART_KEYS = {
    *("image", "replicaCount", "podEnv", "podAnnotations", "podSecurityContext", "securityContext", "readinessProbe"),
    *("ports", "resources", "connectorSecret", "service", "serviceAccount", "rbac", "podLabels", "affinity"),
}


@pytest.fixture
def manifests():
    """The manifests by kind."""
    documents = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    return {document["kind"]: document for document in documents}


@pytest.fixture
def pod(manifests):
    return manifests["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture
def values():
    return yaml.safe_load((FOLDER / "flyteconnector-values.yaml").read_text())


def variables(values):
    return {one["name"].removeprefix("FAIRLEAD_SERVE_FLYTE_"): one["value"] for one in values["podEnv"]}


def options(pod):
    (container,) = pod["containers"]
    return dict(argument.split("=", 1) for argument in container["args"])


def assert_that_no_call_is_lost(grace, killed_after):
    """The server has the time that it needs before Kubernetes kills it."""
    delay, age = (parse_duration(DEFAULTS[name]) for name in ("--drain-delay", "--max-connection-age"))
    assert delay + 1.1 * age < 0.8 * grace
    assert grace < killed_after


def test_the_time_to_end(pod, values):
    """Each way to deploy leaves the server the time that it needs to end."""
    assert_that_no_call_is_lost(parse_duration(options(pod)["--grace"]), pod["terminationGracePeriodSeconds"])
    assert_that_no_call_is_lost(parse_duration(variables(values)["GRACE"]), CHART_GRACE)


def test_options_are_those_of_the_command(pod, values):
    """What is passed, as arguments and as variables, is known."""
    assert options(pod).keys() <= DEFAULTS.keys()
    assert {f"--{name.lower().replace('_', '-')}" for name in variables(values)} <= DEFAULTS.keys()


def test_the_chart_has_the_values(values):
    """The values are those that Flyte's chart `flyteconnector` has in both versions."""
    assert values.keys() <= CHART_KEYS


def test_ports_and_probes(manifests, pod, values):
    """Ports are the defaults, and probes, Service and annotations use them."""
    (container,) = pod["containers"]
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {"grpc": 8000, "metrics": 9090}
    assert (DEFAULTS["--port"], DEFAULTS["--metrics-port"]) == (8000, 9090)
    probes = [container[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert all(probe["grpc"]["port"] == 8000 for probe in [*probes, values["readinessProbe"]])
    assert [port["targetPort"] for port in manifests["Service"]["spec"]["ports"]] == ["grpc"]
    for annotations in (
        manifests["Deployment"]["spec"]["template"]["metadata"]["annotations"],
        values["podAnnotations"],
    ):
        assert annotations["prometheus.io/port"] == "9090"


def test_selectors(manifests):
    """All that selects pods selects these."""
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_nothing_runs_as_root(pod, values):
    """User, capabilities and file system are restricted, in the image too."""
    user = re.search(r"^USER (\d+):\d+$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)[1]
    (container,) = pod["containers"]
    for context in (pod["securityContext"], values["podSecurityContext"]):
        assert (context["runAsNonRoot"], context["runAsUser"]) == (True, int(user))
    for context in (container["securityContext"], values["securityContext"]):
        assert (context["allowPrivilegeEscalation"], context["capabilities"]["drop"]) == (False, ["ALL"])
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/etc/secrets", "/tmp"}


@pytest.mark.parametrize("words", [["pyflyte", "serve", "agent"], ["c0"]])
def test_flytes_commands_start_this_server(tmp_path, words):
    """The commands of Flyte's charts are this server in the image, before those of flytekit that may be installed."""
    dockerfile = (FOLDER / "Dockerfile").read_text()
    assert f"COPY --chmod=755 as-flyte /opt/flyte/{words[0]}" in dockerfile
    assert "ENV PATH=/opt/flyte:/opt/fairlead/bin:$PATH" in dockerfile
    (tmp_path / words[0]).symlink_to(FOLDER / "as-flyte")
    (tmp_path / "fairlead").write_text('#!/bin/sh\necho "$0" "$@"\n')
    (tmp_path / "fairlead").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = subprocess.run(
        [tmp_path / words[0], *words[1:]], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == f"{tmp_path}/fairlead serve flyte\n"
