"""The packages that every Python of Databricks has: environments are lent those of the emulator."""

from importlib.util import find_spec
from pathlib import Path

_SPARK = ("pyspark", "py4j")


def lend_spark(environment: Path) -> None:
    """Link pyspark into a virtual environment, unless that has its own, or the emulator has none."""
    (packages,) = environment.glob("lib/python*/site-packages")
    if (packages / "pyspark").exists():
        return
    for name in _SPARK:
        spec = find_spec(name)
        if spec and spec.origin and not (packages / name).exists():
            (packages / name).unlink(missing_ok=True)  # a link to an installation that is gone
            (packages / name).symlink_to(Path(spec.origin).parent)
