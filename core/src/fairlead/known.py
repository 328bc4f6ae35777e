"""The plugins that are published under fairlead's own name.

They are what an error proposes to install, and they keep their names: where another distribution
claims the same one, the distribution listed here is used and the other is shown as a conflict.
"""

KNOWN_CONNECTORS = {
    "databricks": "fairlead-databricks",
    "databricks_job": "fairlead-databricks",
    "dummy": "fairlead-dummy",
    "echo": "fairlead-echo",
    "spark": "fairlead-databricks",
}

KNOWN_HOSTS = {
    "flyte": "fairlead-flyte",
    "http": "fairlead-http",
}
