"""What tests of the core share: connectors in memory, and distributions in a folder of their own."""

import sys
import textwrap

import pytest
from in_memory import Jobs, Upper

from fairlead import Backoff, ConnectorRegistry, Context, Deadline, Lifecycle


class Site:
    """A folder on the path that distributions are installed into."""

    def __init__(self, folder):
        self.folder = folder

    def add(
        self, name, *, version="1.0", entry_points="", modules=None, requires=("fairlead>=0.1",), summary="A plugin."
    ):
        """Install a distribution; `modules` are sources by module name."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        requirements = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\n{requirements}\nSummary: not this\n"
        )
        (info / "entry_points.txt").write_text(textwrap.dedent(entry_points))
        for module, source in (modules or {}).items():
            (self.folder / f"{module}.py").write_text(textwrap.dedent(source))


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Nothing is installed but what the test adds."""
    folder = tmp_path / "site"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.setattr("fairlead.discovery._search_path", lambda: (str(folder),))
    monkeypatch.syspath_prepend(folder)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(folder) in sys.modules[name].__file__:
            del sys.modules[name]


@pytest.fixture
def jobs():
    return Jobs()


@pytest.fixture
def registry(jobs):
    registry = ConnectorRegistry(discover=False)
    registry.register(jobs)
    registry.register(Upper)
    return registry


@pytest.fixture
def lifecycle(registry):
    return Lifecycle(registry, backoff=Backoff(initial=0.0001, maximum=0.0002))


@pytest.fixture
def context():
    return Context(idempotency_key="key", deadline=Deadline.after(30))
