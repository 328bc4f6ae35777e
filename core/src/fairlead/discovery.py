"""What is installed, read from package metadata alone: no plugin is imported here.

This is the path of `fairlead list`, so it imports little: neither msgspec nor pluggy nor asyncio.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import importlib_metadata

from fairlead._version import __version__
from fairlead.category import TaskCategory
from fairlead.compatibility import unmet_requirement
from fairlead.known import KNOWN_CONNECTORS, KNOWN_HOSTS

ALLOW_VARIABLE = "FAIRLEAD_PLUGINS"
DISABLE_VARIABLE = "FAIRLEAD_DISABLE_PLUGINS"
STRICT_VARIABLE = "FAIRLEAD_STRICT"


class Group(StrEnum):
    """The entry-point groups that plugins use."""

    CONNECTORS = "fairlead.connectors"
    HOSTS = "fairlead.hosts"
    COMMANDS = "fairlead.commands"
    LOCAL_BACKENDS = "fairlead.local_backends"
    PLUGINS = "fairlead.plugins"


_GROUPS = {group.value: group for group in Group}


class Status(StrEnum):
    """What metadata tells of an entry point; BROKEN is known only after it was loaded."""

    AVAILABLE = "available"
    DISABLED = "disabled"
    CONFLICT = "conflict"
    INCOMPATIBLE = "incompatible"
    MALFORMED = "malformed"
    BROKEN = "broken"


class PluginEntry(NamedTuple):
    """One entry point of an installed distribution; `reason` says why it is not available."""

    group: Group
    name: str
    value: str
    distribution: str
    version: str
    summary: str
    status: Status = Status.AVAILABLE
    reason: str = ""

    @property
    def category(self) -> TaskCategory:
        """The task category that a connector's entry point names; ValueError where it names none."""
        return TaskCategory.parse(self.name)

    @property
    def provider(self) -> str:
        """The distribution and its version, for messages."""
        return f"{self.distribution} {self.version}"

    @property
    def rank(self) -> int:
        """The place among entries of one name: one that is available is the first, one that is disabled the last."""
        return {Status.AVAILABLE: 0, Status.DISABLED: 2}.get(self.status, 1)


class PluginFilter(NamedTuple):
    """Which plugins the user wants; names are distributions, entry points or task types."""

    allowed: frozenset[str] | None
    disabled: frozenset[str]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> PluginFilter:
        """Read `FAIRLEAD_PLUGINS` (only these; empty means none) and `FAIRLEAD_DISABLE_PLUGINS`."""
        allowed = environment.get(ALLOW_VARIABLE)
        return cls(
            allowed=None if allowed is None else frozenset(_names(allowed)),
            disabled=frozenset(_names(environment.get(DISABLE_VARIABLE, ""))),
        )

    def apply(self, entry: PluginEntry) -> PluginEntry:
        """Return the entry, as disabled where the user does not want it."""
        if self.allowed is None and not self.disabled:
            return entry
        names = set(map(normalized, _names_of(entry)))
        if names & self.disabled:
            return entry._replace(status=Status.DISABLED, reason=f"disabled by {DISABLE_VARIABLE}")
        if self.allowed is not None and not names & self.allowed:
            return entry._replace(status=Status.DISABLED, reason=f"not in {ALLOW_VARIABLE}")
        return entry


def installed(group: Group) -> list[PluginEntry]:
    """Return the entry points of one group with their status, sorted by name, then distribution."""
    wanted = PluginFilter.from_environment()
    entries = [wanted.apply(entry) for entry in _scan(_search_path()) if entry.group is group]
    if group is not Group.PLUGINS:
        entries = _with_conflicts(entries)
    return sorted(entries, key=lambda entry: (entry.name, entry.distribution))


def find(group: Group, name: str) -> PluginEntry | None:
    """Return the entry point of that name, the one of the first rank where there are several, or None."""
    entries = (entry for entry in installed(group) if entry.name == name)
    return min(entries, key=lambda entry: entry.rank, default=None)


def provider_of(module: str) -> str:
    """Return the distribution and version that has entry points in the package of a module, or an empty text."""
    owner = owner_of(module)
    return owner.provider if owner else ""


def owner_of(module: str) -> PluginEntry | None:
    """Return an entry point in the package of a module, whose distribution owns it, or None."""
    package = module.partition(".")[0]
    return next(
        (entry for entry in _scan(_search_path()) if re.split(r"\W", entry.value, maxsplit=1)[0] == package), None
    )


def unknown_names() -> list[str]:
    """Return one message for each name in `FAIRLEAD_PLUGINS` and `FAIRLEAD_DISABLE_PLUGINS` that nothing installed has.

    A bridge applies them to entry points of other groups, too, so those count.
    """
    texts = [(variable, os.environ.get(variable, "").split(",")) for variable in (ALLOW_VARIABLE, DISABLE_VARIABLE)]
    wanted = [(variable, name.strip()) for variable, names in texts for name in names if name.strip()]
    if not wanted:
        return []
    from fairlead.spelling import suggestion

    path = _search_path()
    entries = _scan(path)
    known = {normalized(name) for entry in entries for name in _names_of(entry)}
    for distribution in importlib_metadata.distributions(path=_existing(path)):
        text = _read(distribution, "entry_points.txt")
        known.update(map(normalized, [_folder_name(distribution), *re.findall(r"^([^=\n]+)=", text, re.MULTILINE)]))
    names = sorted({name for entry in entries for name in (entry.name, entry.distribution)})
    return [
        f"{variable} names `{name}`, and no plugin of that name is installed.{suggestion(name, names)}"
        for variable, name in wanted
        if normalized(name) not in known
    ]


def is_strict() -> bool:
    """Whether a failing plugin should end the program (`FAIRLEAD_STRICT=1`)."""
    return os.environ.get(STRICT_VARIABLE, "") not in {"", "0"}


def normalized(name: str) -> str:
    """Return a name as distributions' names are compared: lower case, one `-` for any run of `-_.`."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _names_of(entry: PluginEntry) -> tuple[str, str, str]:
    """Return what users may call a plugin: its distribution, its entry point, its task type."""
    return entry.distribution, entry.name, re.sub(r"\.v\d+$", "", entry.name)


def _names(text: str) -> Iterator[str]:
    return (normalized(name) for name in text.split(",") if name.strip())


def _search_path() -> tuple[str, ...]:
    return tuple(sys.path)


@lru_cache(maxsize=4)
def _scan(path: tuple[str, ...]) -> tuple[PluginEntry, ...]:
    """Read all entry points of fairlead's groups below the folders of `path`; the first of two equal distributions counts."""
    entries: dict[str, list[PluginEntry]] = {}
    for distribution in importlib_metadata.distributions(path=_existing(path)):
        text = _read(distribution, "entry_points.txt")
        if "[fairlead." in text:
            found = list(_entries_of(distribution, text))
            if found:
                entries.setdefault(normalized(found[0].distribution), found)
    return tuple(entry for found in entries.values() for entry in found)


def _existing(path: tuple[str, ...]) -> list[str]:
    return [folder for folder in path if os.path.exists(folder)]  # noqa: PTH110 - for others zip support would be imported


def _read(distribution: importlib_metadata.IDistribution, name: str) -> str:
    try:
        return distribution.read_text(name) or ""
    except (OSError, UnicodeDecodeError):
        return ""


def _entries_of(distribution: importlib_metadata.IDistribution, text: str) -> Iterator[PluginEntry]:
    headers = _headers(_read(distribution, "METADATA") or _read(distribution, "PKG-INFO"))
    name, version, summary = (headers[key][0] if headers[key] else "" for key in ("name", "version", "summary"))
    unmet = unmet_requirement(headers["requires-dist"], __version__)
    for group, key, value in _assignments(text):
        entry = PluginEntry(group, key, value, name or _folder_name(distribution), version, summary)
        if reason := _malformed(entry):
            yield entry._replace(status=Status.MALFORMED, reason=reason)
        elif unmet:
            yield entry._replace(
                status=Status.INCOMPATIBLE, reason=f"it needs {unmet}, and fairlead {__version__} is installed"
            )
        else:
            yield entry


def _folder_name(distribution: importlib_metadata.IDistribution) -> str:
    """Return what the folder of a distribution without METADATA is named after."""
    return str(getattr(distribution, "_path", "unknown")).replace(os.sep, "/").rpartition("/")[2].partition("-")[0]


def _assignments(text: str) -> Iterator[tuple[Group, str, str]]:
    """Yield group, name and value of each line of fairlead's groups, also of lines that are wrong."""
    group: Group | None = None
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            title = line[1:-1].strip()
            group = _GROUPS.get(title)
        elif line and group is not None and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()


def _malformed(entry: PluginEntry) -> str:
    if not _names_object(entry):
        forms = "`name = package.module` or " if entry.group is Group.PLUGINS else ""
        return f"the entry point `{entry.name} = {entry.value}` is not of the form {forms}`name = package.module:attribute`"
    if entry.group is Group.CONNECTORS:
        try:
            entry.category  # noqa: B018 - it raises
        except ValueError as error:
            return str(error)
    return ""


def _names_object(entry: PluginEntry) -> bool:
    """Whether the value is `package.module:attribute`, with or without extras; a hook plugin may also be a module."""
    module, colon, attribute = entry.value.partition("[")[0].partition(":")
    path = f"{module.strip()}.{attribute.strip()}" if colon or entry.group is not Group.PLUGINS else module.strip()
    return all(part.isidentifier() for part in path.split("."))


def _headers(metadata: str) -> defaultdict[str, list[str]]:
    """Return the header fields of a METADATA file.

    The email parser of the standard library would read the whole long description too, and its import
    alone would take most of the time that `fairlead list` has.
    """
    headers: defaultdict[str, list[str]] = defaultdict(list)
    for line in metadata.splitlines():
        if not line:
            break
        name, separator, value = line.partition(":")
        if separator and not name.startswith((" ", "\t")):
            headers[name.lower()].append(value.strip())
    return headers


def _with_conflicts(entries: list[PluginEntry]) -> list[PluginEntry]:
    """Mark available entries that claim one name; a distribution that is known for the name keeps it."""
    claims: defaultdict[object, list[PluginEntry]] = defaultdict(list)
    for entry in entries:
        if entry.status is Status.AVAILABLE:
            claims[_claim(entry)].append(entry)
    return [_judged(entry, claims[_claim(entry)]) if entry.status is Status.AVAILABLE else entry for entry in entries]


def _claim(entry: PluginEntry) -> object:
    return entry.category if entry.group is Group.CONNECTORS else entry.name


def _judged(entry: PluginEntry, claimants: list[PluginEntry]) -> PluginEntry:
    rivals = [other.provider for other in claimants if other is not entry]
    if not rivals or normalized(entry.distribution) == _owner(entry):
        return entry
    reason = f"`{entry.name}` is also provided by {', '.join(rivals)}; disable one with {DISABLE_VARIABLE}={entry.distribution}"
    return entry._replace(status=Status.CONFLICT, reason=reason)


def _owner(entry: PluginEntry) -> str:
    if entry.group is Group.CONNECTORS:
        return KNOWN_CONNECTORS.get(entry.category.name, "")
    return KNOWN_HOSTS.get(entry.name, "") if entry.group is Group.HOSTS else ""
