"""What clients submit, as far as the emulator interprets it; what else they send is echoed from `raw`."""

from typing import Annotated, Any, Literal

import msgspec

RunIf = Literal["ALL_SUCCESS", "AT_LEAST_ONE_SUCCESS", "NONE_FAILED", "ALL_DONE", "AT_LEAST_ONE_FAILED", "ALL_FAILED"]
Comparison = Literal[
    "EQUAL_TO", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL"
]
TaskKey = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_\-]{1,100}$")]


class SparkPythonTask(msgspec.Struct, frozen=True, kw_only=True):
    """A Python file with arguments."""

    python_file: str
    parameters: list[str] = []
    source: str = ""


class NotebookTask(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook with widget values."""

    notebook_path: str
    base_parameters: dict[str, Any] = {}
    source: str = ""


class PythonWheelTask(msgspec.Struct, frozen=True, kw_only=True):
    """An entry point of a Python package, with arguments."""

    package_name: str
    entry_point: str
    parameters: list[str] = []
    named_parameters: dict[str, Any] = {}


class SqlQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A saved query."""

    query_id: str


class SqlFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file with SQL statements, separated by `;`."""

    path: str
    source: str = ""


class SqlTask(msgspec.Struct, frozen=True, kw_only=True):
    """SQL for a warehouse: a query or a file, with values for its `:parameters`."""

    warehouse_id: str
    query: SqlQuery | None = None
    file: SqlFile | None = None
    parameters: dict[str, str] = {}


class ConditionTask(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison, whose outcome tasks can depend on."""

    op: Comparison
    left: str
    right: str


class RunJobTask(msgspec.Struct, frozen=True, kw_only=True):
    """A run of another job."""

    job_id: int
    job_parameters: dict[str, Any] = {}


class ForEachTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task for each element of a JSON array."""

    inputs: str
    task: dict[str, Any]
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream task, and the outcome it must have if it is a condition."""

    task_key: str
    outcome: str | None = None


class LogDestination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a cluster delivers its logs."""

    destination: str


class ClusterLogConf(msgspec.Struct, frozen=True, kw_only=True):
    """Of where logs can be delivered, what there is here: an `s3` is accepted and nothing is delivered there."""

    dbfs: LogDestination | None = None
    volumes: LogDestination | None = None


class NewCluster(msgspec.Struct, frozen=True, kw_only=True):
    """Classic compute, as far as it matters to a process of this machine."""

    spark_version: str = ""
    spark_conf: dict[str, Any] = {}
    spark_env_vars: dict[str, str] = {}
    cluster_log_conf: ClusterLogConf | None = None


class TaskSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A task of a run or job."""

    task_key: TaskKey
    depends_on: list[Dependency] = []
    run_if: RunIf = "ALL_SUCCESS"
    spark_python_task: SparkPythonTask | None = None
    notebook_task: NotebookTask | None = None
    python_wheel_task: PythonWheelTask | None = None
    sql_task: SqlTask | None = None
    condition_task: ConditionTask | None = None
    run_job_task: RunJobTask | None = None
    for_each_task: ForEachTask | None = None
    max_retries: Annotated[int, msgspec.Meta(ge=-1)] = 0
    min_retry_interval_millis: Annotated[int, msgspec.Meta(ge=0)] = 0
    retry_on_timeout: bool = False
    timeout_seconds: Annotated[int, msgspec.Meta(ge=0)] = 0
    existing_cluster_id: str = ""
    new_cluster: NewCluster | None = None
    job_cluster_key: str = ""
    environment_key: str = ""
    environment_variables_key: str = ""
    libraries: list[dict[str, Any]] = []
    disabled: bool = False
    raw: dict[str, Any] = {}

    @property
    def is_classic(self) -> bool:
        """Whether it runs on a cluster, and not on serverless compute."""
        return bool(self.existing_cluster_id or self.new_cluster or self.job_cluster_key)


class EnvironmentSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is installed in an environment."""

    dependencies: list[str] = []


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """A serverless environment that tasks name."""

    environment_key: str
    spec: EnvironmentSpec = EnvironmentSpec()


class EnvironmentVariablesSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Environment variables by name, and files of them."""

    files: list[str] = []
    variables: dict[str, str] = {}


class EnvironmentVariables(msgspec.Struct, frozen=True, kw_only=True):
    """Environment variables that tasks name."""

    environment_variables_key: str
    spec: EnvironmentVariablesSpec = EnvironmentVariablesSpec()


class JobCluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster that tasks name."""

    job_cluster_key: str
    new_cluster: NewCluster = NewCluster()


class GitSource(msgspec.Struct, frozen=True, kw_only=True):
    """A git repository with the code of tasks."""

    git_url: str
    git_branch: str = ""
    git_tag: str = ""
    git_commit: str = ""


class JobParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a job, with its default."""

    name: str
    default: str = ""


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Whether runs wait for their turn, or are skipped."""

    enabled: bool = False


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a job or of a submitted run."""

    name: str = "Untitled"
    tasks: list[TaskSpec] = []
    environments: list[Environment] = []
    environment_variables: list[EnvironmentVariables] = []
    job_clusters: list[JobCluster] = []
    git_source: GitSource | None = None
    timeout_seconds: Annotated[int, msgspec.Meta(ge=0)] = 0
    parameters: list[JobParameter] = []
    max_concurrent_runs: int = 1
    queue: Queue = Queue(enabled=True)
    is_legacy: bool = False
    raw: dict[str, Any] = {}

    def cluster_of(self, task: TaskSpec) -> NewCluster:
        """Return the cluster that a task asks for, its own or one that it names; an empty one where it does neither."""
        named = [item.new_cluster for item in self.job_clusters if item.job_cluster_key == task.job_cluster_key]
        return task.new_cluster or next(iter(named), NewCluster())
