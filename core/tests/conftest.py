"""What tests of the core share: connectors in memory, and distributions in a folder of their own."""

import sys

import pytest
from in_memory import Jobs, Upper
from site_folder import Site

from fairlead import Backoff, ConnectorRegistry, Context, Deadline, Lifecycle


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
