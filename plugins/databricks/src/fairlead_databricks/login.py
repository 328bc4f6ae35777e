"""Find the workspace and the credential of a request, in the order that Databricks documents.

Source: https://docs.databricks.com/dev-tools/auth/unified-auth: arguments, then environment variables, then
a profile of `~/.databrickscfg`.

A credential that belongs to one workspace (of the environment or of a profile) is never sent to another: the
workspace may be named by the task, and a task must not be able to have the platform's token sent elsewhere.
"""

from __future__ import annotations

import configparser
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fairlead import AuthenticationError, Context, InvalidTask
from fairlead_databricks.credentials import Credentials, PersonalAccessToken, SdkCredentials, ServicePrincipal
from fairlead_databricks.instances import base_url, instance_name

HOST_CONFIG = "databricks_host"
FLYTE_INSTANCE = "FLYTE_DATABRICKS_INSTANCE"
FLYTE_TOKEN = "FLYTE_DATABRICKS_ACCESS_TOKEN"  # noqa: S105 - the name of a secret
TOKEN = "DATABRICKS_TOKEN"  # noqa: S105 - the name of a secret


class Settings(msgspec.Struct, frozen=True):
    """One workspace and its credential, as the environment or a profile gives them."""

    host: str = ""
    token: str = ""
    client_id: str = ""
    client_secret: str = ""

    @property
    def has_credential(self) -> bool:
        """Whether there is a token, or both parts of a service principal."""
        return bool(self.token or (self.client_id and self.client_secret))

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment; and the profile where one is named, or where the environment has neither host nor credential."""
        found = cls(**{field: environment.get(f"DATABRICKS_{field.upper()}", "") for field in cls.__struct_fields__})
        profile = environment.get("DATABRICKS_CONFIG_PROFILE", "")
        if not profile and (found.host or found.has_credential):
            return found
        filed = _profile(Path(environment.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg").expanduser(), profile)
        if found.has_credential:
            filed = msgspec.structs.replace(filed, token="", client_id="", client_secret="")
        merged = {field: getattr(found, field) or getattr(filed, field) for field in cls.__struct_fields__}
        return cls(**merged)


def find_instance(named: str, context: Context, environment: Mapping[str, str] = os.environ) -> str:
    """Return the instance that a task runs in: the one it names, else the request's, else the environment's."""
    instance = named or context.configs.get(HOST_CONFIG, "") or environment.get(FLYTE_INSTANCE, "")
    instance = instance or Settings.read(environment).host
    if not instance:
        message = (
            "no Databricks workspace is given: name it as `custom.databricksInstance`, in the variable "
            "DATABRICKS_HOST, or in a profile of ~/.databrickscfg"
        )
        raise InvalidTask(message)
    return instance_name(instance)


async def find_credentials(instance: str, token_secret: str, context: Context) -> tuple[Credentials, object]:
    """Return what authenticates a request at an instance, and a key that is equal for equal credentials.

    A secret that the task names comes first, then one of the request or of a plugin, then the environment and
    the profile, then Flyte's own variable, and at last whatever databricks-sdk finds.
    """
    if token_secret:
        return _token(await context.secret(token_secret))
    for name in (TOKEN, FLYTE_TOKEN):
        if (value := await _of_request(name, context)) is not None:
            return _token(value)
    settings = Settings.read()
    if settings.has_credential and _same(settings.host, instance):
        return _of_settings(settings, context)
    if not os.environ.get(FLYTE_INSTANCE) or _same(os.environ[FLYTE_INSTANCE], instance):
        try:
            return _token(await context.secret(FLYTE_TOKEN))
        except AuthenticationError:
            pass
    if _has_sdk() and any(_same(host, instance) for host in _hosts(settings, context)):
        return SdkCredentials(base_url(instance)), "sdk"
    message = (
        f"no credential for {instance}: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, "
        "beside a DATABRICKS_HOST of that workspace, name a profile, or name a secret as `custom.databricksTokenSecret`; "
        "for other logins install fairlead-databricks[sdk], and name the workspace as DATABRICKS_HOST"
    )
    raise AuthenticationError(message)


async def _of_request(name: str, context: Context) -> str | None:
    """Return a secret that came with the request, or that a plugin gives; not the environment's."""
    value = context.secrets.get(name)
    if value is None and context.secret_source is not None:
        value = await context.secret_source(name, context)
    if value is not None:
        context.redactor.add(name, value)
    return value


def _of_settings(settings: Settings, context: Context) -> tuple[Credentials, object]:
    if settings.token:
        context.redactor.add(TOKEN, settings.token)
        return _token(settings.token)
    context.redactor.add("DATABRICKS_CLIENT_SECRET", settings.client_secret)
    return ServicePrincipal(settings.client_id, settings.client_secret), (settings.client_id, settings.client_secret)


def _hosts(settings: Settings, context: Context) -> tuple[str, ...]:
    """Return the workspaces that the platform names, to which its own logins may be sent."""
    return (settings.host, os.environ.get(FLYTE_INSTANCE, ""), context.configs.get(HOST_CONFIG, ""))


def _has_sdk() -> bool:
    try:
        return importlib.util.find_spec("databricks.sdk") is not None
    except ModuleNotFoundError:
        return False


def _token(value: str) -> tuple[Credentials, object]:
    return PersonalAccessToken(value), value


def _same(host: str, instance: str) -> bool:
    return bool(host) and instance_name(host) == instance


def _profile(path: Path, name: str) -> Settings:
    """Return a profile of a configuration file, the default one if none is named."""
    parser = configparser.ConfigParser(default_section="", interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
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
