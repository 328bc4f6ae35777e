"""Runs tasks of local flytekit and flyte workflows through fairlead's runner."""
