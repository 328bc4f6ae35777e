"""`dbutils` in notebooks: files, secrets, and notebooks that run others."""

import base64
import json

import pytest


@pytest.fixture
def notebook_result(client):
    """Return what a notebook with this code exits with."""

    def run(code, **settings):
        output = client.output(client.run(client.notebook(code, **settings)))
        assert "error" not in output, output["error_trace"]
        return output["notebook_output"].get("result")

    return run


def test_all_kinds_of_widgets(notebook_result):
    """Widgets of all kinds have defaults, and are removed one by one or together."""
    code = """
import json
dbutils.widgets.text("a", "1", "label")
dbutils.widgets.dropdown("b", "2", ["2", "3"])
dbutils.widgets.combobox("c", "4", ["4"], "label")
dbutils.widgets.multiselect("d", "5", ["5", "6"])
before = dbutils.widgets.getAll()
dbutils.widgets.remove("a")
rest = dbutils.widgets.getAll()
dbutils.widgets.removeAll()
dbutils.notebook.exit(json.dumps([before, rest, dbutils.widgets.getAll()]))
"""
    assert json.loads(notebook_result(code)) == [
        {"a": "1", "b": "2", "c": "4", "d": "5"},
        {"b": "2", "c": "4", "d": "5"},
        {},
    ]


def test_files_of_dbfs(notebook_result, sdk):
    """Files are written, listed, read, copied, moved and deleted, where the DBFS API finds them too."""
    code = """
import json
dbutils.fs.rm("dbfs:/fs", True)
dbutils.fs.put("dbfs:/fs/a.txt", "hello")
dbutils.fs.mkdirs("/fs/folder")
dbutils.fs.cp("/fs/a.txt", "/fs/folder")
dbutils.fs.mv("dbfs:/fs/folder/a.txt", "dbfs:/fs/folder/b.txt")
dbutils.fs.cp("/fs/folder", "/fs/copy", recurse=True)
removed = [dbutils.fs.rm("/fs/folder", True), dbutils.fs.rm("/fs/folder", True)]
listed = [[f.path, f.name, f.size, f.isDir(), f.isFile()] for f in dbutils.fs.ls("/fs")]
(single,) = dbutils.fs.ls("dbfs:/fs/a.txt")
dbutils.notebook.exit(json.dumps([listed, single.path, dbutils.fs.head("/fs/copy/b.txt", 4), removed]))
"""
    assert json.loads(notebook_result(code)) == [
        [["dbfs:/fs/a.txt", "a.txt", 5, False, True], ["dbfs:/fs/copy/", "copy/", 0, True, False]],
        "dbfs:/fs/a.txt",
        "hell",
        [True, False],
    ]
    assert sdk.dbfs.download("dbfs:/fs/copy/b.txt").read() == b"hello"


def test_files_elsewhere(notebook_result, sdk, tmp_path):
    """`/Volumes` is that of the Files API, `file:/Workspace` the workspace, and any other `file:` this machine."""
    (tmp_path / "local.txt").write_text("local")
    body = {"path": "/Users/me/w.txt", "content": base64.b64encode(b"workspace").decode(), "overwrite": True}
    sdk.api_client.do("POST", "/api/2.0/workspace/import", body=body)
    code = f"""
import json
dbutils.fs.cp("file:{tmp_path}/local.txt", "/Volumes/main/default/fs/v.txt")
read = [dbutils.fs.head("dbfs:/Volumes/main/default/fs/v.txt"), dbutils.fs.head("file:/Workspace/Users/me/w.txt")]
dbutils.notebook.exit(json.dumps([*read, dbutils.fs.ls("/Volumes/main/default/fs")[0].path]))
"""
    assert json.loads(notebook_result(code)) == ["local", "workspace", "dbfs:/Volumes/main/default/fs/v.txt"]
    assert sdk.files.download("/Volumes/main/default/fs/v.txt").contents.read() == b"local"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("dbutils.fs.ls('/none')", "FileNotFoundError: No such file or directory /none"),
        ("dbutils.fs.put('/twice', ''); dbutils.fs.put('/twice', '')", "FileExistsError: /twice already exists"),
        ("dbutils.fs.mkdirs('/d'); dbutils.fs.cp('/d', '/e')", "copy it with recurse=True"),
        ("dbutils.fs.head('/../x')", "must not have '..'"),
        ("dbutils.secrets.get('s', 'none')", "Secret does not exist with scope: s and key: none"),
        ("dbutils.secrets.list('none')", "Scope none does not exist!"),
    ],
)
def test_what_is_not_there(client, code, error):
    """Files and secrets that are not there are errors that say so."""
    assert error in client.output(client.run(client.notebook(code)))["error"]


def test_secrets(client, notebook_result, sdk):
    """Secrets are read and listed, and never shown."""
    sdk.secrets.create_scope("team")
    sdk.secrets.put_secret("team", "password", string_value="hunter2-of-the-team")
    code = """
import json
password = dbutils.secrets.get("team", "password")
assert len(password) == 19 and dbutils.secrets.getBytes("team", "password") == password.encode()
names = [[item.key for item in dbutils.secrets.list("team")], [item.name for item in dbutils.secrets.listScopes()]]
dbutils.notebook.exit(json.dumps([password, names]))
"""
    assert json.loads(notebook_result(code)) == ["[REDACTED]", [["password"], ["team"]]]
    failing = client.output(client.run(client.notebook("raise ValueError(dbutils.secrets.get('team', 'password'))")))
    assert failing["error"] == "ValueError: [REDACTED]"
    assert "hunter2" not in json.dumps(failing)
    sdk.secrets.delete_scope("team")


def test_run_another_notebook(client, notebook_result, sdk):
    """A notebook runs another with arguments, by its path from here or in the workspace, and gets its result."""
    client.script("# Databricks notebook source\ndbutils.notebook.exit(dbutils.widgets.get('n') * 2)", name="twice.py")
    content = base64.b64encode(b"# Databricks notebook source\nshared = 'in the workspace'").decode()
    body = {"path": "/Shared/quiet.py", "content": content, "overwrite": True}
    sdk.api_client.do("POST", "/api/2.0/workspace/import", body=body)
    code = """
# MAGIC %run /Shared/quiet
# COMMAND ----------
import json
results = [dbutils.notebook.run("./twice", 60, {"n": "21"}), dbutils.notebook.run("/Shared/quiet"), shared]
dbutils.notebook.exit(json.dumps(results))
"""
    assert json.loads(notebook_result(code)) == ["2121", "", "in the workspace"]


@pytest.mark.parametrize(
    ("code", "timeout", "error"),
    [
        ("1 / 0", 0, "WorkflowException: FAILED: ./other: ZeroDivisionError: division by zero"),
        ("import time; time.sleep(600)", 0.3, "WorkflowException: TIMEDOUT: ./other has run for 0.3 seconds"),
        ("import os; os._exit(3)", 0, "WorkflowException: FAILED: the process of ./other exited unexpectedly"),
    ],
)
def test_another_notebook_fails(client, code, timeout, error):
    """A notebook that fails, or takes too long, is an error of the one that runs it."""
    client.script(f"# Databricks notebook source\n{code}", name="other.py")
    run = client.run(client.notebook(f"dbutils.notebook.run('./other', {timeout})"))
    assert client.output(run)["error"].endswith(error)
