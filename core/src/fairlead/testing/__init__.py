"""The conformance kit: the contract of connectors as tests, for plugins to run on themselves."""

from fairlead.testing.contract import AsyncConnectorContract, SyncConnectorContract

__all__ = ["AsyncConnectorContract", "SyncConnectorContract"]
