"""The meta of a run."""

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
