"""Secrets where Flyte's own servers look for them: `_FSEC_NAME` in the environment, then a file named in lower case.

https://github.com/flyteorg/flytekit/blob/master/flytekit/core/context_manager.py (SecretsManager)
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from fairlead import hookimpl


class FlyteSecrets:
    """Answers for secrets of the whole server; a request's own come first."""

    @hookimpl(trylast=True)
    async def fairlead_get_secret(self, name: str) -> str | None:
        """Return the secret from the environment or a mounted file, None if it is in neither."""
        prefix = os.environ.get("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
        value = os.environ.get(f"{prefix}{name.upper()}")
        return value if value is not None else await asyncio.to_thread(_from_file, name)


def _from_file(name: str) -> str | None:
    folder = os.environ.get("FLYTE_SECRETS_DEFAULT_DIR", "/etc/secrets")
    file_name = f"{os.environ.get('FLYTE_SECRETS_FILE_PREFIX', '')}{name.lower()}"
    if Path(file_name).name != file_name:
        return None
    try:
        return (Path(folder) / file_name).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
