"""Parse YAML, TOML and JSON into plain values; what one of them would bear in silence is refused in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import yaml

DEEPEST = 100
_MOST_VALUES = 1_000_000  # that aliases may stand for; a few lines of them can stand for more than any memory holds

SUFFIXES = (".yaml", ".yml", ".toml", ".json")


def parse(suffix: str, text: str) -> object:
    """Return the parsed text; raise ValueError with the place of the fault."""
    try:
        value = {".toml": _parse_toml, ".json": _parse_json}.get(suffix, _parse_yaml)(text)
        check_plain(value)
    except RecursionError as error:
        message = "it is nested too deeply"
        raise ValueError(message) from error
    return value


def check_plain(value: object, where: str = "", around: tuple[object, ...] = ()) -> None:
    """Raise ValueError where a value contains itself, is nested too deeply, or holds a name that is no text or a text that is no Unicode."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            message = f"{_at(where)}the text holds {value[error.start]!a}, half a character, which is not valid UTF-8"
            raise ValueError(message) from error
        return
    if not isinstance(value, dict | list):
        return
    if any(value is outer for outer in around):
        message = f"{_at(where)}the value contains itself"
        raise ValueError(message)
    if len(around) == DEEPEST:
        message = f"it is nested too deeply: more than {DEEPEST} levels"
        raise ValueError(message)
    if isinstance(value, dict) and (names := [name for name in value if not isinstance(name, str)]):
        message = f"{_at(where)}the name {names[0]!r} is not a text (`{type(names[0]).__name__}`); put it in quotes"
        raise ValueError(message)
    around = (*around, value)
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        check_plain(key, where, around)
        check_plain(item, f"{where}[{key}]" if isinstance(value, list) else f"{where}.{key}".lstrip("."), around)


def _at(where: str) -> str:
    return f"`{where}`: " if where else ""


def _parse_toml(text: str) -> object:
    import tomllib

    return tomllib.loads(text)


def _parse_json(text: str) -> object:
    import json

    return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [name for name, _ in pairs]
        message = f"the name `{next(name for name in names if names.count(name) > 1)}` stands twice"
        raise ValueError(message)
    return unique


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON value"
    raise ValueError(message)


def _parse_yaml(text: str) -> object:
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses a name that stands twice in a mapping, and aliases that stand for too many values."""

        def __init__(self, text: str) -> None:
            super().__init__(text)
            self._values = 0  # so far, with those that aliases stand for
            self._sizes: dict[yaml.Node | None, int] = {}

        def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
            before, is_alias = self._values, self.check_event(yaml.AliasEvent)
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            node = super().compose_node(parent, index)
            if is_alias:
                self._values += self._sizes.get(node, 0)  # not yet known is one that contains itself
            else:
                self._values += 1
                self._sizes[node] = self._values - before
            if is_alias and self._values > _MOST_VALUES:
                problem = f"its aliases stand for more than {_MOST_VALUES:,} values"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
            return node

        def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
            node: yaml.MappingNode = super().compose_mapping_node(anchor)
            seen = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in seen:
                    problem = f"the name `{key.value}` stands twice"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                seen.add((key.tag, key.value if isinstance(key, yaml.ScalarNode) else key))
            return node

    try:
        return yaml.load(text, Loader)  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        message = f"{error.problem}{place}"
        raise ValueError(message) from error
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
