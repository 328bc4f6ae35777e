"""The echo connector: outputs = inputs."""

from fairlead_echo.connector import EchoConnector

__all__ = ["EchoConnector"]
