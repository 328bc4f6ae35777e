"""The dummy connector: simulated jobs, for trying hosts out."""

from fairlead_dummy.connector import DummyConnector, DummyJob
from fairlead_dummy.simulation import DummyCustom, Faults

__all__ = ["DummyConnector", "DummyCustom", "DummyJob", "Faults"]
