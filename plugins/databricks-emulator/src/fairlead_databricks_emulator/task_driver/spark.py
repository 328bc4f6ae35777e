"""The Spark session of a notebook."""

import importlib
from typing import Any


def start_spark() -> Any:
    """Return the session, with the configuration that the emulator has written; started with the first call."""
    try:
        sql: Any = importlib.import_module("pyspark.sql")
    except ImportError as error:
        message = (
            "This notebook uses spark, and pyspark is not installed where it runs: install "
            "fairlead-databricks-emulator[spark], or add pyspark to the dependencies of its environment"
        )
        raise ModuleNotFoundError(message) from error
    return sql.SparkSession.builder.getOrCreate()
