"""The task template: what to run, in plain Python values, the same for every host."""

import builtins
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic

import msgspec

from fairlead.category import TaskCategory
from fairlead.errors import InvalidTask
from fairlead.spelling import suggestion
from fairlead.validation import convert, integral

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    CustomT = TypeVar("CustomT", default=Any)
else:
    from typing import TypeVar

    CustomT = TypeVar("CustomT")


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """Where a task is registered, as in Flyte's `core.Identifier`."""

    resource_type: str = "task"
    project: str = ""
    domain: str = ""
    name: str = ""
    version: str = ""
    org: str = ""


class Variable(msgspec.Struct, frozen=True):
    """One declared input or output.

    `type` is the lower-case name of a Flyte `SimpleType` (`integer`, `float`, `string`, `boolean`,
    `datetime`, `duration`, `struct`, …), `any`, or a mapping in the JSON form of Flyte's `LiteralType`.
    """

    type: str | dict[str, Any] = "any"
    description: str = ""


class TypedInterface(msgspec.Struct, frozen=True):
    """The declared inputs and outputs of a task by name, as in Flyte's `core.TypedInterface`."""

    inputs: dict[str, Variable] = {}
    outputs: dict[str, Variable] = {}


class Resources(msgspec.Struct, frozen=True):
    """Requested and limiting amounts by resource name (`cpu`, `memory`, …), in Kubernetes notation."""

    requests: dict[str, str] = {}
    limits: dict[str, str] = {}


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """The container that a task asks for, as in Flyte's `core.Container`."""

    image: str = ""
    command: list[str] = []
    args: list[str] = []
    env: dict[str, str] = {}
    resources: Resources = msgspec.field(default_factory=Resources)
    config: dict[str, str] = {}


class K8sPod(msgspec.Struct, frozen=True, kw_only=True):
    """The pod that a task asks for, as in Flyte's `core.K8sPod`."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    pod_spec: dict[str, Any] = {}
    primary_container_name: str = ""


class Sql(msgspec.Struct, frozen=True):
    """A statement in a dialect (`ansi`, `hive`, `other`), as in Flyte's `core.Sql`."""

    statement: str
    dialect: str = "ansi"


class TaskMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """How a task is to be treated, as in Flyte's `core.TaskMetadata`. `timeout` is in seconds."""

    discoverable: bool = False
    discovery_version: str = ""
    timeout: float | None = None
    retries: int = 0
    interruptible: bool | None = None
    cache_serializable: bool = False
    deprecated_error_message: str = ""
    tags: dict[str, str] = {}


class SecretReference(msgspec.Struct, frozen=True, kw_only=True):
    """The name of a secret that a task asks for, never its value (Flyte's `core.Secret`)."""

    key: str
    group: str = ""
    group_version: str = ""
    env_var: str = ""


class SecurityContext(msgspec.Struct, frozen=True, kw_only=True):
    """As whom a task runs and which secrets it asks for, as in Flyte's `core.SecurityContext`."""

    iam_role: str = ""
    k8s_service_account: str = ""
    secrets: list[SecretReference] = []


class TaskTemplate(msgspec.Struct, Generic[CustomT], frozen=True, kw_only=True):
    """What to run, as in Flyte's `core.TaskTemplate`, with plain Python values.

    `custom` holds the connector's own settings: a dict, or where the connector declares a
    `custom_type`, an instance of that. `native` is a host's own original message, for bridges;
    connectors do not read it.
    """

    type: str
    task_type_version: int = 0
    id: Identifier = Identifier()
    interface: TypedInterface | None = None
    custom: CustomT = msgspec.field(default_factory=dict)  # type: ignore[assignment]  # Any, unless decoded
    config: dict[str, str] = {}
    container: Container | None = None
    k8s_pod: K8sPod | None = None
    sql: Sql | None = None
    metadata: TaskMetadata = msgspec.field(default_factory=TaskMetadata)
    security_context: SecurityContext = msgspec.field(default_factory=SecurityContext)
    native: Any = None

    @property
    def category(self) -> TaskCategory:
        """What a connector must serve to run this task."""
        return TaskCategory(self.type, self.task_type_version)

    def with_custom(self, custom_type: builtins.type[msgspec.Struct]) -> "TaskTemplate[Any]":
        """Return the task with `custom` decoded as `custom_type`; raise `InvalidTask` naming the faulty path.

        Whole numbers that arrive as floats, as Flyte sends them, become ints first.
        """
        custom: msgspec.Struct = convert(integral(self.custom), custom_type, "custom")
        return msgspec.structs.replace(self, custom=custom)

    def check_inputs(self, inputs: dict[str, Any]) -> None:
        """Raise `InvalidTask` where declared inputs are missing, undeclared ones given, or simple types differ.

        A task that declares no inputs takes any.
        """
        declared = self.interface.inputs if self.interface else {}
        if not declared:
            return
        for name in inputs:
            if name not in declared:
                message = f"the task declares no input `{name}`.{suggestion(name, list(declared))} Declared: {', '.join(declared) or 'none'}"
                raise InvalidTask(message)
        if missing := [name for name in declared if name not in inputs]:
            message = f"missing input: {', '.join(f'`{name}` ({_described(declared[name])})' for name in missing)}"
            raise InvalidTask(message)
        for name, value in inputs.items():
            _check_simple_type(name, value, declared[name])


_SIMPLE_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "float": (float, int),
    "string": (str,),
    "boolean": (bool,),
    "datetime": (datetime, str),
    "duration": (timedelta, str, int, float),
    "struct": (dict, msgspec.Struct),
}


def _check_simple_type(name: str, value: object, variable: Variable) -> None:
    expected = _SIMPLE_TYPES.get(variable.type) if isinstance(variable.type, str) else None
    if expected is None:
        return
    if not isinstance(value, expected) or (isinstance(value, bool) and variable.type != "boolean"):
        message = f"`inputs.{name}`: expected {variable.type}, got {type(value).__name__}"
        raise InvalidTask(message)


def _described(variable: Variable) -> str:
    type_ = variable.type if isinstance(variable.type, str) else "structured"
    return f"{type_}: {variable.description}" if variable.description else type_
