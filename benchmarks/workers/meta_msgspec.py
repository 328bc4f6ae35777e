"""Time a bare msgspec Struct of the same shape."""

import msgspec
from loops import print_nanoseconds


class DatabricksJob(msgspec.Struct):
    """A Struct with the fields of flytekit's Databricks connector."""

    databricks_instance: str
    run_id: str


_META = DatabricksJob(databricks_instance="adb-1234567890123456.7.azuredatabricks.net", run_id="877342190441522")
_ENCODE = msgspec.json.Encoder().encode

print_nanoseconds(
    {"encode": "encode(meta)", "decode": "decode(data)"},
    {"meta": _META, "data": _ENCODE(_META), "encode": _ENCODE, "decode": msgspec.json.Decoder(DatabricksJob).decode},
)
