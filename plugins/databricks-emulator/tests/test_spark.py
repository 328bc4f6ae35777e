"""Tasks that use Spark, with the Spark of the extra `spark`."""

import importlib.util
import json
import shutil

import pytest

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="needs pyspark: the extra `spark`"),
    pytest.mark.skipif(shutil.which("java") is None, reason="pyspark needs Java"),
]

SESSION = """
import json, os, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
"""


@pytest.fixture(autouse=True)
def _patience(client):
    """Java needs its time."""
    client.patience = 120


def test_script(client):
    """A Python file gets a session, whose workers are of the same Python, and whose tables are in its folder."""
    code = f"""{SESSION}
from pyspark.sql.functions import udf
python = udf(lambda n: f"{{n}} {{sys.executable}}", "string")
spark.range(4).repartition(2).withColumn("python", python("id")).write.saveAsTable("numbers")
rows = spark.sql("SELECT python FROM numbers ORDER BY id").collect()
assert [row.python for row in rows] == [f"{{n}} {{sys.executable}}" for n in range(4)], rows
conf = spark.sparkContext.getConf()
print(json.dumps([spark.sparkContext.master, conf.get("spark.ui.enabled"), conf.get("spark.app.name")]))
print(spark.conf.get("spark.sql.warehouse.dir").endswith("/spark-warehouse"))
"""
    run = client.run(client.python(code, new_cluster={"num_workers": 0}))
    output = client.output(run)
    assert run["state"]["result_state"] == "SUCCESS", output
    assert '["local[2]", "false", "main"]\nTrue' in output["logs"]


def test_notebook(client):
    """In a notebook `spark` and `sc` are there from the start."""
    code = """
import json
def largest(n):
    return spark.range(n).selectExpr("max(id) AS m").first().m
# COMMAND ----------
from pyspark.sql import SparkSession
assert isinstance(spark, SparkSession) and spark is SparkSession.getActiveSession()
dbutils.notebook.exit(json.dumps([largest(1000), sc.parallelize([1, 2, 3]).sum()]))
"""
    output = client.output(client.run(client.notebook(code)))
    assert json.loads(output["notebook_output"]["result"]) == [999, 6], output


def test_files(client, sdk, tmp_path):
    """Spark reads and writes the files of DBFS and volumes, with and without `dbfs:`, and those of this machine."""
    code = f"""{SESSION}
for place in ("dbfs:/spark/a", "/spark/b", "/Volumes/main/default/spark/c", "file:{tmp_path}/d"):
    spark.createDataFrame([(place,)], "place string").coalesce(1).write.mode("overwrite").text(place)
    print(spark.read.text(place).first().value)
"""
    output = client.output(client.run(client.python(code)))
    places = ["dbfs:/spark/a", "/spark/b", "/Volumes/main/default/spark/c", f"file:{tmp_path}/d"]
    assert output["logs"].splitlines()[-4:] == places, output
    for directory in ("/spark/a", "/spark/b", "/Volumes/main/default/spark/c"):
        names = [file.path.rpartition("/")[2] for file in sdk.dbfs.list(directory)]
        assert [name.partition("-")[0] for name in sorted(names)] == ["_SUCCESS", "part"]
    assert (tmp_path / "d" / "_SUCCESS").exists()


def test_configuration_of_the_cluster(client, sdk):
    """`spark_conf` and `spark_env_vars` reach the session, with secrets in place of references to them."""
    sdk.secrets.create_scope("spark")
    sdk.secrets.put_secret("spark", "key", string_value="1-secret-of-spark")
    cluster = {
        "num_workers": 0,
        "spark_version": "16.4.x-scala2.12",
        "spark_conf": {
            "spark.master": "local[1]",
            "spark.sql.ansi.enabled": False,
            "spark.odd key": "a = b\\c: d",
            "spark.secret": "{{secrets/spark/key}}",
        },
        "spark_env_vars": {"COLOUR": "red", "PYSPARK_PYTHON": "/databricks/python3/bin/python3"},
    }
    code = f"""{SESSION}
conf = spark.sparkContext.getConf()
seen = [conf.get(key) for key in ("spark.master", "spark.sql.ansi.enabled", "spark.odd key", "spark.secret")]
assert seen == ["local[1]", "false", "a = b\\\\c: d", "1-" + "secret-of-spark"], seen
assert spark.sparkContext.parallelize([1]).map(lambda _: os.environ["COLOUR"]).collect() == ["red"]
assert os.environ["DATABRICKS_RUNTIME_VERSION"] == "16.4"
"""
    run = client.run(client.python(code, new_cluster=cluster))
    sdk.secrets.delete_scope("spark")
    assert run["state"]["result_state"] == "SUCCESS", client.output(run)


def test_environment_with_dependencies(client, wheel):
    """A task with dependencies has its own Python, and the Spark of the emulator."""
    code = f"{SESSION}\nimport greeter\nprint(spark.range(7).count(), 'environments' in sys.executable)"
    run = client.run(client.python(code, libraries=[{"whl": str(wheel)}], existing_cluster_id="c"))
    assert "7 True\n" in client.output(run).get("logs", ""), client.output(run)


def test_spark_logs(client, sdk):
    """What Spark logs is delivered apart from what the task prints."""
    cluster = {"num_workers": 0, "cluster_log_conf": {"dbfs": {"destination": "dbfs:/spark-logs"}}}
    run = client.run(client.python(f"{SESSION}\nprint(spark.range(3).count())", new_cluster=cluster))
    driver = f"/spark-logs/{run['tasks'][0]['cluster_instance']['cluster_id']}/driver"
    assert sdk.dbfs.download(f"{driver}/stdout").read() == b"3\n"
    assert b"INFO SparkContext: Running Spark version" in sdk.dbfs.download(f"{driver}/log4j-active.log").read()


def test_cancel_ends_spark(client, tmp_path):
    """The Java process of a task that is cancelled ends with it."""
    code = f"""{SESSION}
pid = spark.sparkContext._gateway.jvm.java.lang.ProcessHandle.current().pid()
open({str(tmp_path / "pid")!r}, "w").write(str(pid))
import time; time.sleep(600)
"""
    run_id = client.submit(client.python(code))
    pid = client.file(tmp_path / "pid")
    client.post("runs/cancel", run_id=run_id)
    assert client.wait(run_id)["state"]["result_state"] == "CANCELED"
    assert not _is_alive(int(pid))


def _is_alive(pid):
    from pathlib import Path

    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
