"""The resource meta of a Databricks run."""

from typing import Any, Literal

from fairlead import ResourceMeta

SuccessWithFailures = Literal["fail", "succeed"]


class DatabricksJobMetadata(ResourceMeta, omit_defaults=True):
    """Where a run lives, and how its end is to be read. It holds no credential, only where to look for one.

    The fields `databricks_instance` and `run_id` are those of flytekit's connector, so metas that it has
    written decode; the token that stands in those is ignored.
    """

    databricks_instance: str
    run_id: str
    token_secret: str = ""
    """The name of the secret that holds the token, where the task names one."""

    outputs: tuple[str, ...] = ()
    """The outputs that the task declares, for which the results of its tasks are fetched."""

    text_outputs: tuple[str, ...] = ()
    """Those of them that are declared as strings, and so are never read as JSON."""

    success_with_failures: SuccessWithFailures = "fail"

    max_repairs: int = 0
    """How often the failed tasks of the run may be run again."""

    parameters: dict[str, Any] = {}
    """With what the run was started, for repairs, which do not inherit it; kept only where there may be some."""
