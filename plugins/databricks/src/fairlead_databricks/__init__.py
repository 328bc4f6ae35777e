"""Databricks jobs for fairlead."""

from fairlead_databricks.connector import DatabricksConnector, DatabricksJobConnector, SparkConnector
from fairlead_databricks.metadata import DatabricksJobMetadata

__all__ = ["DatabricksConnector", "DatabricksJobConnector", "DatabricksJobMetadata", "SparkConnector"]
