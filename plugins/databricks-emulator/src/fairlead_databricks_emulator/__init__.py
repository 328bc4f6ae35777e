"""A local Databricks workspace that really runs the submitted Python, with faults on request."""

from fairlead_databricks_emulator.emulator import Emulator
from fairlead_databricks_emulator.faults import (
    Drop,
    ExpireTokens,
    Fault,
    Garbage,
    Hang,
    InventState,
    RateLimit,
    ShowStates,
    Status,
)

__all__ = [
    "Drop",
    "Emulator",
    "ExpireTokens",
    "Fault",
    "Garbage",
    "Hang",
    "InventState",
    "RateLimit",
    "ShowStates",
    "Status",
]
