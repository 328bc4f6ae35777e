"""Every operation, through the lifecycle."""

import asyncio
import logging
import threading

import msgspec
import pytest
from in_memory import Job, Jobs, Upper

from fairlead import (
    AsyncConnector,
    AuthenticationError,
    ConnectorBug,
    ConnectorRegistry,
    Context,
    Deadline,
    DeadlineExceeded,
    Handle,
    InvalidHandle,
    InvalidTask,
    Lifecycle,
    LogLine,
    LogLink,
    LogPage,
    Metric,
    MetricsQuery,
    OperationNotSupported,
    Phase,
    PluginError,
    QuotaExceeded,
    Resource,
    ResourceNotFound,
    SyncConnector,
    TaskCategory,
    TaskError,
    TaskTemplate,
    TransientError,
    hookimpl,
)

TASK = TaskTemplate(type="jobs")
HANDLE = Handle(TaskCategory("jobs"), b'{"job_id":"key"}')
SECRET = "super-secret-value"


def serve(connector, **options):
    registry = ConnectorRegistry(discover=False)
    registry.register(connector)
    return Lifecycle(registry, **options)


class Recorder:
    """Writes down every hook call."""

    def __init__(self):
        self.calls = []

    @hookimpl
    def fairlead_before_create(self, task, inputs, context):
        self.calls.append(("before_create", task.type, inputs))

    @hookimpl
    async def fairlead_after_create(self, task, meta):
        await asyncio.sleep(0)
        self.calls.append(("after_create", meta))

    @hookimpl
    def fairlead_after_get(self, category, meta, resource):
        self.calls.append(("after_get", str(category), meta, resource.phase))

    @hookimpl
    def fairlead_before_delete(self, meta):
        self.calls.append(("before_delete", meta))

    @hookimpl
    def fairlead_after_delete(self, meta):
        self.calls.append(("after_delete", meta))

    @hookimpl
    def fairlead_operation_finished(self, event):
        assert event.seconds >= 0
        self.calls.append((str(event.operation), str(event.category), event.error_class))


@pytest.fixture
def recorder(registry):
    recorder = Recorder()
    registry.hooks.register(recorder, "recorder")
    return recorder


async def test_a_job_from_create_to_delete(lifecycle, recorder, jobs, context):
    """Each operation calls the connector once, and the hooks around it in order."""
    handle = await lifecycle.create(TASK, {"x": 1}, context)
    assert handle == HANDLE
    assert (await lifecycle.get(handle, context)).outputs == {"answer": 42}
    await lifecycle.delete(handle, context)
    assert jobs.deleted == ["key"]
    assert recorder.calls == [
        ("before_create", "jobs", {"x": 1}),
        ("after_create", Job("key")),
        ("create", "jobs", ""),
        ("after_get", "jobs", Job("key"), Phase.SUCCEEDED),
        ("get", "jobs", ""),
        ("before_delete", Job("key")),
        ("after_delete", Job("key")),
        ("delete", "jobs", ""),
    ]


async def test_do(lifecycle, recorder, context):
    """A sync connector answers at once; a plain method runs on a thread of its own."""
    resource = await lifecycle.do(TaskTemplate(type="upper"), {"x": "abc"}, context)
    assert resource.outputs == {"x": "ABC"}
    assert recorder.calls == [("before_create", "upper", {"x": "abc"}), ("do", "upper", "")]


async def test_a_policy_refuses(lifecycle, jobs, context):
    """A hook that raises InvalidTask keeps the connector from being called."""

    class Policy:
        @hookimpl
        def fairlead_before_create(self, task):
            raise InvalidTask("not on a Saturday")

    lifecycle.hooks.register(Policy(), "policy")
    with pytest.raises(InvalidTask, match="not on a Saturday"):
        await lifecycle.create(TASK, {}, context)
    assert jobs.creates == 0


@pytest.mark.parametrize(
    "error",
    [
        InvalidTask("a"),
        AuthenticationError("a"),
        QuotaExceeded("a", retry_after=99),
        TransientError("a"),
        ResourceNotFound("a"),
    ],
)
async def test_errors_of_the_tree_pass(jobs, lifecycle, recorder, error):
    """What the tree knows reaches the host as it was raised, and the hook is told its class."""
    jobs.answers = [error]
    with pytest.raises(type(error)) as caught:
        await lifecycle.get(HANDLE, Context(deadline=Deadline.after(0.01)))
    assert caught.value is error
    assert recorder.calls == [("get", "jobs", type(error).__name__)]


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), TimeoutError("slow")])
async def test_broken_connections_are_transient(jobs, lifecycle, error):
    """A builtin connection error or timeout of the connector's own is a passing fault."""
    jobs.answers = [error]
    with pytest.raises(TransientError, match=f"Jobs: get failed: {type(error).__name__}"):
        await lifecycle.get(HANDLE, Context(deadline=Deadline.after(0.01)))


@pytest.mark.parametrize("error", [KeyError("job"), ZeroDivisionError(), SystemExit(3), RecursionError("deep")])
async def test_anything_else_is_a_bug(jobs, lifecycle, context, caplog, error):
    """An error of its own names connector, operation and class; the traceback is in the log only."""
    jobs.answers = [error]
    with pytest.raises(ConnectorBug) as caught:
        await lifecycle.get(HANDLE, context)
    message = str(caught.value)
    assert message.startswith(f"connector 'Jobs' (task type `jobs`): get raised {type(error).__name__}")
    assert "Traceback" not in message
    (record,) = [record for record in caplog.records if record.name == "fairlead.traceback"]
    assert "Traceback (most recent call last)" in record.getMessage()
    assert caught.value.__suppress_context__


class Everything(BaseException):
    """Not even an `Exception`."""


class Unprintable(InvalidTask):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [Everything("all"), Unprintable(), asyncio.CancelledError("of a task of its own")])
async def test_what_is_no_ordinary_error_is_a_bug(jobs, lifecycle, context, error):
    """So is what is no `Exception`, what has no text, and a cancellation that nobody has asked for."""
    jobs.answers = [error]
    with pytest.raises(ConnectorBug, match=f"get raised {type(error).__name__}"):
        await lifecycle.get(HANDLE, context)


@pytest.mark.parametrize("error", [StopIteration(1), KeyboardInterrupt(), Everything("all"), asyncio.CancelledError()])
async def test_what_is_no_ordinary_error_on_a_thread(context, error):
    """What a plain function raises on its thread never holds up nor ends the program."""

    class Plain(SyncConnector):
        task_type = "plain"

        def do(self, task, inputs, context):
            raise error

    with pytest.raises(ConnectorBug, match=type(error).__name__):
        await serve(Plain).do(TaskTemplate(type="plain"), {}, context)


async def test_transient_errors_of_get_are_retried(jobs, lifecycle, context):
    """Fifty in a row, inside the deadline, are no error."""
    jobs.answers = [TransientError("no"), QuotaExceeded("slow down")] * 25 + [Resource(phase=Phase.RUNNING)]
    assert (await lifecycle.get(HANDLE, context)).phase is Phase.RUNNING


async def test_transient_errors_of_create_are_the_hosts(jobs, lifecycle, context):
    """A create is not repeated here: the host decides, with the same key."""

    async def fail(context):
        raise TransientError("no")

    jobs.on_create = fail
    with pytest.raises(TransientError):
        await lifecycle.create(TASK, {}, context)
    assert jobs.creates == 1


async def test_quota_longer_than_the_deadline_is_raised_at_once(jobs, lifecycle, context):
    """Waiting beyond the deadline would help nobody."""
    jobs.answers = [QuotaExceeded("tomorrow", retry_after=86400)]
    with pytest.raises(QuotaExceeded):
        await lifecycle.get(HANDLE, context)


async def test_the_deadline_ends_an_async_method(jobs, lifecycle):
    """A method that does not come back is cancelled at the deadline."""
    cancelled = []

    async def hang(context):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    jobs.on_get = hang
    with pytest.raises(DeadlineExceeded, match="Jobs: get did not end within its deadline"):
        await lifecycle.get(HANDLE, Context(deadline=Deadline.after(0.01)))
    assert cancelled == [True]


async def test_the_deadline_ends_the_wait_for_a_plain_method():
    """A plain method cannot be stopped, but nobody waits for it longer than the deadline."""
    gate = threading.Event()

    class Slow(Upper):
        task_type = "slow"

        def do(self, task, inputs, context):
            gate.wait(30)

    with pytest.raises(DeadlineExceeded):
        await serve(Slow).do(TaskTemplate(type="slow"), {}, Context(deadline=Deadline.after(0.01)))
    gate.set()


async def test_a_blocking_connector_does_not_slow_another():
    """Plain methods have threads of their own per connector, so a full one delays nobody else."""
    gate = threading.Event()

    class Blocking(Upper):
        task_type, max_threads = "blocking", 2

        def do(self, task, inputs, context):
            gate.wait(30)
            return Resource(phase=Phase.SUCCEEDED)

    lifecycle = serve(Blocking)
    lifecycle.registry.register(Upper)
    context = Context(deadline=Deadline.after(30))
    blocked = [asyncio.create_task(lifecycle.do(TaskTemplate(type="blocking"), {}, context)) for _ in range(10)]
    resource = await lifecycle.do(TaskTemplate(type="upper"), {"x": "a"}, context)
    assert resource.outputs == {"x": "A"}
    assert not any(task.done() for task in blocked)
    gate.set()
    await asyncio.gather(*blocked)


async def test_a_cancellation_is_told_and_passed_on(jobs, lifecycle, recorder, context):
    """Who cancels an operation gets the cancellation, and the hook hears of it."""
    started = asyncio.Event()

    async def hang(context):
        started.set()
        await asyncio.Event().wait()

    jobs.on_get = hang
    task = asyncio.create_task(lifecycle.get(HANDLE, context))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recorder.calls == [("get", "jobs", "CancelledError")]


async def test_deleting_what_is_gone_is_a_success(jobs, lifecycle, context):
    """ResourceNotFound on delete is what was wanted."""

    async def gone(context):
        raise ResourceNotFound("never heard of it")

    jobs.on_delete = gone
    await lifecycle.delete(HANDLE, context)


@pytest.mark.parametrize("meta", [b"", b"{}", b"\xff", b'{"job_id": 5}', b'{"job_id":"\xff"}', b"[" * 100_000])
async def test_bad_metas_are_refused(lifecycle, context, meta):
    """Bytes that are no meta never reach the connector."""
    with pytest.raises(InvalidHandle, match="not a resource meta of Job"):
        await lifecycle.get(Handle(TaskCategory("jobs"), meta), context)


async def test_a_meta_that_its_class_refuses(context):
    """What the author's own check raises is about the handle too."""

    class Checked(Job):
        def __post_init__(self):
            raise KeyError(self.job_id)

    class Strict(Jobs):
        metadata_type = Checked

    with pytest.raises(InvalidHandle, match="not a resource meta of Checked: KeyError"):
        await serve(Strict).get(HANDLE, context)


async def test_the_other_kind_is_not_supported(lifecycle, context):
    """A sync connector has no jobs, an async one no `do`."""
    with pytest.raises(OperationNotSupported, match="served by a sync connector, which has no `create`"):
        await lifecycle.create(TaskTemplate(type="upper"), {}, context)
    with pytest.raises(OperationNotSupported, match="served by an async connector, which has no `do`"):
        await lifecycle.do(TASK, {}, context)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "get returned a NoneType; it must be a Resource"),
        ({"phase": 3}, "get returned a dict"),
        (Resource(phase=Phase.RUNNING, custom_info=[1]), "get returned a Resource whose `custom_info` is a list"),
        (Resource(phase=Phase.FAILED, error="it broke"), "get returned a Resource whose `error` is a str"),
        (Resource(phase=Phase.RUNNING, poll_after="5"), "get returned a Resource whose `poll_after` is a str"),
        (Resource(phase="SUCCEEDED"), "get returned a Resource whose `phase` is a str; it must be a Phase"),
        (Resource(phase=3), "get returned a Resource whose `phase` is a int; it must be a Phase"),
        (Resource(phase=Phase.RUNNING, message=0), "get returned a Resource whose `message` is a int"),
        (Resource(phase=Phase.RUNNING, log_links=({"name": "a"},)), r"whose `log_links\[0\]` is a dict; .* LogLink"),
        (Resource(phase=Phase.RUNNING, log_links=[LogLink("a", None)]), r"whose `log_links\[0\].uri` is a NoneType"),
        (
            Resource(phase=Phase.FAILED, error=TaskError(code="X", kind="system")),
            "whose `error.kind` is a str; it must be a ErrorKind",
        ),
    ],
)
async def test_what_is_no_resource_is_a_bug(jobs, lifecycle, context, answer, message):
    """Connectors return Resources, and what is in them is what is declared."""
    jobs.answers = [answer]
    with pytest.raises(ConnectorBug, match=message) as caught:
        await lifecycle.get(HANDLE, context)
    assert "connector 'Jobs' (task type `jobs`)" in str(caught.value)


async def test_none_for_what_is_left_out(jobs, lifecycle, context):
    """A connector may say None where it has nothing to say."""
    jobs.answers = [Resource(phase=Phase.RUNNING, message=None, log_links=None)]
    assert await lifecycle.get(HANDLE, context) == Resource(phase=Phase.RUNNING)


async def test_do_ends():
    """A sync connector cannot leave a task running."""

    class Unfinished(Upper):
        task_type = "unfinished"

        async def do(self, task, inputs, context):
            return Resource(phase=Phase.RUNNING)

    with pytest.raises(ConnectorBug, match="returned the phase <Phase.RUNNING.*>; it must be a terminal Phase"):
        await serve(Unfinished).do(TaskTemplate(type="unfinished"), {}, Context())


class Leaky(Jobs):
    """Puts its secret into everything that it can."""

    refuses = True

    async def create(self, task, inputs, context):
        self.creates += 1
        return Job(await context.secret("TOKEN"))

    async def get(self, meta, context):
        token = await context.secret("TOKEN")
        answer = await super().get(meta, context)
        return msgspec.structs.replace(
            answer,
            message=f"using {token}",
            log_links=(LogLink("Console", f"https://x/?token={token}"),),
            custom_info={"header": [f"Bearer {token}"]},
            outputs={"same": token},
        )

    async def delete(self, meta, context):
        self.deleted.append(meta.job_id)
        if self.refuses:
            raise ValueError(f"{await context.secret('TOKEN')} refused")


@pytest.mark.parametrize(
    ("refuses", "outcome"), [(False, "the job was deleted"), (True, "the job could not be deleted: .*delete raised")]
)
async def test_a_meta_with_a_secret_is_refused_and_its_job_ended(caplog, refuses, outcome):
    """A secret never gets into a handle: the job is deleted, because nobody could find it again."""
    connector = Leaky()
    connector.refuses = refuses
    with pytest.raises(ConnectorBug, match=f"a meta that holds the secret `TOKEN`; {outcome}") as caught:
        await serve(connector).create(TASK, {}, Context(secrets={"TOKEN": SECRET}))
    assert connector.deleted == [SECRET]
    assert SECRET not in str(caught.value) + caplog.text


async def test_secrets_are_taken_out_of_resources_and_errors(caplog):
    """Messages, links, custom info, errors and logged tracebacks are redacted; outputs are the job's own."""
    caplog.set_level(logging.DEBUG)
    connector = Leaky()
    lifecycle, context = serve(connector), Context(secrets={"TOKEN": SECRET})
    resource = await lifecycle.get(HANDLE, context)
    assert resource.message == "using ***"
    assert resource.log_links[0].uri == "https://x/?token=***"
    assert resource.custom_info == {"header": ["Bearer ***"]}
    assert resource.outputs == {"same": SECRET}
    with pytest.raises(ConnectorBug, match=r"ValueError: \*\*\* refused"):
        await lifecycle.delete(HANDLE, context)
    assert "Traceback" in caplog.text
    assert SECRET not in caplog.text


async def test_secrets_come_from_hooks(lifecycle, jobs):
    """A connector's question for a secret reaches the hook, also an async one."""

    class Vault:
        @hookimpl
        async def fairlead_get_secret(self, name, context):
            return f"{name} for {context.execution.namespace or 'nobody'}"

    seen = []

    async def ask(context):
        seen.append(await context.secret("TOKEN"))

    lifecycle.hooks.register(Vault(), "vault")
    jobs.on_get = ask
    await lifecycle.get(HANDLE, Context())
    assert seen == ["TOKEN for nobody"]


async def test_a_plain_method_asks_for_a_secret(context):
    """It may run a loop of its own for that: the hooks are asked on the host's, where their clients belong."""
    answer = asyncio.get_running_loop().create_future()
    seen = []

    class Vault:
        @hookimpl
        async def fairlead_get_secret(self):
            asyncio.get_running_loop().call_soon(answer.set_result, "from the vault")
            return await answer

    class Plain(Jobs):
        def get(self, meta, context):
            seen.append(asyncio.run(context.secret("TOKEN")))
            return Resource(phase=Phase.SUCCEEDED)

    lifecycle = serve(Plain)
    lifecycle.hooks.register(Vault(), "vault")
    await lifecycle.get(HANDLE, context)
    assert seen == ["from the vault"]


async def test_a_vault_that_gives_no_text_is_named(lifecycle, jobs, context):
    """A secret is a str."""

    class Vault:
        @hookimpl
        def fairlead_get_secret(self, name):
            return 5

    async def ask(context):
        await context.secret("TOKEN")

    lifecycle.hooks.register(Vault(), "vault")
    jobs.on_get = ask
    with pytest.raises(PluginError, match="returned a int for `TOKEN`"):
        await lifecycle.get(HANDLE, context)


@pytest.mark.parametrize(
    ("meta", "message"),
    [("job", "create returned a str; it must be a Job"), (Job({1: object()}), "a meta that cannot be encoded")],
)
async def test_metas_that_cannot_be_kept(jobs, lifecycle, context, meta, message, monkeypatch):
    """A create that returns no usable meta is a bug."""

    async def create(self, task, inputs, context):
        return meta

    monkeypatch.setattr(Jobs, "create", create)
    with pytest.raises(ConnectorBug, match=message):
        await lifecycle.create(TASK, {}, context)


class Logs(Jobs):
    task_type = "logs"
    pages = (LogPage((LogLine("one"), LogLine(SECRET)), "2"), LogPage((LogLine("three"),), "3"))

    async def get_logs(self, meta, context, *, token=""):
        await context.secret("TOKEN")
        for page in self.pages:
            if page.token > token:
                yield page


class PlainLogs(Logs):
    def get_logs(self, meta, context, *, token=""):
        context.redactor.add("TOKEN", SECRET)
        return (page for page in self.pages if page.token > token)


class ListedLogs(Logs):
    async def get_logs(self, meta, context, *, token=""):
        await context.secret("TOKEN")
        return [page for page in self.pages if page.token > token]


@pytest.mark.parametrize("connector", [Logs, PlainLogs, ListedLogs])
async def test_logs(connector, monkeypatch):
    """Logs come as an async generator, a plain one or a list; secrets are taken out."""
    handle, context = Handle(TaskCategory("logs"), b'{"job_id":"x"}'), Context(secrets={"TOKEN": SECRET})
    lifecycle = serve(connector)
    pages = [page async for page in lifecycle.get_logs(handle, context)]
    assert [line.message for page in pages for line in page.lines] == ["one", "***", "three"]
    assert [page.token async for page in lifecycle.get_logs(handle, context, token="2")] == ["3"]


async def test_a_reader_may_stop_early(context):
    """A log that nobody reads on is closed, so that the connector can let go of its connection."""
    closed = []

    class Closing(Logs):
        async def get_logs(self, meta, context, *, token=""):
            try:
                yield LogPage((), "1")
                yield LogPage((), "2")
            finally:
                closed.append(True)

    pages = serve(Closing).get_logs(Handle(TaskCategory("logs"), b'{"job_id":"x"}'), context)
    assert (await anext(pages)).token == "1"
    await pages.aclose()
    assert closed == [True]


async def test_logs_of_a_broken_connector(context):
    """What get_logs raises or yields wrongly is classified like all else."""

    class Broken(Logs):
        async def get_logs(self, meta, context, *, token=""):
            yield LogPage((), "1")
            raise ValueError("oops")

    class Wrong(Logs):
        def get_logs(self, meta, context, *, token=""):
            return iter(["line"])

    handle = Handle(TaskCategory("logs"), b'{"job_id":"x"}')
    with pytest.raises(ConnectorBug, match="get_logs raised ValueError: oops"):
        [page async for page in serve(Broken).get_logs(handle, context)]
    with pytest.raises(ConnectorBug, match="get_logs yielded a str; it must be a LogPage"):
        [page async for page in serve(Wrong).get_logs(handle, context)]


async def test_logs_without_a_token(context):
    """A get_logs that cannot be called as the host calls it is a bug, be it a generator or not."""

    class Generator(Logs):
        async def get_logs(self, meta, context):
            yield LogPage((), "1")

    class Plain(Logs):
        def get_logs(self, meta, context):
            return []

    for connector in (Generator, Plain):
        with pytest.raises(ConnectorBug, match="get_logs raised TypeError: .*token"):
            [page async for page in serve(connector).get_logs(Handle(TaskCategory("logs"), b'{"job_id":"x"}'), context)]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (None, "get_logs returned a NoneType; it must be an iterator of LogPage"),
        ([None], "get_logs yielded a NoneType; it must be a LogPage"),
        ([LogPage(["a", "b"], "1")], r"yielded a LogPage whose `lines\[0\]` is a str; it must be a LogLine"),
        ([LogPage([LogLine("a"), LogLine(b"b")], "1")], r"whose `lines\[1\].message` is a bytes; it must be a str"),
        ([LogPage((LogLine("a", "noon"),), "1")], r"whose `lines\[0\].timestamp` is a str; it must be a datetime"),
        ([LogPage((line for line in ()), "1")], "whose `lines` is a generator; it must be a tuple"),
        ([LogPage((), 1)], "whose `token` is a int; it must be a str"),
    ],
)
async def test_what_is_no_log_is_a_bug(context, pages, message):
    """Connectors return pages of lines, each with the token after it."""

    class Wrong(Logs):
        def get_logs(self, meta, context, *, token=""):
            return pages

    with pytest.raises(ConnectorBug, match=message):
        [page async for page in serve(Wrong).get_logs(Handle(TaskCategory("logs"), b'{"job_id":"x"}'), context)]


async def test_a_log_that_cannot_be_closed(context):
    """What a log raises when its reader stops is a bug of the connector too."""

    class Stuck(Logs):
        async def get_logs(self, meta, context, *, token=""):
            try:
                yield LogPage((), "1")
                yield LogPage((), "2")
            finally:
                raise ValueError("stuck")

    pages = serve(Stuck).get_logs(Handle(TaskCategory("logs"), b'{"job_id":"x"}'), context)
    await anext(pages)
    with pytest.raises(ConnectorBug, match="get_logs raised ValueError: stuck"):
        await pages.aclose()


async def test_optional_operations(lifecycle, context):
    """A connector without logs or metrics says so."""
    with pytest.raises(OperationNotSupported, match="Jobs has no logs"):
        [page async for page in lifecycle.get_logs(HANDLE, context)]
    with pytest.raises(OperationNotSupported, match="Jobs has no metrics"):
        await lifecycle.get_metrics(HANDLE, MetricsQuery(queries=("cpu",)), context)


async def test_metrics(context):
    """Metrics pass through."""

    class Measured(Jobs):
        def get_metrics(self, meta, query, context):
            return [Metric(name, {"data": []}) for name in query.queries]

    metrics = await serve(Measured).get_metrics(HANDLE, MetricsQuery(queries=("cpu", "memory")), context)
    assert [metric.name for metric in metrics] == ["cpu", "memory"]


async def test_plain_methods_of_an_async_connector(context):
    """All methods may be plain functions; they run off the loop's thread, in the caller's context variables."""
    threads = []

    class Plain(AsyncConnector[Job]):
        task_type = "plain"

        def create(self, task, inputs, context):
            threads.append(threading.current_thread())
            return Job("1")

        def get(self, meta, context):
            threads.append(threading.current_thread())
            return Resource(phase=Phase.SUCCEEDED)

        def delete(self, meta, context):
            threads.append(threading.current_thread())

    lifecycle = serve(Plain)
    handle = await lifecycle.create(TaskTemplate(type="plain"), {}, context)
    assert (await lifecycle.get(handle, context)).phase is Phase.SUCCEEDED
    await lifecycle.delete(handle, context)
    assert len(threads) == 3
    assert threading.main_thread() not in threads


async def test_a_plain_method_may_return_a_coroutine(context):
    """A decorator that hides `async def` makes no difference."""

    class Hidden(SyncConnector):
        task_type = "hidden"

        def do(self, task, inputs, context):
            return self.later()

        async def later(self):
            return Resource(phase=Phase.SUCCEEDED)

    assert (await serve(Hidden).do(TaskTemplate(type="hidden"), {}, context)).phase is Phase.SUCCEEDED


class Settings(msgspec.Struct):
    size: int


async def test_custom_is_decoded(context):
    """A connector with a custom_type gets its settings as that type; a fault names the path."""
    seen = []

    class Typed(Upper):
        task_type, custom_type = "typed", Settings

        async def do(self, task, inputs, context):
            seen.append(task.custom)
            return Resource(phase=Phase.SUCCEEDED)

    lifecycle = serve(Typed)
    await lifecycle.do(TaskTemplate(type="typed", custom={"size": 4.0}), {}, context)
    assert seen == [Settings(4)]
    with pytest.raises(InvalidTask, match=r"`custom.size`: expected `int`, got `str`"):
        await lifecycle.do(TaskTemplate(type="typed", custom={"size": "4"}), {}, context)


@pytest.mark.parametrize("error", [KeyError("size"), SystemExit("no")])
async def test_settings_with_a_bug(context, caplog, error):
    """What the settings' own check raises is a bug, unless it is the ValueError or TypeError of a check that fails."""

    class Checked(Settings):
        def __post_init__(self):
            raise ValueError("too small") if self.size < 4 else error

    class Typed(Upper):
        task_type, custom_type = "typed", Checked

    lifecycle = serve(Typed)
    with pytest.raises(InvalidTask, match="`custom`: too small"):
        await lifecycle.do(TaskTemplate(type="typed", custom={"size": 1}), {}, context)
    with pytest.raises(ConnectorBug, match=f"do could not read `custom` as Checked: {type(error).__name__}"):
        await lifecycle.do(TaskTemplate(type="typed", custom={"size": 4}), {}, context)
    assert "Traceback (most recent call last)" in caplog.text


async def test_connectors_are_closed_at_the_end(context, caplog):
    """A lifecycle closes the connectors that it has used, by async or plain methods, and goes on where one cannot be closed."""
    closed = []

    class Closing(Upper):
        task_type = "closing"

        async def close(self):
            closed.append(self.task_type)

    class Plain(Closing):
        task_type = "plain"

        def close(self):
            assert threading.current_thread() is not threading.main_thread()
            closed.append(self.task_type)

    class Broken(Closing):
        task_type = "broken"

        async def close(self):
            raise OSError("stuck")

    class Unused(Closing):
        task_type = "unused"

    registry = ConnectorRegistry(discover=False)
    for connector in (Broken, Closing, Plain, Unused):
        registry.register(connector)
    async with Lifecycle(registry) as lifecycle:
        for name in ("broken", "closing", "plain"):
            await lifecycle.do(TaskTemplate(type=name), {}, context)
    assert closed == ["closing", "plain"]
    assert [record.getMessage() for record in caplog.records] == [
        "connector 'Broken' could not be closed: OSError: stuck"
    ]


async def test_trace(lifecycle, context, monkeypatch, capsys):
    """FAIRLEAD_TRACE=1 writes each operation and hook with its arguments, redacted, and its time."""
    monkeypatch.setenv("FAIRLEAD_TRACE", "1")
    logger = logging.getLogger("fairlead.trace")
    try:
        traced = Lifecycle(lifecycle.registry)
        traced.hooks.register(Recorder(), "recorder")
        context.redactor.add("INPUT", "the-secret-name")
        await traced.create(TASK, {"the-secret-name": 1}, context)
    finally:
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("trace:   hook fairlead_before_create(task=jobs, inputs=[***]): done in ")
    assert any(line.startswith("trace: create jobs(task=jobs, inputs=[***]): done in ") for line in lines)


async def test_metrics_are_checked_and_redacted(jobs):
    """What is no metric is a bug of the connector, and no secret leaves in one."""
    answers = [[5], "cpu", [Metric("cpu", [1])], [Metric("cpu", {"label": "node-of-s3cret-value"})]]

    class Measured(type(jobs)):
        def get_metrics(self, meta, query, context):
            return answers.pop(0)

    lifecycle, query = serve(Measured), MetricsQuery(queries=("cpu",))
    context = Context(secrets={"TOKEN": "s3cret-value"})
    for _ in range(2):
        with pytest.raises(ConnectorBug, match="no sequence of Metric"):
            await lifecycle.get_metrics(HANDLE, query, context)
    with pytest.raises(ConnectorBug, match="returned a Metric whose `data` is a list; it must be a dict"):
        await lifecycle.get_metrics(HANDLE, query, context)
    assert await lifecycle.get_metrics(HANDLE, query, context) == [Metric("cpu", {"label": "node-of-***"})]
