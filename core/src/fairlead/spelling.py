"""Propose what a misspelt name may have meant."""

from difflib import get_close_matches

_LONGEST_NAME = 100


def suggestion(name: str, known: list[str]) -> str:
    """Return ` Did you mean …?` for the closest of the known names, or an empty text."""
    if len(name) > _LONGEST_NAME:  # no name, and seconds of work
        return ""
    match = get_close_matches(name, known, n=1)
    return f" Did you mean `{match[0]}`?" if match else ""
