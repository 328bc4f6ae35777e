"""The meta of a run."""

import subprocess
import sys

from fairlead_databricks import DatabricksJobMetadata


def test_metas_of_flytekit_decode():
    """What flytekit's connector has written leads to its run; the token in it is dropped."""
    written = b'{"databricks_instance": "x.example.com", "run_id": "12", "auth_token": "secret"}'
    meta = DatabricksJobMetadata.decode(written)
    assert (meta.databricks_instance, meta.run_id) == ("x.example.com", "12")
    assert b"secret" not in meta.encode()


def test_it_is_short():
    """Only what differs from the defaults is written."""
    assert DatabricksJobMetadata("x", "1").encode() == b'{"databricks_instance":"x","run_id":"1"}'


def test_importing_the_plugin_imports_no_http_client():
    """What talks to a workspace is loaded when the first one is talked to."""
    code = "import sys, fairlead_databricks; print(*(name for name in ('httpx', 'databricks') if name in sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == ""
