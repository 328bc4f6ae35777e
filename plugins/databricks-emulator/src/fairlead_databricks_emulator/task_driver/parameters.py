"""The `:parameters` of SQL, and the names in backticks, in the words of DuckDB."""

import re

_TOKEN = re.compile(
    r"""
      '(?:[^']|'')*' | "(?:[^"]|"")*"    # texts and names, which stay
    | --[^\n]* | /\*.*?\*/               # comments
    | ::                                 # a cast
    | `(?P<quoted>[^`]*)`
    | (?<![\w\])'"]):(?P<parameter>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


class UnboundParameter(Exception):
    """A statement has a parameter for which there is no value."""


def bound(text: str, values: dict[str, str]) -> str:
    """Return SQL with each `:parameter` replaced by its value as a literal; raise `UnboundParameter` without one.

    A literal in quotes takes the type that its place asks for, as the string parameters of Databricks do.
    """

    def replaced(match: re.Match[str]) -> str:
        if (quoted := match["quoted"]) is not None:
            return '"' + quoted.replace('"', '""') + '"'
        if (name := match["parameter"]) is None:
            return match.group()
        if name not in values:
            message = f"[UNBOUND_SQL_PARAMETER] Found the unbound parameter: {name}. Give it a value in `parameters`"
            raise UnboundParameter(message)
        return "'" + values[name].replace("'", "''") + "'"

    return _TOKEN.sub(replaced, text)
