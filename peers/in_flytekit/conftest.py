"""What flytekit does that our own tests would not be forgiven."""


def pytest_configure(config):
    """Forgive flytekit the temporary folders that it leaves to the garbage collector."""
    config.addinivalue_line("filterwarnings", "ignore:Implicitly cleaning up:ResourceWarning")
