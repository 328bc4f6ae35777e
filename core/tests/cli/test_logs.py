"""The log of a job, however long it is and whatever comes between."""

import pytest

CONNECTOR = """
    import asyncio
    from pathlib import Path
    import msgspec
    from fairlead import (
        AsyncConnector, DeadlineExceeded, LogLine, LogPage, Phase, QuotaExceeded, Resource, ResourceMeta, TransientError
    )

    FAULTS = {"transient": TransientError, "quota": QuotaExceeded, "deadline": DeadlineExceeded}

    def is_new(name):
        "Whether something happens for the first time."
        try:
            Path(name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    class Job(ResourceMeta):
        how: str

    class C(AsyncConnector[Job]):
        "Has a log of three lines, one a page; `how` says what comes between."

        task_type = "logger"

        async def create(self, task, inputs, context):
            return Job(task.custom["how"])

        async def get(self, meta, context):
            if meta.how == "get" and is_new("looked"):
                raise DeadlineExceeded("no answer")
            return Resource(phase=Phase.SUCCEEDED)

        async def delete(self, meta, context): ...

        async def get_logs(self, meta, context, *, token=""):
            for number in range(int(token or 0), 3):
                if number == 1 and meta.how in FAULTS and is_new("faulty"):
                    raise FAULTS[meta.how]("a passing fault")
                if meta.how == "read slowly":
                    await asyncio.sleep(0)  # where a call whose time is over is cancelled
                if meta.how in {"read slowly", "no tokens"}:
                    msgspec.structs.force_setattr(context.deadline, "at", 0)
                yield LogPage((LogLine(f"line {number}"),), token="" if meta.how == "no tokens" else str(number + 1))
                if meta.how == "give up":
                    msgspec.structs.force_setattr(context.deadline, "at", 0)
                    raise DeadlineExceeded("the time is over")
                if meta.how == "end early":
                    msgspec.structs.force_setattr(context.deadline, "at", 0)
                    return
"""
LINES = "line 0\nline 1\nline 2\n"


@pytest.fixture
def logged(install):
    """Return the program, and the handle of a job whose log is of that kind."""
    fairlead = install("[fairlead.connectors]\nlogger = extra:C", CONNECTOR)

    def logged(how):
        task = fairlead.task(type="logger", custom={"how": how})
        return fairlead, fairlead("run", task, "--detach").stdout.strip()

    return logged


@pytest.mark.parametrize("follow", [[], ["--follow"]])
@pytest.mark.parametrize("how", ["nothing", "read slowly", "give up", "end early", "no tokens"])
def test_a_log_may_take_longer_than_one_call(logged, how, follow):
    """When the time of a call is over, another one goes on after the last page: no line is lost, none comes twice."""
    fairlead, handle = logged(how)
    result = fairlead("logs", handle, *follow)
    assert (result.stdout, result.stderr) == (LINES, "")


@pytest.mark.parametrize("how", ["transient", "quota", "deadline"])
def test_a_passing_fault_ends_what_is_not_followed(logged, how):
    """Without --follow, it is told after the lines that have come."""
    fairlead, handle = logged(how)
    result = fairlead("logs", handle, code=124 if how == "deadline" else 4)
    assert (result.stdout, result.stderr) == ("line 0\n", "error: a passing fault\n")


@pytest.mark.parametrize("how", ["transient", "quota", "deadline", "get"])
def test_a_passing_fault_does_not_end_what_is_followed(logged, how):
    """With --follow, it is told, and the log goes on after the last page, as `wait` goes on."""
    fairlead, handle = logged(how)
    result = fairlead("logs", handle, "--follow")
    assert result.stdout == LINES
    assert result.stderr.endswith(f"trying again: {'no answer' if how == 'get' else 'a passing fault'}\n")
