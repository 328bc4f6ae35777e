"""Time a ResourceMeta of flytekit."""

from dataclasses import dataclass

from flytekit.extend.backend.base_connector import ResourceMeta
from loops import print_nanoseconds


@dataclass
class DatabricksJob(ResourceMeta):
    """A meta with the fields of flytekit's Databricks connector."""

    databricks_instance: str
    run_id: str


_META = DatabricksJob(databricks_instance="adb-1234567890123456.7.azuredatabricks.net", run_id="877342190441522")

print_nanoseconds(
    {"encode": "meta.encode()", "decode": "DatabricksJob.decode(data)"},
    {"meta": _META, "data": _META.encode(), "DatabricksJob": DatabricksJob},
)
