"""The `custom` of the task types, with the keys that flytekit's Databricks tasks use."""

from typing import Annotated, Any, ClassVar, Self

import msgspec

from fairlead_databricks.metadata import SuccessWithFailures
from fairlead_databricks.placeholders import filled

JobId = Annotated[int, msgspec.Meta(ge=1)]
Repairs = Annotated[int, msgspec.Meta(ge=0, le=10)]


class _Custom(msgspec.Struct, rename="camel", kw_only=True, frozen=True):
    """Settings in whose texts `{{inputs.NAME}}` stands for an input.

    But not in `databricksInstance` and `databricksTokenSecret`: an input must not choose where credentials go.
    """

    texts: ClassVar[tuple[str, ...]]
    """The fields that are filled here; the others are when the body of a request is made out of them."""

    def filled(self, inputs: dict[str, Any]) -> Self:
        """Return the settings with the inputs in their texts; raise `InvalidTask` for an unknown input."""
        names = dict(zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True))
        values = {field: filled(getattr(self, field), inputs, f"custom.{names[field]}") for field in self.texts}
        return msgspec.structs.replace(self, **values)


class DatabricksCustom(_Custom, rename="camel", kw_only=True, frozen=True):
    """What to submit, and where.

    `databricksConf` is a `runs/submit` body, or the fields of its only task beside those of the run. Unknown keys
    are allowed, because tasks of flytekit have more.
    """

    texts = ("spark_conf", "notebook_path", "notebook_base_parameters", "databricks_service_credential_provider")

    databricks_conf: dict[str, Any] = {}
    databricks_instance: str = ""
    databricks_token_secret: str = ""
    databricks_service_credential_provider: str = ""
    spark_conf: dict[str, Any] = {}
    notebook_path: str = ""
    notebook_base_parameters: dict[str, Any] = {}
    success_with_failures: SuccessWithFailures = "fail"
    """Whether a run that ends as SUCCESS_WITH_FAILURES counts as failed or as succeeded."""

    max_repairs: Repairs = 0
    """How often the failed tasks of a run may be run again before it counts as failed."""


class DatabricksJobCustom(_Custom, rename="camel", kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which existing job to run, by id or by name, and with what.

    `jobParameters` are those of the job; the other parameters are the older ones by the kind of task.
    """

    texts = ("job_name",)

    job_id: JobId | None = None
    job_name: str = ""
    job_parameters: dict[str, str] = {}
    only: list[str] = []
    notebook_params: dict[str, str] = {}
    python_params: list[str] = []
    python_named_params: dict[str, str] = {}
    jar_params: list[str] = []
    spark_submit_params: list[str] = []
    sql_params: dict[str, str] = {}
    dbt_commands: list[str] = []
    pipeline_params: dict[str, Any] = {}
    performance_target: str | None = None
    queue: dict[str, Any] | None = None
    databricks_instance: str = ""
    databricks_token_secret: str = ""
    success_with_failures: SuccessWithFailures = "fail"
    max_repairs: Repairs = 0
