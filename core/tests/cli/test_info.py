"""What `fairlead info` tells of a connector."""

CONNECTOR = """
    from enum import Enum
    from pathlib import Path
    from typing import Any
    import msgspec
    from fairlead import SyncConnector

    class Size(Enum):
        SMALL = "small"
        LARGE = "large"

    class Custom(msgspec.Struct):
        pair: tuple[int, Size]
        sizes: list[Size] = []
        size: Size = Size.SMALL
        maybe: Size | None = None
        nothing: tuple[()] = ()
        anything: list[Any] = []
        path: Path | None = None

    class C(SyncConnector):
        "Takes much."

        task_type = "taker"
        custom_type = Custom

        def do(self, task, inputs, context): ...
"""


def test_the_types_of_fields(install):
    """Tuples are shown with the type of each item, enums with their values, wherever they stand."""
    output = install("[fairlead.connectors]\ntaker = extra:C", CONNECTOR)("info", "taker").stdout
    assert output.partition("custom:\n")[2].splitlines() == [
        "  pair: array of integer, large | small, required",
        "  sizes: array of large | small = []",
        '  size: large | small = "small"',
        "  maybe: large | small or null = null",
        "  nothing: array = []",
        "  anything: array = []",
        "  path: any or null = null",
    ]
