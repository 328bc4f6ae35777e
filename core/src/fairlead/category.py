"""What a connector serves: a task type in one version."""

import re
from typing import NamedTuple, Self

_VERSION_SUFFIX = re.compile(r"(?P<name>.+)\.v(?P<version>0|[1-9]\d*)")


class TaskCategory(NamedTuple):
    """A task type and its version, as in Flyte's `TaskCategory`.

    Printed as entry points are named: `batch_job` for version 0, else `batch_job.v2`.
    """

    name: str
    version: int = 0

    def __str__(self) -> str:
        """Return the entry-point name of this category."""
        return f"{self.name}.v{self.version}" if self.version else self.name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `task_type` or `task_type.vN`.

        Raises ValueError where the name is empty or holds white space.
        """
        if not text or re.search(r"\s", text):
            message = f"{text!r} is not a task type: expected `name` or `name.vN` without white space"
            raise ValueError(message)
        if match := _VERSION_SUFFIX.fullmatch(text):
            return cls(match["name"], int(match["version"]))
        return cls(text)
