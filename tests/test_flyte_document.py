"""The tables of `docs/flyte.md` say what the server does."""

import re

import pytest
import yaml
from documents import blocks
from environments import ROOT
from grpc import StatusCode
from prometheus_client.metrics import MetricWrapperBase

from fairlead import errors
from fairlead_flyte.cli import flyte
from fairlead_flyte.codes import status_code
from fairlead_flyte.metrics import Metrics
from fairlead_flyte.serving import ExitCode

DOCUMENT = ROOT / "docs" / "flyte.md"
TEXT = DOCUMENT.read_text()


def table(header):
    """Return the cells of the rows below a header whose first cell this is."""
    lines = TEXT[TEXT.index(f"\n| {header} |") + 1 :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def code(text):
    """Return what stands between backticks."""
    return re.findall(r"`(.+?)`", text)


def test_options():
    """Each option is there, with its default."""
    documented = {name: code(default) for names, default, *_ in table("option") for name in code(names)}
    actual = {
        name: parameter
        for parameter in flyte.params
        for name in parameter.opts
        if name not in {"-h", "--help", "-v", "--verbose"}
    }
    assert documented.keys() == actual.keys()
    for name, default in documented.items():
        shown = actual[name].default
        is_shown = isinstance(shown, str | int) and not isinstance(shown, bool)
        assert default in ([str(shown)] if is_shown else [], ["1s"] if name == "--poll-interval" else []), name


def test_metrics():
    """Each metric is there under the name that Prometheus sees, with its labels."""
    documented = {code(name)[0]: code(labels) for name, labels, *_ in table("metric")}
    collectors = [one for one in Metrics().registry._collector_to_names if isinstance(one, MetricWrapperBase)]
    actual = {
        f"{one._name}_total" if one._type == "counter" else one._name: list(one._labelnames) for one in collectors
    }
    assert documented == actual


def test_errors():
    """Each error that a connector can raise is there, with its gRPC code."""
    documented = {code(error)[-1]: code(other)[-1] for error, _, _, other in table("raised by the connector")}
    for name, expected in documented.items():
        assert status_code(getattr(errors, name)("x")) is StatusCode[expected]
    raised_by_hosts = {"FairleadError", "InvalidHandle", "ConnectorNotFound", "PluginError"}
    every = {
        name
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.FairleadError)
    }
    assert documented.keys() == every - raised_by_hosts


def test_exit_codes():
    """Each exit code is there, and that of wrong usage."""
    assert {int(number) for number, _ in table("exit code")} == {*ExitCode, 2}


def test_differences():
    """Each difference is shown by a test against Flyte's own servers."""
    shown = set()
    for path in [*ROOT.glob("peers/in_*/test_differences.py"), ROOT / "peers/support/same_requests.py"]:
        shown |= set(re.findall(r'^    @difference\("(.+)"\)$', path.read_text(), re.MULTILINE))
    assert [title for title, *_ in table("case")] == list(dict.fromkeys(title for title, *_ in table("case")))
    assert {title for title, *_ in table("case")} == shown


def test_yaml():
    """What is shown as YAML can be read."""
    shown = [yaml.safe_load(block.body) for block in blocks(DOCUMENT) if block.language == "yaml"]
    assert [sorted(document) for document in shown[:2]] == [["plugins", "tasks"]] * 2


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([\w-]+)\)", TEXT))
def test_links_within(anchor):
    """A link within the document leads to a heading."""
    headings = [
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in TEXT.splitlines()
        if line.startswith("#")
    ]
    assert anchor in headings
