"""The official SDK as a client: it is the honest judge of what is answered."""

import datetime as dt

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, OperationFailed, ResourceDoesNotExist
from databricks.sdk.service import jobs

from fairlead_databricks_emulator import Emulator


@pytest.fixture(params=["pat", "oauth-m2m"])
def workspace(databricks_emulator, request):
    emulator = databricks_emulator
    secrets = {
        "pat": {"token": emulator.token},
        "oauth-m2m": {"client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }
    sdk = WorkspaceClient(host=emulator.host, auth_type=request.param, **secrets[request.param])
    yield sdk
    sdk.api_client._api_client._session.close()


def python_task(client, code, key="main"):
    path = client.script(code, name=f"{key}.py")
    return jobs.SubmitTask(task_key=key, spark_python_task=jobs.SparkPythonTask(python_file=path))


def test_me(workspace):
    """The SDK signs in, and learns who it is."""
    assert workspace.current_user.me().user_name


def test_submit_and_wait(client, workspace):
    """A submitted run is waited for, and its output read by task."""
    run = workspace.jobs.submit(run_name="n", tasks=[python_task(client, "print('hi')")]).result()
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    assert run.status.termination_details.code is jobs.TerminationCodeCode.SUCCESS
    assert workspace.jobs.get_run_output(run.tasks[0].run_id).logs == "hi\n"


def test_failure(client, workspace):
    """A failed run raises what the SDK raises for it, and its error can be read."""
    waiter = workspace.jobs.submit(tasks=[python_task(client, "raise KeyError('k')")])
    with pytest.raises(OperationFailed, match="Task main failed with message: Workload failed"):
        waiter.result()
    run = workspace.jobs.get_run(waiter.run_id)
    assert run.status.termination_details.type is jobs.TerminationTypeType.CLIENT_ERROR
    assert workspace.jobs.get_run_output(run.tasks[0].run_id).error == "KeyError: 'k'"
    with pytest.raises(InvalidParameterValue, match="multiple tasks"):
        workspace.jobs.get_run_output(waiter.run_id)


def test_job_from_creation_to_repair(client, workspace, tmp_path):
    """A job is created, changed, run, listed, repaired and deleted."""
    code = f"from pathlib import Path; assert Path(r'{tmp_path}/there').exists(), 'not there'"
    task = jobs.Task(
        task_key="main", spark_python_task=jobs.SparkPythonTask(python_file=client.script(code, name="main.py"))
    )
    job_id = workspace.jobs.create(name="one", tasks=[task]).job_id
    workspace.jobs.update(job_id, new_settings=jobs.JobSettings(name="two"))
    assert workspace.jobs.get(job_id).settings.tasks[0].task_key == "main"
    assert [job.job_id for job in workspace.jobs.list(name="TWO")] == [job_id]
    waiter = workspace.jobs.run_now(job_id)
    with pytest.raises(OperationFailed):
        waiter.result()
    (tmp_path / "there").touch()
    run = workspace.jobs.repair_run(waiter.run_id, rerun_all_failed_tasks=True).result()
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    assert sorted(task.attempt_number for task in run.tasks) == [0, 1]
    history = workspace.jobs.get_run(waiter.run_id, include_history=True).repair_history
    assert [item.type for item in history] == [jobs.RepairHistoryItemType.ORIGINAL, jobs.RepairHistoryItemType.REPAIR]
    assert [run.run_id for run in workspace.jobs.list_runs(job_id=job_id)] == [waiter.run_id]
    workspace.jobs.delete_run(waiter.run_id)
    workspace.jobs.delete(job_id)
    with pytest.raises(ResourceDoesNotExist, match="does not exist"):
        workspace.jobs.get(job_id)


def test_cancel(client, workspace):
    """A run is cancelled, and its end waited for."""
    waiter = workspace.jobs.submit(tasks=[python_task(client, "import time; time.sleep(600)")])
    run = workspace.jobs.cancel_run_and_wait(waiter.run_id, timeout=dt.timedelta(seconds=20))
    assert run.state.result_state is jobs.RunResultState.CANCELED
    assert run.status.termination_details.code is jobs.TerminationCodeCode.USER_CANCELED


def test_many_runs(client, workspace):
    """The SDK follows the pages of the list, the newest run first."""
    task = python_task(client, "")
    run_ids = [workspace.jobs.submit(tasks=[task]).run_id for _ in range(7)]
    assert [run.run_id for run in workspace.jobs.list_runs(limit=3)] == run_ids[::-1]


def test_uploaded_file(client, workspace):
    """A file that is uploaded to the workspace can be run."""
    workspace.workspace.mkdirs("/Users/me")
    workspace.workspace.upload(
        "/Users/me/a.py", b"print('from the workspace')", format=_import_format("AUTO"), overwrite=True
    )
    assert workspace.workspace.get_status("/Users/me/a.py").path == "/Users/me/a.py"
    task = jobs.SubmitTask(
        task_key="main", spark_python_task=jobs.SparkPythonTask(python_file="/Workspace/Users/me/a.py")
    )
    run = workspace.jobs.submit(tasks=[task]).result()
    assert workspace.jobs.get_run_output(run.tasks[0].run_id).logs == "from the workspace\n"


def test_wrong_secret(databricks_emulator):
    """A wrong secret is refused."""
    sdk = WorkspaceClient(host=databricks_emulator.host, client_id="me", client_secret="wrong", auth_type="oauth-m2m")
    with pytest.raises(ValueError, match="invalid_client|authentication failed"):
        sdk.current_user.me()
    sdk.api_client._api_client._session.close()


def test_tls(tmp_path, monkeypatch):
    """With TLS, clients that trust the certificate authority are answered."""
    with Emulator(tls=True, data=tmp_path) as emulator:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", emulator.ca_file)
        sdk = WorkspaceClient(host=emulator.host, token=emulator.token)
        assert emulator.host.startswith("https://")
        assert sdk.current_user.me().active
        sdk.api_client._api_client._session.close()


def _import_format(name):
    from databricks.sdk.service.workspace import ImportFormat

    return ImportFormat[name]
