"""Ctrl-C, SIGTERM and the end of the program, while a job of a run is under way."""

import signal

import pytest

RUN = """
import flyte
from fairlead_flyte.flyte import ConnectorTask

endless = ConnectorTask(name="endless", task_type="dummy", custom={"outcome": "never_end"})
flyte.TaskEnvironment.from_task("environment", endless)

if __name__ == "__main__":
    flyte.with_runcontext(mode="local").run(endless)
"""


@pytest.mark.parametrize(("number", "codes"), [(signal.SIGINT, {1, 130, -2}), (signal.SIGTERM, {143})])
def test_a_signal_deletes_the_job(start, fairlead, number, codes):
    """A signal ends the program, and the job is deleted before, as the external system knows."""
    program = start(RUN)
    handle = program.wait_for("handle: ").split()[-1]
    program.signal(number)
    assert program.end() in codes
    assert "endless: the job was deleted" in program.said
    assert fairlead("status", handle).stdout.startswith("ABORTED")
