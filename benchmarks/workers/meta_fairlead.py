"""Time a ResourceMeta of fairlead."""

from loops import print_nanoseconds

from fairlead import ResourceMeta


class DatabricksJob(ResourceMeta):
    """A meta with the fields of flytekit's Databricks connector."""

    databricks_instance: str
    run_id: str


_META = DatabricksJob(databricks_instance="adb-1234567890123456.7.azuredatabricks.net", run_id="877342190441522")

print_nanoseconds(
    {"encode": "meta.encode()", "decode": "DatabricksJob.decode(data)"},
    {"meta": _META, "data": _META.encode(), "DatabricksJob": DatabricksJob},
)
