"""What tasks have written, as Databricks returns it."""

import time

import msgspec
import pytest

from fairlead import InvalidHandle, LogOriginator, Phase
from fairlead_databricks import returned_logs
from fairlead_databricks.log_token import LogToken, TaskPlace
from fairlead_databricks.model import Run, RunOutput, RunState, RunTask
from fairlead_databricks_emulator import InventState

RUNNING = RunTask(task_key="only", run_id=1, state=RunState("RUNNING"))
ENDED = RunTask(task_key="only", run_id=1, state=RunState("TERMINATED", "SUCCESS"))


async def lines_of(lifecycle, handle, context, token=""):
    pages = [page async for page in lifecycle.get_logs(handle, context(), token=token)]
    return [line.message for page in pages for line in page.lines], pages[-1].token if pages else token


class Written:
    """What one task has written so far, read again and again with the token of the time before."""

    def __init__(self):
        self.token = ""

    def read(self, task, logs, *, truncated=None):
        place = LogToken.read(self.token)
        pages = list(returned_logs._pages(task, RunOutput(logs=logs, logs_truncated=truncated), place, ""))
        self.token = pages[-1].token if pages else self.token
        return [line.message for page in pages for line in page.lines]


def test_new_lines_only():
    """Each time only what has come since; a line without its end waits for it, or for the end of the task."""
    log = Written()
    assert log.read(RUNNING, "one\ntw") == ["one"]
    assert log.read(RUNNING, "one\ntwo\nthree") == ["two"]
    assert log.read(RUNNING, "one\ntwo\nthree") == []
    assert log.read(ENDED, "one\ntwo\nthree") == ["three"]


def test_a_log_whose_beginning_is_left_out():
    """When only the last part is returned, reading goes on where it was, and says so where that is lost."""
    log, numbers = Written(), [f"line {number}" for number in range(1000)]
    assert log.read(RUNNING, "\n".join(numbers[:500]) + "\n") == numbers[:500]
    assert log.read(RUNNING, "rest\n" + "\n".join(numbers[300:700]) + "\n", truncated=True) == numbers[500:700]
    assert log.read(RUNNING, "rest\n" + "\n".join(numbers[500:800]) + "\n", truncated=True) == numbers[700:800]
    first, *others = log.read(ENDED, "\n".join(numbers[900:]), truncated=True)
    assert first.startswith("the lines before this one are lost")
    assert others == numbers[900:]


WINDOW = 5 * 1024 * 1024
BEAT = "heartbeat: still training\n"


class Growing(Written):
    """A log of which the last 5 MB are returned."""

    def __init__(self):
        super().__init__()
        self.all = ""

    def write(self, text):
        """Return the lines that are shown after a text is written."""
        self.all += text
        return self.read(RUNNING, self.all[-WINDOW:], truncated=len(self.all) > WINDOW)


def test_a_log_that_repeats_itself():
    """Lines that repeat themselves are counted right as long as something else stands in what is returned before them."""
    log = Growing()
    log.write("distinct\n" * 10 + "".join(f"line {number}\n" for number in range(WINDOW // 12)))
    for _ in range(3):
        assert len(log.write(BEAT * 5000)) == 5000


def test_a_log_of_nothing_but_repetition():
    """Where how much was written cannot be told, nothing is shown twice, and what differs is shown with what follows it."""
    log = Growing()
    assert len(log.write(BEAT * 190000)) == 190000
    assert 0 < len(log.write(BEAT * 20000)) <= 20000
    assert log.write(BEAT * 10) == []
    assert log.write("at last\n" + BEAT * 10) == ["at last", *[BEAT.strip()] * 10]
    assert log.write("and again\n") == ["and again"]


@pytest.mark.parametrize("text", ["\n", "ab\n", BEAT])
def test_reading_on_is_quick(text):
    """In a log of very many lines that are alike the place is found without a look at each of them."""
    log = "x\n" + text * (WINDOW // len(text)) + "the end\n" + text * 3000
    place = TaskPlace.after(WINDOW, returned_logs._tail(log[-WINDOW - 7 : -7].encode()), ended=False)
    started = time.process_time()
    for content in (log, log[:-4000] + "z" + text * 1000, text * (WINDOW // len(text))):
        returned_logs._start(content[-WINDOW:].encode(), place, is_whole=False)
    assert time.process_time() - started < 1.0


def test_lines_that_were_lost_are_not_passed_over():
    """A few bytes from the beginning of a log that are found elsewhere are no place to go on."""
    log = Growing()
    assert log.write("one\n") == ["one"]
    first, *others = log.write("two\none\n" * (WINDOW // 8))
    assert first.startswith("the lines before this one are lost")
    assert len(others) >= WINDOW // 4 - 1


def test_a_token_of_something_else():
    """A token that cannot be read is an error that says so."""
    for unreadable in ("no token", '{"tasks":{"1":[5,7]}}'):
        with pytest.raises(InvalidHandle, match="the token of a log cannot be read"):
            LogToken.read(unreadable)
    with pytest.raises(InvalidHandle, match="the token of a log cannot be read"):
        _ = LogToken.read('{"tasks":{"1":[5,"AAAA"]}}').tasks["1"].tail


async def test_tasks_that_never_began_are_not_asked(lifecycle, runner, emulator, context, databricks, tmp_path):
    """Of tasks that could not begin because another one failed there is no log, so Databricks is not asked for it."""
    (tmp_path / "root.py").write_text("print('so far')\nraise SystemExit(1)\n")
    root = {"task_key": "root", "spark_python_task": {"python_file": str(tmp_path / "root.py")}, "environment_key": "e"}
    others = [{**root, "task_key": f"t{number}", "depends_on": [{"task_key": "root"}]} for number in range(20)]
    conf = {"tasks": [*others, root], "environments": [{"environment_key": "e", "spec": {}}]}
    task, same = databricks(conf), context()
    await runner.run(task, {}, same)
    handle = await lifecycle.create(task, {}, same)
    emulator.requests.clear()
    lines, _ = await lines_of(lifecycle, handle, context)
    assert lines[0] == "[root] so far"
    assert emulator.requests.count("/runs/get-output") == 1


async def test_all_attempts(lifecycle, runner, context, databricks, tmp_path):
    """The log of a task that was tried again is that of both attempts, in their order, and is asked for only once."""
    flag, path = tmp_path / "flag", tmp_path / "twice.py"
    path.write_text(
        f"import pathlib\nf = pathlib.Path({str(flag)!r})\nif not f.exists():\n    f.touch()\n    print('one')\n    exit(1)\nprint('two')\n"
    )
    conf = {"spark_python_task": {"python_file": str(path)}, "environment_key": "e", "max_retries": 1}
    task, same = databricks({**conf, "environments": [{"environment_key": "e", "spec": {}}]}), context()
    assert (await runner.run(task, {}, same)).phase is Phase.SUCCEEDED
    lines, token = await lines_of(lifecycle, await lifecycle.create(task, {}, same), context)
    assert lines[0] == "[flyte_task] one"
    assert lines[-1] == "[flyte_task, attempt 2] two"
    places = msgspec.json.decode(token)["tasks"]
    assert [ended for _, _, ended in places.values()] == [True, True]


async def test_what_has_ended_is_not_asked_for_again(lifecycle, runner, emulator, context, python):
    """With the token of the last page, an ended task costs no further call."""
    task, same = python("print('hello')\n"), context()
    await runner.run(task, {}, same)
    handle = await lifecycle.create(task, {}, same)
    lines, token = await lines_of(lifecycle, handle, context)
    assert lines == ["hello"]
    emulator.requests.clear()
    assert await lines_of(lifecycle, handle, context, token) == ([], token)
    assert emulator.requests.count("/runs/get-output") == 0


async def test_kinds_without_a_log_are_not_asked(lifecycle, runner, emulator, context, databricks):
    """Databricks returns no log of condition tasks and notebooks, so it is not asked for one."""
    task, same = (
        databricks({"tasks": [{"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}]}),
        context(),
    )
    await runner.run(task, {}, same)
    assert await lines_of(lifecycle, await lifecycle.create(task, {}, same), context) == ([], "")
    assert emulator.requests.count("/runs/get-output") == 0


async def test_a_page_is_bounded_and_every_page_is_a_place_to_go_on(lifecycle, runner, context, python):
    """A long log comes in pages, and after any of them the rest is the rest."""
    task, same = python("for number in range(20000): print('line', number)\n"), context()
    await runner.run(task, {}, same)
    handle = await lifecycle.create(task, {}, same)
    pages = [page async for page in lifecycle.get_logs(handle, context())]
    lines = [line for page in pages for line in page.lines]
    assert [line.message for line in lines] == [f"line {number}" for number in range(20000)]
    assert {line.originator for line in lines} == {LogOriginator.USER}
    assert len(pages) > 3
    rest, _ = await lines_of(lifecycle, handle, context, pages[1].token)
    assert rest == [line.message for page in pages[2:] for line in page.lines]


async def test_a_running_task_is_read_as_it_writes(lifecycle, emulator, runner, context, python):
    """While the run goes on a line without its end is kept back, and comes when the run has ended."""
    task, same = python("print('whole\\nhalf', end='')\n"), context()
    await runner.run(task, {}, same)
    handle, run = await lifecycle.create(task, {}, same), emulator.runs[-1]
    for run_id in (run.run_id, run.tasks[-1].run_id):
        emulator.faults.invent_state(InventState(run_id=run_id, life_cycle_state="RUNNING", state="RUNNING"))
    lines, token = await lines_of(lifecycle, handle, context)
    assert lines == ["whole"]
    emulator.faults.clear()
    assert (await lines_of(lifecycle, handle, context, token))[0] == ["half"]


def test_attempts_are_in_order():
    """Attempts are listed as they started, whatever their order in the answer."""
    tasks = [RunTask(task_key=key, run_id=start, start_time=start) for start, key in ((3, "b"), (1, "a"), (2, "b"))]
    assert [task.run_id for task in Run(tasks=tasks).attempts()] == [1, 2, 3]
