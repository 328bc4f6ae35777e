"""What flyte does that our own tests would not be forgiven."""


def pytest_configure(config):
    """Forgive flyte how it writes its pydantic models."""
    config.addinivalue_line("filterwarnings", "ignore:Support for class-based `config` is deprecated")
