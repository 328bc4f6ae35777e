"""A Spark session that is started when it is first used."""

import importlib
from typing import Any


class LazySpark:
    """Stands for the `spark` of notebooks; the first use of it starts a local session of pyspark."""

    _session: Any = None

    def __getattr__(self, name: str) -> Any:
        """Pass everything on to the session."""
        if self._session is None:
            self._session = _start()
        return getattr(self._session, name)


def _start() -> Any:
    try:
        sql: Any = importlib.import_module("pyspark.sql")
    except ImportError as error:
        message = (
            "This notebook uses spark, and pyspark is not installed where it runs: install "
            "fairlead-databricks-emulator[spark], or add pyspark to the dependencies of its environment"
        )
        raise ModuleNotFoundError(message) from error
    return sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
