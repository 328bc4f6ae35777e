"""The connectors of this process by task category; each plugin is loaded at its first use."""

from __future__ import annotations

from collections import defaultdict

from fairlead.admission import check_connector, load_connector
from fairlead.category import TaskCategory
from fairlead.connector import Connector, ConnectorMetadata
from fairlead.discovery import Group, PluginEntry, Status, installed, is_strict, provider_of
from fairlead.errors import ConnectorNotFound, PluginError
from fairlead.hooks import Hooks
from fairlead.known import KNOWN_CONNECTORS
from fairlead.loading import load
from fairlead.logs import get_logger
from fairlead.spelling import suggestion

_logger = get_logger(__name__)


class ConnectorRegistry:
    """Task category → connector.

    Connectors come from the entry-point group `fairlead.connectors`, from `register`, and from the hook
    `fairlead_register_connectors`. Failures of plugins are kept in `failures`, and raised where that
    plugin is asked for, or everywhere with `FAIRLEAD_STRICT=1`.
    """

    def __init__(self, hooks: Hooks | None = None, *, discover: bool = True) -> None:
        self.hooks = hooks or Hooks(discover=discover)
        self._failures: dict[TaskCategory, PluginError] = {}
        self._reported: list[PluginError] = []
        self._connectors: dict[TaskCategory, Connector] = {}
        self._registered: set[TaskCategory] = set()
        self._entries: dict[TaskCategory, PluginEntry] = {}
        self._pending = discover
        self._hooks_told = False

    @property
    def failures(self) -> list[PluginError]:
        """What has failed so far, of connectors, of hook plugins and of what bridges load."""
        return [*self.hooks.failures, *self._failures.values(), *self._reported]

    def register(self, connector: Connector | type[Connector], *, override: bool = False) -> None:
        """Add a connector of this process; raise `PluginError` where it is no valid one, or its category is taken."""
        made = check_connector(connector)
        self._discover()
        if not override and (owner := self._owner(made.category)):
            hint = "Pass override=True to replace it, or give it another task_type or task_type_version"
            message = f"{_origin(made)} cannot be registered for task type `{made.category}`: {owner} serves it already. {hint}."
            raise PluginError(message, plugin=str(made.category), stage="register", hint=hint)
        self._connectors[made.category] = made
        self._registered.add(made.category)

    def report_failure(self, failure: PluginError) -> None:
        """Keep the failure of a plugin that is loaded in another way, by a bridge; raise it with `FAIRLEAD_STRICT=1`."""
        if is_strict():
            raise failure
        self._reported.append(failure)
        _logger.warning("%s", failure)

    def get_connector(self, task_type: str, version: int = 0) -> Connector:
        """Return the connector of a task type and version, loading its plugin at first use.

        Raises `ConnectorNotFound`, or the `PluginError` with which the plugin failed.
        """
        category = TaskCategory(task_type, version)
        if (connector := self._connectors.get(category)) is not None:
            return connector
        self._discover()
        self._tell_hooks()
        if (connector := self._connectors.get(category)) is not None:
            return connector
        if failed := self._failures.get(category):
            raise failed.with_traceback(None)  # one that is raised again and again would collect tracebacks
        if category not in self._entries:
            raise ConnectorNotFound(self._not_found(category))
        return self._load(category)

    def list_connectors(self) -> list[ConnectorMetadata]:
        """Load every available connector and return their metadata; those that fail are left out.

        What failed is in `failures`.
        """
        self._discover()
        self._tell_hooks()
        for category, entry in self._entries.items():
            if entry.status is not Status.DISABLED:
                self._try(category)
        groups: defaultdict[tuple[str, bool], list[Connector]] = defaultdict(list)
        for connector in self._connectors.values():
            groups[connector.display_name, connector.is_sync].append(connector)
        every = (self._metadata(connectors) for connectors in groups.values())
        return sorted((metadata for metadata in every if not metadata.hidden), key=lambda metadata: metadata.name)

    def get_connector_metadata(self, name: str) -> ConnectorMetadata:
        """Return the metadata of the connector with that display name; raise `ConnectorNotFound`."""
        every = self.list_connectors()
        for metadata in every:
            if metadata.name == name:
                return metadata
        names = [metadata.name for metadata in every]
        message = f"no connector is named {name!r}.{suggestion(name, names)} Installed: {', '.join(names) or 'none'}"
        raise ConnectorNotFound(message)

    def entry(self, category: TaskCategory) -> PluginEntry | None:
        """Return the entry point that a connector comes from, None for one that was registered."""
        self._discover()
        return None if category in self._registered else self._entries.get(category)

    def registered(self) -> list[Connector]:
        """Return the connectors that no entry point names: those of `register` and of hooks."""
        self._tell_hooks()
        return [self._connectors[category] for category in sorted(self._registered)]

    def task_types(self) -> list[str]:
        """Return the task types that are installed and usable, loaded or not."""
        self._discover()
        usable = [category for category, entry in self._entries.items() if entry.status is Status.AVAILABLE]
        return sorted({str(category) for category in [*usable, *self._connectors]})

    def _discover(self) -> None:
        if not self._pending:
            return
        self._pending = False
        for entry in installed(Group.CONNECTORS):
            if entry.status not in {Status.AVAILABLE, Status.DISABLED} and is_strict():
                load(entry)
            self._note(entry)

    def _note(self, entry: PluginEntry) -> None:
        """Keep one entry a category: the available one, else one that says why there is none."""
        try:
            category = entry.category
        except ValueError:
            if entry.status is not Status.DISABLED:
                _logger.warning("%s: %s", entry.provider, entry.reason)
            return
        known = self._entries.get(category)
        if known is None or entry.rank < known.rank:
            self._entries[category] = entry

    def _try(self, category: TaskCategory) -> None:
        known = category in self._failures
        try:
            self.get_connector(*category)
        except PluginError as error:
            if is_strict():
                raise
            if not known:
                _logger.warning("%s", error)

    def _tell_hooks(self) -> None:
        if not self._hooks_told:
            self._hooks_told = True
            self.hooks.tell_now("fairlead_register_connectors", registry=self)

    def _load(self, category: TaskCategory) -> Connector:
        try:
            connector = load_connector(self._entries[category])
        except PluginError as error:
            self._failures[category] = error
            raise
        self._connectors[category] = connector
        return connector

    def _owner(self, category: TaskCategory) -> str:
        """Return who serves a category, or an empty text."""
        if category in self._registered:
            return _origin(self._connectors[category])
        entry = self._entries.get(category)
        return entry.provider if entry is not None and entry.status is Status.AVAILABLE else ""

    def _metadata(self, connectors: list[Connector]) -> ConnectorMetadata:
        first = connectors[0]
        metadata = ConnectorMetadata(
            name=first.display_name,
            is_sync=first.is_sync,
            categories=tuple(sorted(connector.category for connector in connectors)),
            description=first.description,
        )
        changed = self.hooks.ask_now("fairlead_connector_metadata", metadata=metadata)
        if changed is None or isinstance(changed, ConnectorMetadata):
            return changed or metadata
        message = (
            f"a fairlead_connector_metadata hook returned a {type(changed).__name__}; it must be a ConnectorMetadata"
        )
        raise PluginError(message, stage="call")

    def _not_found(self, category: TaskCategory) -> str:
        installed_types = self.task_types()
        versions = [name for name in installed_types if TaskCategory.parse(name).name == category.name]
        if versions:
            return f"no connector for task type `{category}` is installed; installed are {', '.join(f'`{name}`' for name in versions)}"
        message = f"no connector for task type `{category}` is installed.{suggestion(category.name, installed_types)}"
        message += f" Installed: {', '.join(installed_types) or 'none'}."
        if distribution := KNOWN_CONNECTORS.get(category.name):
            message += f" To install it: pip install {distribution}"
        return message


def _origin(connector: Connector) -> str:
    """Return where a registered connector comes from: its class, and its distribution where that is known."""
    class_ = type(connector)
    provider = provider_of(class_.__module__)
    where = f"connector {class_.__module__}.{class_.__qualname__}"
    return f"{where} ({provider})" if provider else where
