"""One workspace and its credential, as the environment or a profile of `~/.databrickscfg` gives them.

Source: https://docs.databricks.com/dev-tools/auth/unified-auth
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fairlead import AuthenticationError
from fairlead_databricks.instances import instance_name


class Settings(msgspec.Struct, frozen=True):
    """A workspace, and what to sign in with.

    `auth_type` says which of several credentials is meant, in the words of databricks-sdk; else a token comes first.
    """

    host: str = ""
    token: str = ""
    client_id: str = ""
    client_secret: str = ""
    auth_type: str = ""

    @property
    def method(self) -> str:
        """How to sign in, `pat` or `oauth-m2m`; empty where there is neither a token nor both parts of a service principal."""
        complete = {"pat": bool(self.token), "oauth-m2m": bool(self.client_id and self.client_secret)}
        return next((method for method, given in complete.items() if given and self.auth_type in {"", method}), "")

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment; and the profile where one is named, or where the environment has neither host nor credential.

        A credential of the environment comes before that of the profile. Raises `AuthenticationError` where the
        profile's would be sent to another host than its own.
        """
        given = {field: environment.get(f"DATABRICKS_{field.upper()}", "") for field in cls.__struct_fields__}
        found = cls(**{field: value.strip() for field, value in given.items()})
        profile = environment.get("DATABRICKS_CONFIG_PROFILE", "")
        if not profile and (found.host or found.method):
            return found
        filed = _profile(Path(environment.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg").expanduser(), profile)
        if found.method:
            filed = cls(host=filed.host)
        elif found.host and filed.host:
            _refuse_two_hosts(found.host, filed.host, profile)
        merged = {field: getattr(found, field) or getattr(filed, field) for field in cls.__struct_fields__}
        return cls(**merged)


def _refuse_two_hosts(host: str, filed: str, profile: str) -> None:
    ours, theirs = instance_name(host, "DATABRICKS_HOST"), instance_name(filed, f"`host` of the profile {profile!r}")
    if ours != theirs:
        message = (
            f"DATABRICKS_HOST is {ours}, but the profile {profile!r} is of {theirs}, and its credential is not sent elsewhere; "
            "unset DATABRICKS_HOST, or name a profile of that workspace"
        )
        raise AuthenticationError(message)


def _profile(path: Path, name: str) -> Settings:
    """Return a profile of a configuration file, the default one if none is named."""
    parser = configparser.ConfigParser(default_section="", interpolation=None)
    try:
        parser.read(path, encoding="utf-8-sig")
    except (configparser.Error, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {type(error).__name__}"
        raise AuthenticationError(message) from None
    wanted = name or parser.get("__settings__", "default_profile", fallback="DEFAULT")
    if not parser.has_section(wanted):
        if not name:
            return Settings()
        message = f"there is no profile {name!r} in {path}; there are: {', '.join(parser.sections()) or 'none'}"
        raise AuthenticationError(message)
    return Settings(**{field: parser.get(wanted, field, fallback="") for field in Settings.__struct_fields__})
