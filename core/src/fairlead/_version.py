"""The version of the core, which is also the version of the plugin API."""

__version__ = "0.1.0"
