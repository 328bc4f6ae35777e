"""Find the workspace and the credential of a request, in the order that Databricks documents.

Source: https://docs.databricks.com/dev-tools/auth/unified-auth: arguments, then environment variables, then
a profile of `~/.databrickscfg`.

A credential that belongs to one workspace (of the environment or of a profile) is never sent to another: the
workspace may be named by the task, and a task must not be able to have the platform's token sent elsewhere. Nor
can it name any other variable of the process as its token, only what is meant to be a secret.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping

from fairlead import AuthenticationError, Context, InvalidTask
from fairlead_databricks.credentials import Credentials, PersonalAccessToken, SdkCredentials, ServicePrincipal
from fairlead_databricks.instances import base_url, instance_name
from fairlead_databricks.settings import Settings

HOST_CONFIG = "databricks_host"
FLYTE_INSTANCE = "FLYTE_DATABRICKS_INSTANCE"
FLYTE_TOKEN = "FLYTE_DATABRICKS_ACCESS_TOKEN"  # noqa: S105 - the name of a secret
TOKEN = "DATABRICKS_TOKEN"  # noqa: S105 - the name of a secret

_OWN_LOGINS = ("DATABRICKS_", "FLYTE_DATABRICKS_")
_HOST = "DATABRICKS_HOST, or `host` of the profile"


def find_instance(named: str, context: Context, environment: Mapping[str, str] = os.environ) -> str:
    """Return the instance that a task runs in: the one it names, else the request's, else the environment's."""
    for where, instance in _instances(named, context, environment):
        if instance:
            return instance_name(instance, where)
    message = (
        "no Databricks workspace is given: name it as `custom.databricksInstance`, in the variable "
        "DATABRICKS_HOST, or in a profile of ~/.databrickscfg"
    )
    raise InvalidTask(message)


def _instances(named: str, context: Context, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield where an instance may be given, and what is given there, the first that counts first."""
    yield "`custom.databricksInstance`", named
    yield f"`{HOST_CONFIG}` of the request", context.configs.get(HOST_CONFIG, "")
    yield FLYTE_INSTANCE, environment.get(FLYTE_INSTANCE, "")
    yield _HOST, Settings.read(environment).host


async def find_credentials(instance: str, token_secret: str, context: Context) -> tuple[Credentials, object]:
    """Return what authenticates a request at an instance, and a key that is equal for equal credentials.

    A secret that the task names comes first, then one of the request or of a plugin, then the environment and
    the profile, then Flyte's own variable, and at last whatever databricks-sdk finds.
    """
    if token_secret:
        return _token(token_secret, await _named_secret(token_secret, instance, context))
    for name in (TOKEN, FLYTE_TOKEN):
        if (value := await _of_request(name, context)) is not None:
            return _token(name, value)
    settings = Settings.read()
    if settings.method and _belongs(TOKEN, instance, settings):
        return _of_settings(settings, context)
    if _belongs(FLYTE_TOKEN, instance, settings):
        try:
            value = await context.secret(FLYTE_TOKEN)
        except AuthenticationError:
            pass
        else:
            return _token(FLYTE_TOKEN, value)
    if _has_sdk() and _belongs(TOKEN, instance, settings):
        return SdkCredentials(base_url(instance)), "sdk"
    kind = f" of the auth_type `{settings.auth_type}`" if settings.auth_type else ""
    message = (
        f"no credential{kind} for {instance}: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, "
        "beside a DATABRICKS_HOST of that workspace, name a profile, or name a secret as `custom.databricksTokenSecret`; "
        "for other logins install fairlead-databricks[sdk], and name the workspace as DATABRICKS_HOST"
    )
    raise AuthenticationError(message)


async def _named_secret(name: str, instance: str, context: Context) -> str:
    """Return the secret that a task names; of the request or of a plugin always, else only what is meant for tasks."""
    refusal = _refusal(name, instance)
    if not refusal:
        return await context.secret(name)
    value = await _of_request(name, context)
    if value is None:
        raise AuthenticationError(refusal)
    return value


def _refusal(name: str, instance: str) -> str:
    """Return why a task may not have a secret of this process sent to an instance, and what to do; empty where it may."""
    if name.startswith(_OWN_LOGINS):
        if _belongs(name, instance, Settings.read()):
            return ""
        return (
            f"`custom.databricksTokenSecret`: `{name}` is a login of the platform, which is sent only to its own workspace, "
            f"not to {instance}; name a secret for that workspace, or set DATABRICKS_HOST where the login is of it"
        )
    if not os.environ.get(name) or os.environ.get(f"FAIRLEAD_SECRET_{name}"):
        return ""
    return (
        f"`custom.databricksTokenSecret`: `{name}` is a variable of this process, but not a secret for tasks; "
        f"if it is meant to be one, set FAIRLEAD_SECRET_{name}"
    )


def _belongs(name: str, instance: str, settings: Settings) -> bool:
    """Whether a login of the platform belongs to an instance; Flyte's token to each, where the platform names none."""
    flyte = os.environ.get(FLYTE_INSTANCE, "")
    home = (flyte or settings.host) if name.startswith("FLYTE_") else (settings.host or flyte)
    if not home:
        return name == FLYTE_TOKEN
    return instance_name(home, FLYTE_INSTANCE if home == flyte else _HOST) == instance


async def _of_request(name: str, context: Context) -> str | None:
    """Return a secret that came with the request, or that a plugin gives; not the environment's."""
    value = context.secrets.get(name)
    if value is None and context.secret_source is not None:
        value = await context.secret_source(name, context)
    if value is not None:
        context.redactor.add(name, value)
    return value


def _of_settings(settings: Settings, context: Context) -> tuple[Credentials, object]:
    if settings.method == "pat":
        context.redactor.add(TOKEN, settings.token)
        return _token(TOKEN, settings.token)
    context.redactor.add("DATABRICKS_CLIENT_SECRET", settings.client_secret)
    return ServicePrincipal(settings.client_id, settings.client_secret), (settings.client_id, settings.client_secret)


def _has_sdk() -> bool:
    try:
        return importlib.util.find_spec("databricks.sdk") is not None
    except ModuleNotFoundError:
        return False


def _token(name: str, value: str) -> tuple[Credentials, object]:
    token = value.strip()
    return PersonalAccessToken(token, name), token
