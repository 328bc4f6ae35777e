"""The Spark of a task: a configuration that every session in its process begins with, and the Python of its workers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fairlead_databricks_emulator.execution.driver_logs import DriverLogs
from fairlead_databricks_emulator.files import WorkspaceFiles

_LOG4J = """
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {file}
appender.file.append = true
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yy/MM/dd HH:mm:ss}} %p %c{{1}}: %m%n%ex
"""


def spark_variables(
    directory: Path,
    conf: Mapping[str, Any],
    *,
    files: WorkspaceFiles,
    name: str,
    interpreter: str,
    driver: DriverLogs | None,
) -> dict[str, str]:
    """Write the configuration of Spark below `directory`, and return the variables that lead Spark to it.

    `conf` is the `spark_conf` of the cluster and wins over what a process of this machine needs. With `driver`,
    Spark logs to its file, else to standard error.
    """
    folder = directory / "spark-conf"
    folder.mkdir(mode=0o700, exist_ok=True)  # `conf` may have secrets
    local = {
        "spark.app.name": name,
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": (directory / "spark-warehouse").as_uri(),
        **_file_system(files),
    }
    lines = [f"{_escaped(key, ' :=')} {_escaped(_text(value))}\n" for key, value in {**local, **conf}.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    if driver:
        (folder / "log4j2.properties").write_text(_LOG4J.format(file=_escaped(str(driver.log4j))), encoding="utf-8")
    return {
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_DIRS": str(directory / "spark-local"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": interpreter,
        "PYSPARK_DRIVER_PYTHON": interpreter,
    }


def _file_system(files: WorkspaceFiles) -> dict[str, str]:
    """Return what makes DBFS the file system of Spark, as in the service: `dbfs:/...` or `/...`, and `/Volumes/...`.

    It is a ViewFs of Hadoop, whose mounts are the folders that stand for them:
    https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/ViewFsOverloadScheme.html
    """
    dbfs, volumes = files.path("dbfs:/"), files.path("/Volumes")
    for folder in (dbfs, volumes):
        folder.mkdir(parents=True, exist_ok=True)
    mounts = "spark.hadoop.fs.viewfs.mounttable.default"
    return {
        "spark.hadoop.fs.defaultFS": "dbfs:///",
        "spark.hadoop.fs.dbfs.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
        "spark.hadoop.fs.viewfs.overload.scheme.target.dbfs.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        f"{mounts}.linkFallback": f"dbfs://{quote(str(dbfs))}",
        f"{mounts}.link./Volumes": f"dbfs://{quote(str(volumes))}",
    }


def _text(value: Any) -> str:
    """Return a value of `spark_conf`, which may be sent as a boolean or a number."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str, special: str = "") -> str:
    r"""Return a text as Java's properties have it: with `\` before what would be read as something else."""
    marks = {"\\": r"\\", "\n": r"\n", "\r": r"\r", **{mark: f"\\{mark}" for mark in special}}
    return "".join(marks.get(character, character) for character in text)
