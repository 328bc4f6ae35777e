"""What Python itself writes to stderr is free of secrets, too."""

CONNECTOR = """
    import threading
    import warnings
    from fairlead import Phase, Resource, SyncConnector

    class C(SyncConnector):
        "Spills its secret past the log."

        task_type = "spilling"

        async def do(self, task, inputs, context):
            token = await context.secret("TOKEN")
            warnings.warn("a warning with " + token)
            thread = threading.Thread(target=int, args=[token], name="spiller")
            thread.start()
            thread.join()
            return Resource(phase=Phase.SUCCEEDED, outputs={})
"""


def test_warnings_and_threads_spill_no_secret(install):
    """A warning, and an error that ends a thread, are told through the log; -v shows where the thread ended."""
    fairlead = install("[fairlead.connectors]\nspilling = extra:C", CONNECTOR)
    fairlead.environment["TOKEN"] = "dapi-a-secret"
    error = fairlead("run", "spilling").stderr
    assert "UserWarning: a warning with ***" in error
    assert "thread spiller has ended: ValueError: invalid literal for int() with base 10: '***'. `-v` shows" in error
    verbose = fairlead.run("run", "spilling", "-v").stderr
    assert "Traceback (most recent call last)" in verbose
    assert "`-v` shows" not in verbose
    assert "dapi-a-secret" not in error + verbose
