"""The connectors fulfil the contract of connectors."""

import pytest

from fairlead.testing import AsyncConnectorContract
from fairlead_databricks import DatabricksConnector, DatabricksJobConnector, SparkConnector

CONF = {"tasks": [{"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}]}


@pytest.fixture(autouse=True)
def workspace(emulator, monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", emulator.host)
    monkeypatch.setenv("DATABRICKS_TOKEN", emulator.token)


class TestDatabricks(AsyncConnectorContract):
    connector = DatabricksConnector
    task = {"type": "databricks", "custom": {"databricksConf": CONF}}


class TestSpark(AsyncConnectorContract):
    connector = SparkConnector
    task = {"type": "spark", "custom": {"databricksConf": CONF}}


class TestDatabricksJob(AsyncConnectorContract):
    connector = DatabricksJobConnector
    task = {"type": "databricks_job", "custom": {"jobName": "contract"}}

    @pytest.fixture(autouse=True)
    def job(self, workspace, emulator):
        import httpx

        body = {"name": "contract", **CONF}
        headers = {"Authorization": f"Bearer {emulator.token}"}
        created = (
            httpx.post(f"{emulator.host}/api/2.2/jobs/create", json=body, headers=headers).raise_for_status().json()
        )
        yield
        httpx.post(f"{emulator.host}/api/2.2/jobs/delete", json=created, headers=headers).raise_for_status()
