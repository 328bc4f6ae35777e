"""Where code and packages come from: wheels, environments, libraries, git, the workspace."""

import base64
import subprocess

import pytest


def wheel_task(entry_point="greet", **more):
    task = {"package_name": "greeter", "entry_point": entry_point, "parameters": ["a"], "named_parameters": {"n": 1}}
    return {"task_key": "main", "python_wheel_task": task, **more}


def test_wheel_in_an_environment(client, wheel, tmp_path):
    """A wheel among the dependencies of an environment is installed, once for all runs, and its entry point called."""
    environments = [{"environment_key": "e", "spec": {"dependencies": [str(wheel)]}}]
    run = client.run(wheel_task(environment_key="e"), environments=environments)
    assert client.output(run)["logs"] == "greetings a --n=1\n"
    again = client.run(wheel_task("main", environment_key="e"), environments=environments)
    assert client.output(again)["logs"] == "greetings a --n=1\n"
    assert again["tasks"][0]["setup_duration"] < run["tasks"][0]["setup_duration"]


def test_wheel_as_a_library_of_the_workspace(client, wheel):
    """A wheel that was uploaded to the workspace can be a library of a task."""
    path = "/Workspace/Shared/greeter-1.0-py3-none-any.whl"
    content = base64.b64encode(wheel.read_bytes()).decode()
    body = {"path": path, "content": content, "format": "AUTO"}
    assert client.http.post("/api/2.0/workspace/import", json=body).status_code == 200
    run = client.run(wheel_task(libraries=[{"whl": path}], existing_cluster_id="c"))
    assert client.output(run)["logs"] == "greetings a --n=1\n"


def test_installed_package(client):
    """Without dependencies a package that is installed here is called."""
    task = {"package_name": "json", "entry_point": "tool"}
    run = client.run({"task_key": "main", "python_wheel_task": task | {"package_name": "fairlead_nothing"}})
    assert "No module named 'fairlead_nothing'" in client.output(run)["error"]


def test_failed_installation(client, tmp_path):
    """Dependencies that cannot be installed are the reason in code and message."""
    environments = [{"environment_key": "e", "spec": {"dependencies": [str(tmp_path / "none-1.0-py3-none-any.whl")]}}]
    run = client.run(client.python("", environment_key="e"), environments=environments)
    (task,) = run["tasks"]
    assert task["status"]["termination_details"]["code"] == "LIBRARY_INSTALLATION_ERROR"
    assert "none-1.0" in client.output(run)["error"]


def test_unknown_environment(client):
    """A task that names an environment that is not there does not run."""
    run = client.run(client.python("", environment_key="e"))
    assert run["tasks"][0]["status"]["termination_details"]["code"] == "INVALID_RUN_CONFIGURATION"


@pytest.mark.parametrize("as_url", [True, False])
def test_git_source(client, tmp_path, as_url):
    """Code comes from a local repository, at the branch asked for."""
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*arguments):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", "-C", repository, *identity, *arguments], check=True, capture_output=True)

    git("init", "--initial-branch", "main")
    for branch in ("main", "other"):
        if branch == "other":
            git("checkout", "-b", "other")
        (repository / "job.py").write_text(f"print('{branch}')")
        git("add", "job.py")
        git("commit", "-m", branch)
    source = {"git_url": repository.as_uri() if as_url else str(repository), "git_provider": "gitHub"}
    task = {"task_key": "main", "spark_python_task": {"python_file": "job.py", "source": "GIT"}}
    run = client.run(task, git_source={**source, "git_branch": "main"})
    assert client.output(run)["logs"] == "main\n"
    wrong = client.run(task, git_source={**source, "git_branch": "none"})
    assert wrong["tasks"][0]["status"]["termination_details"]["code"] == "REPOSITORY_CHECKOUT_FAILED"


def test_file_urls(client):
    """`file:` paths are of this machine."""
    path = client.script("print('here')")
    for url in (f"file:{path}", f"file://{path}"):
        run = client.run({"task_key": "main", "spark_python_task": {"python_file": url}})
        assert client.output(run)["logs"] == "here\n"


def test_volumes_and_workspace_files(client):
    """Files of volumes are written, read, run and deleted; so are workspace files."""
    volume = "/api/2.0/fs/files/Volumes/main/default/v/job.py"
    assert client.http.put(volume, content=b"print('volume')").status_code == 204
    assert client.http.get(volume).content == b"print('volume')"
    workspace = "/api/2.0/workspace-files/import-file/Users/me/job.py"
    assert client.http.post(workspace, content=b"print('workspace')").status_code == 200
    for path, text in (("/Volumes/main/default/v/job.py", "volume"), ("/Workspace/Users/me/job.py", "workspace")):
        run = client.run({"task_key": "main", "spark_python_task": {"python_file": path}})
        assert client.output(run)["logs"] == f"{text}\n"
    assert client.http.delete(volume).status_code == 204
    assert client.http.get(volume).status_code == 404


def test_workspace_paths(client):
    """Directories are made, looked at and deleted; what is not there is a 404, what is there no import."""
    post, api = client.http.post, "/api/2.0/workspace"
    assert post(f"{api}/mkdirs", json={"path": "/Users/me"}).status_code == 200
    status = client.http.get(f"{api}/get-status", params={"path": "/Users/me"}).json()
    assert status["object_type"] == "DIRECTORY"
    body = {"path": "/Users/me/n", "content": base64.b64encode(b"# Databricks notebook source\n1").decode()}
    assert post(f"{api}/import", json=body).status_code == 200
    assert post(f"{api}/import", json=body).json()["error_code"] == "RESOURCE_ALREADY_EXISTS"
    status = client.http.get(f"{api}/get-status", params={"path": "/Users/me/n"}).json()
    assert (status["object_type"], status["language"]) == ("NOTEBOOK", "PYTHON")
    assert post(f"{api}/delete", json={"path": "/Users/me"}).json()["error_code"] == "DIRECTORY_NOT_EMPTY"
    assert post(f"{api}/delete", json={"path": "/Users/me", "recursive": True}).status_code == 200
    assert client.http.get(f"{api}/get-status", params={"path": "/Users/me"}).status_code == 404
    assert post(f"{api}/mkdirs", json={"path": "/Users/../.."}).status_code == 400
