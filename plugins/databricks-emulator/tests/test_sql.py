"""SQL tasks, run by DuckDB."""

import sys

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service import jobs
from databricks.sdk.service.sql import CreateQueryRequestQuery, QueryParameter, TextValue

from fairlead_databricks_emulator import Emulator
from fairlead_databricks_emulator.task_driver.sql import run_sql


@pytest.fixture
def results(client):
    """Return the rows of each statement of a task."""

    def read(run, key="main"):
        keys = client.output(run, key)["sql_output"]["query_output"]["sql_statements"]
        answers = [client.http.get(f"/api/2.0/sql/statements/{item['lookup_key']}") for item in keys]
        return [answer.json()["result"]["data_array"] for answer in answers]

    return read


@pytest.fixture
def sql(client, tmp_path):
    """Return a task that runs a file of SQL."""

    def task(text, key="main", **parameters):
        file = tmp_path / f"{key}.sql"
        file.write_text(text)
        sql_task = {"warehouse_id": "w-1", "file": {"path": str(file)}, "parameters": parameters}
        return {"task_key": key, "sql_task": sql_task}

    return task


def test_statements_of_a_file(client, sql, results):
    """Each statement of a file returns its result, and the output is in the shape of the Jobs API."""
    text = "CREATE OR REPLACE TABLE people AS SELECT 'Ada' AS name, 36 AS age; -- one; two\nSELECT * FROM people;"
    run = client.run(sql(text))
    assert run["state"]["result_state"] == "SUCCESS"
    output = client.output(run)
    assert output.keys() == {"metadata", "sql_output"}
    query = output["sql_output"]["query_output"]
    assert query.keys() <= set(jobs.SqlQueryOutput.__dataclass_fields__)
    assert (query["warehouse_id"], query["endpoint_id"], query["query_text"]) == ("w-1", "w-1", text)
    assert results(run) == [[["1"]], [["Ada", "36"]]]
    shown = client.http.get(query["output_link"]).json()
    assert shown["status"] == {"state": "SUCCEEDED"}
    assert shown["manifest"]["schema"]["columns"] == [
        {"name": "name", "position": 0, "type_text": "VARCHAR", "type_name": "STRING"},
        {"name": "age", "position": 1, "type_text": "INTEGER", "type_name": "INT"},
    ]


def test_through_the_sdk(client, sdk, results):
    """The SDK saves a query, runs it with parameters, waits, and reads its output."""
    query = sdk.queries.create(
        query=CreateQueryRequestQuery(
            display_name="greeting",
            query_text="SELECT :word || ', ' || :whom AS greeting",
            warehouse_id="w-1",
            parameters=[QueryParameter(name="word", text_value=TextValue(value="hello"))],
        )
    )
    assert sdk.queries.get(query.id).query_text == "SELECT :word || ', ' || :whom AS greeting"
    task = jobs.SqlTask(warehouse_id="w-1", query=jobs.SqlTaskQuery(query_id=query.id), parameters={"whom": "it's me"})
    run = sdk.jobs.submit(tasks=[jobs.SubmitTask(task_key="main", sql_task=task)]).result()
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    output = sdk.jobs.get_run_output(run.tasks[0].run_id).sql_output.query_output
    assert output.query_text == query.query_text
    shown = sdk.statement_execution.get_statement(output.sql_statements[0].lookup_key)
    assert shown.result.data_array == [["hello, it's me"]]


def test_tables_stay(client, sql, results):
    """The tables of one run are there for the next, also in another task of the same run."""
    client.run(sql("CREATE OR REPLACE TABLE kept AS SELECT 1 AS n"))
    first, second = sql("INSERT INTO kept VALUES (2)", "first"), sql("SELECT sum(n) FROM kept", "second")
    run = client.run(first, {**second, "depends_on": [{"task_key": "first"}]})
    assert results(run, "second") == [[["3"]]]


def test_tasks_take_turns(client, sql, results):
    """Tasks at the same time wait for one another, and none fails."""
    client.run(sql("CREATE OR REPLACE TABLE turns (n INTEGER)"))
    client.run(*(sql(f"INSERT INTO turns VALUES ({n})", f"t{n}") for n in range(4)))
    assert results(client.run(sql("SELECT count(*) FROM turns"))) == [[["4"]]]


def test_parameters(client, sql, results):
    """Parameters take the type of their place; texts, casts, comments and names in quotes are left alone."""
    text = """
        SELECT :n::INT + 1, ':n', "a:b", `c d`::VARCHAR, /* :x */ :s -- :y
        FROM (SELECT 1 AS "a:b", 2 AS `c d`) WHERE "a:b" < :n LIMIT :n
    """
    assert results(client.run(sql(text, n="4", s="'; DROP"))) == [[["5", ":n", "1", "2", "'; DROP"]]]


def test_unbound_parameter(client, sql):
    """A parameter without a value is named."""
    output = client.output(client.run(sql("SELECT :day")))
    assert "[UNBOUND_SQL_PARAMETER] Found the unbound parameter: day" in output["error"]


def test_values(client, sql, results):
    """Values are shown as texts, and NULL as null."""
    text = "SELECT NULL, true, 1.50, DATE '2026-03-10', TIMESTAMP '2026-03-10 12:00:00', [1, 2], {'a': 1}"
    (rows,) = results(client.run(sql(text)))
    assert rows == [[None, "true", "1.50", "2026-03-10", "2026-03-10T12:00:00", "[1, 2]", '{"a": 1}']]


def test_many_rows(client, sql):
    """Of many rows the first 10,000 are kept."""
    query = client.output(client.run(sql("SELECT * FROM range(10_001)")))["sql_output"]["query_output"]
    shown = client.http.get(query["output_link"]).json()
    assert (shown["manifest"]["truncated"], shown["result"]["row_count"]) == (True, 10_000)


def test_error(client, sql, results):
    """A wrong statement fails the task with DuckDB's message; what came before it stays."""
    run = client.run(sql("SELECT 1; SELECT * FROM nowhere"))
    assert run["tasks"][0]["state"]["result_state"] == "FAILED"
    output = client.output(run)
    assert "Catalog Error: Table with name nowhere does not exist" in output["error"]
    assert results(run) == [[["1"]]]


def test_cancel(client, sql):
    """A query that is cancelled ends, and leaves the database to others."""
    run_id = client.submit(sql("SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000) b WHERE a.range % 7 = 3"))
    client.wait(run_id, {"RUNNING"})
    client.post("runs/cancel", run_id=run_id)
    assert client.wait(run_id)["state"]["result_state"] == "CANCELED"
    assert client.run(sql("SELECT 1"))["state"]["result_state"] == "SUCCESS"


def test_parameters_of_jobs(client, sql, results):
    """Parameters of a job reach its SQL, and `sql_params` win over those of the task."""
    task = sql("SELECT :day || :n", n="1")
    job_id = client.job(task, parameters=[{"name": "day", "default": "Monday"}])
    run_id = client.post("run-now", job_id=job_id, sql_params={"n": "2"}).json()["run_id"]
    assert results(client.wait(run_id)) == [[["Monday2"]]]


def test_workspace_file(client, sdk, results):
    """A file of the workspace needs no suffix."""
    client.http.post("/api/2.0/workspace-files/import-file/Users/me/q.sql?overwrite=true", content=b"SELECT 42")
    task = {"task_key": "main", "sql_task": {"warehouse_id": "w", "file": {"path": "/Users/me/q"}}}
    assert results(client.run(task)) == [[["42"]]]


def test_what_is_needed(client):
    """A warehouse is needed, and a query that is there; dashboards and alerts are not run."""
    refused = client.post("runs/submit", tasks=[{"task_key": "a", "sql_task": {"file": {"path": "/x.sql"}}}])
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "warehouse_id" in refused.json()["message"]
    for sql_task, error in (
        ({"query": {"query_id": "none"}}, "Query none does not exist"),
        ({"file": {"path": "/none.sql"}}, "/none.sql"),
        ({"alert": {"alert_id": "a"}}, "no dashboard and no alert"),
    ):
        run = client.run({"task_key": "main", "sql_task": {"warehouse_id": "w", **sql_task}})
        assert error in client.output(run)["error"]


@pytest.mark.parametrize("query", [None, 1, {"display_name": "no text"}])
def test_no_query(client, query):
    """What is no query is not saved."""
    answer = client.http.post("/api/2.0/sql/queries", json={"query": query})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_unknown_results(client, sdk):
    """Queries and statements that are not there are a 404."""
    run = client.run(client.python(""))
    for statement in ("x", "1-0", f"{run['tasks'][0]['run_id']}-0"):
        assert client.http.get(f"/api/2.0/sql/statements/{statement}").status_code == 404
    with pytest.raises(NotFound):
        sdk.queries.get("none")


def test_without_duckdb(monkeypatch, tmp_path):
    """Without DuckDB the task is told what to install."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'fairlead-databricks-emulator\[sql\]'"):
        run_sql("SELECT 1", {}, str(tmp_path / "warehouse.duckdb"), [])


def test_tables_outlive_the_emulator(tmp_path, connected, sql):
    """The database is a file in the data folder."""
    for text in ("CREATE TABLE t AS SELECT 1", "SELECT * FROM t"):
        with Emulator(data=tmp_path / "data") as emulator:
            assert connected(emulator).run(sql(text))["state"]["result_state"] == "SUCCESS"
