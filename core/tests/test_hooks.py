"""Hook plugins: loaded apart, called together."""

import asyncio
import socket
import sys

import pytest

import fairlead
from fairlead import (
    Context,
    Deadline,
    DeadlineExceeded,
    Hooks,
    InvalidTask,
    PluginError,
    TaskCategory,
    TransientError,
    hookimpl,
)

GOOD = """
    import sys
    import fairlead

    @fairlead.hookimpl
    def fairlead_before_create(task):
        raise fairlead.InvalidTask("not today")

    policy = sys.modules[__name__]
"""


def plugin(**hooks):
    return type("Plugin", (), {name: staticmethod(hookimpl(function)) for name, function in hooks.items()})()


def context(secret="", seconds=30):
    context = Context(deadline=Deadline.after(seconds))
    context.redactor.add("SECRET", secret)
    return context


@pytest.fixture
def hooks():
    return Hooks(discover=False)


def test_plugins_are_loaded_when_the_first_hook_is_called(site):
    """Nothing is imported before, and then everything once."""
    site.add("good", entry_points="[fairlead.plugins]\npolicy = good_policy:policy", modules={"good_policy": GOOD})
    hooks = Hooks()
    assert hooks.failures == []
    with pytest.raises(InvalidTask, match="not today"):
        asyncio.run(hooks.require("fairlead_before_create", context(), task=None, inputs={}, context=None))


def test_broken_plugins_are_recorded_and_left_out(site, caplog):
    """Each failure names plugin, distribution, version and stage; the others work."""
    site.add("a-good", entry_points="[fairlead.plugins]\npolicy = good_policy:policy", modules={"good_policy": GOOD})
    site.add("b-import", entry_points="[fairlead.plugins]\nb = b_mod:x", modules={"b_mod": "import does_not_exist"})
    site.add("c-exit", entry_points="[fairlead.plugins]\nc = c_mod:x", modules={"c_mod": "raise SystemExit(3)"})
    site.add("d-attr", entry_points="[fairlead.plugins]\nd = d_mod:x", modules={"d_mod": ""})
    wrong = "import fairlead\nclass x:\n    @fairlead.hookimpl\n    def fairlead_after_get(nonsense): pass\n"
    site.add("e-signature", entry_points="[fairlead.plugins]\ne = e_mod:x", modules={"e_mod": wrong})
    unknown = "import fairlead\nclass x:\n    @fairlead.hookimpl\n    def fairlead_unheard_of(): pass\n"
    site.add("f-unknown", entry_points="[fairlead.plugins]\nf = f_mod:x", modules={"f_mod": unknown})
    hooks = Hooks()
    assert [name for name, _, _ in hooks.plugins()] == ["policy"]
    failed = {failure.distribution: (failure.stage, str(failure)) for failure in hooks.failures}
    assert {name: stage for name, (stage, _) in failed.items()} == {
        "b-import": "import",
        "c-exit": "import",
        "d-attr": "attribute",
        "e-signature": "register",
        "f-unknown": "register",
    }
    assert "nonsense" in failed["e-signature"][1]
    assert "fairlead_unheard_of" in failed["f-unknown"][1]
    assert all(f"({name} 1.0)" in text for name, (_, text) in failed.items())
    assert "FAIRLEAD_DISABLE_PLUGINS=c-exit" in caplog.text


@pytest.mark.parametrize("value", ["good_policy", "good_policy:policy", "good_policy [extra]"])
def test_a_module_is_a_plugin(site, value):
    """An entry point of the group may name the module alone, and its policy is applied."""
    site.add("good", entry_points=f"[fairlead.plugins]\npolicy = {value}", modules={"good_policy": GOOD})
    hooks = Hooks()
    assert [names for _, _, names in hooks.plugins()] == [["fairlead_before_create"]]
    with pytest.raises(InvalidTask, match="not today"):
        asyncio.run(hooks.require("fairlead_before_create", context(), task=None, inputs={}, context=None))


CLASS = """
    import fairlead

    class Policy:
        @fairlead.hookimpl(specname="fairlead_before_create")
        def refuse(self, task):
            raise fairlead.InvalidTask("not today")

    class Static:
        @staticmethod
        @fairlead.hookimpl
        def fairlead_before_create(task): ...

    instance = Policy()
"""


@pytest.mark.parametrize(
    ("value", "module", "message"),
    [
        ("m:fairlead_before_create", GOOD, "it has no hooks; name the object that has them, such as the module"),
        ("m", "def before_create(task): ...", "it has no hooks"),
        ("m", "def fairlead_before_create(task): ...", "hook `fairlead_before_create` is not marked"),
        ("m", GOOD + "\n    def fairlead_after_get(resource): ...", "hook `fairlead_after_get` is not marked"),
        ("m:Policy", CLASS, "hook `refuse` needs an instance of the class; name an instance"),
    ],
)
def test_a_policy_that_would_not_be_applied_is_a_failure(site, monkeypatch, value, module, message):
    """What has no hooks, or needs an instance that nobody makes, is recorded, and raised in strict mode."""
    site.add("wrong", entry_points=f"[fairlead.plugins]\nwrong = {value}", modules={"m": module})
    hooks = Hooks()
    assert hooks.plugins() == []
    (failure,) = hooks.failures
    assert (failure.stage, failure.distribution) == ("register", "wrong")
    assert message in str(failure)
    monkeypatch.setenv("FAIRLEAD_STRICT", "1")
    with pytest.raises(PluginError, match="wrong 1.0"):
        Hooks().plugins()


@pytest.mark.parametrize("value", ["m:instance", "m:Static"])
def test_instances_and_static_hooks_are_plugins(site, value):
    """What can be called is taken, also of a class whose hooks need no instance."""
    site.add("good", entry_points=f"[fairlead.plugins]\ngood = {value}", modules={"m": CLASS})
    assert [names for _, _, names in Hooks().plugins()] == [["fairlead_before_create"]]


def test_strict_raises_the_first_failure(site, monkeypatch):
    """With FAIRLEAD_STRICT=1 a broken plugin is not passed over."""
    monkeypatch.setenv("FAIRLEAD_STRICT", "1")
    site.add("b-import", entry_points="[fairlead.plugins]\nb = b_mod:x", modules={"b_mod": "import does_not_exist"})
    with pytest.raises(PluginError, match="b-import 1.0"):
        Hooks().plugins()


@pytest.mark.parametrize("name", ["b-import", "B_Import", "bb"])
def test_disabled_plugins_are_not_imported(site, monkeypatch, name):
    """Disabled by distribution or entry point, in any spelling, a plugin is neither imported nor a failure."""
    monkeypatch.setenv("FAIRLEAD_DISABLE_PLUGINS", f"other, {name}")
    site.add("b-import", entry_points="[fairlead.plugins]\nbb = b_mod:x", modules={"b_mod": "import does_not_exist"})
    hooks = Hooks()
    assert hooks.plugins() == []
    assert hooks.failures == []


async def test_sync_and_async_hooks_mix(hooks):
    """Plain and async implementations are called in pluggy's order, the last registered first."""
    order = []

    async def first(category):
        await asyncio.sleep(0)
        order.append(f"async {category}")

    hooks.register(plugin(fairlead_after_get=lambda resource: order.append("plain")), "one")
    hooks.register(plugin(fairlead_after_get=first), "two")
    arguments = {"category": TaskCategory("x"), "meta": None, "resource": None, "context": None}
    await hooks.observe("fairlead_after_get", context(), **arguments)
    assert order == ["async x", "plain"]


async def test_observers_change_nothing(hooks, caplog):
    """An observer that fails is logged with its name, and the next one is still called."""
    seen = []

    def broken(event):
        raise KeyError("oops token-123")

    def good(event):
        seen.append(event)

    hooks.register(plugin(fairlead_operation_finished=good), "good")
    hooks.register(plugin(fairlead_operation_finished=broken), "broken")
    await hooks.observe("fairlead_operation_finished", context("token-123"), event=1)
    assert seen == [1]
    assert "`broken`" in caplog.text
    assert "KeyError" in caplog.text
    assert "token-123" not in caplog.text


async def test_a_policy_that_breaks_lets_nothing_pass(hooks):
    """An error of a policy is a PluginError that names the plugin; its own refusal passes as it is."""

    def broken(task):
        raise RuntimeError("database is gone")

    hooks.register(plugin(fairlead_before_create=broken), "policy")
    with pytest.raises(PluginError, match=r"plugin `policy`: .* raised RuntimeError: database is gone"):
        await hooks.require("fairlead_before_create", context(), task=None, inputs={}, context=None)


async def cancelled_of_its_own():
    waiting = asyncio.ensure_future(asyncio.Event().wait())
    waiting.cancel()
    await waiting


async def leaving():
    sys.exit(0)


ENDING = [lambda: sys.exit(0), leaving, cancelled_of_its_own]


@pytest.mark.parametrize("ending", ENDING)
async def test_a_policy_that_ends_the_program_lets_nothing_pass(hooks, ending):
    """Neither `SystemExit` nor a cancellation of the plugin's own ends the program: both are its errors."""
    hooks.register(plugin(fairlead_before_create=ending), "policy")
    with pytest.raises(PluginError, match=r"plugin `policy`: .* raised (SystemExit: 0|CancelledError)"):
        await hooks.require("fairlead_before_create", context(), task=None, inputs={}, context=None)


@pytest.mark.parametrize("ending", ENDING)
async def test_an_observer_that_ends_the_program_changes_nothing(hooks, caplog, ending):
    """It is logged with its name, and the next one is still called."""
    seen = []

    def good(meta):
        seen.append(meta)

    hooks.register(plugin(fairlead_after_create=good), "good")
    hooks.register(plugin(fairlead_after_create=ending), "ending")
    await hooks.observe("fairlead_after_create", context(), task=None, meta=1, context=None)
    assert seen == [1]
    assert "plugin `ending`: hook" in caplog.text


def test_hooks_without_a_loop_do_not_end_the_program(hooks):
    """One that registers connectors is recorded as a failure; one that answers raises a `PluginError`."""
    leave = {name: lambda: sys.exit(0) for name in ("fairlead_register_connectors", "fairlead_connector_metadata")}
    hooks.register(plugin(**leave), "bridge")
    hooks.tell_now("fairlead_register_connectors", registry=None)
    assert ["raised SystemExit: 0" in str(failure) for failure in hooks.failures] == [True]
    with pytest.raises(PluginError, match="raised SystemExit: 0"):
        hooks.ask_now("fairlead_connector_metadata", metadata=None)


async def test_a_wrapper_that_breaks_is_named(hooks):
    """A wrapper around a policy fails as a policy does."""

    class Wrapper:
        @hookimpl(wrapper=True)
        def fairlead_before_create(self, task):
            yield
            raise RuntimeError("secret")

    hooks.register(Wrapper(), "wrapper")
    with pytest.raises(PluginError, match=r"plugin `wrapper`: .* raised RuntimeError: \*\*\*"):
        await hooks.require("fairlead_before_create", context("secret"), task=None, inputs={}, context=None)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("vault is restarting"),
        TimeoutError(),
        socket.gaierror(-3, "Temporary failure in name resolution"),
    ],
)
async def test_a_passing_fault_of_a_plugin(hooks, error):
    """A plugin that whose system cannot be reached for now is asked again, like a connector."""

    async def get_secret(name, context):
        raise error

    hooks.register(plugin(fairlead_get_secret=get_secret), "vault")
    with pytest.raises(TransientError, match="`vault`: hook get_secret raised"):
        await hooks.ask("fairlead_get_secret", context(), name="x", context=None)


async def test_an_observer_that_hangs_leaves_time_for_the_answer(hooks, caplog):
    """However long an operation may take, what is only told of it holds it up for two seconds at the most."""

    async def observe(event):
        await hang()

    hooks.register(plugin(fairlead_operation_finished=observe), "slow")
    async with asyncio.timeout(600):
        await hooks.observe("fairlead_operation_finished", context(seconds=3600), event=None)
    assert "did not end within 2 s" in caplog.text


async def test_the_first_answer_counts(hooks):
    """An async answer of None passes the question on."""

    async def knows_nothing(name):
        return None

    hooks.register(plugin(fairlead_get_secret=lambda name: "plain"), "plain")
    hooks.register(plugin(fairlead_get_secret=knows_nothing), "nothing")
    assert await hooks.ask("fairlead_get_secret", context(), name="x", context=None) == "plain"


async def test_a_refusal_is_redacted(hooks):
    """Neither a policy's own error nor one about it shows a secret."""
    for error in (InvalidTask("secret"), RuntimeError("secret")):

        def refuse(task, error=error):
            raise error

        hooks = Hooks(discover=False)
        hooks.register(plugin(fairlead_before_create=refuse), "policy")
        with pytest.raises((InvalidTask, PluginError)) as caught:
            await hooks.require("fairlead_before_create", context("secret"), task=None, inputs={}, context=None)
        assert "***" in str(caught.value)
        assert "secret" not in str(caught.value)


async def hang():
    await asyncio.Event().wait()


async def test_a_hook_that_hangs_ends_at_the_deadline(hooks, monkeypatch, caplog):
    """A policy or vault that hangs ends the operation at its deadline; an observer is left behind with a warning."""
    monkeypatch.setattr("fairlead.hooks._OBSERVER_SECONDS", 0.01)
    hooks.register(plugin(fairlead_before_create=hang, fairlead_after_get=hang), "sleepy")
    with pytest.raises(DeadlineExceeded, match=r"fairlead_before_create did not end .*`sleepy`"):
        await hooks.require("fairlead_before_create", context(seconds=0.01), task=None, inputs={}, context=None)
    arguments = {"category": None, "meta": None, "resource": None, "context": None}
    await hooks.observe("fairlead_after_get", context(seconds=0.01), **arguments)
    assert "fairlead_after_get did not end" in caplog.text


def test_registering_again_keeps_the_first(hooks):
    """A plugin that is registered twice is an error, and still registered once."""
    module = plugin(fairlead_get_secret=lambda name: "x")
    hooks.register(module, "one")
    with pytest.raises(PluginError, match="already registered"):
        hooks.register(module, "two")
    assert [name for name, _, _ in hooks.plugins()] == ["one"]


@pytest.mark.parametrize("hook", ["fairlead_register_connectors", "fairlead_connector_metadata"])
def test_hooks_without_a_loop_refuse_async(hooks, hook):
    """Where no loop runs, `async def` is refused when it is registered."""

    async def implementation():
        """Do nothing."""

    with pytest.raises(PluginError, match="must be a plain function"):
        hooks.register(plugin(**{hook: implementation}), "wrong")
    assert hooks.plugins() == []


def test_old_style_wrappers_are_refused(hooks):
    """Pluggy's old wrappers do not fit async calls."""
    wrong = type("Wrong", (), {"fairlead_after_get": hookimpl(hookwrapper=True)(lambda self: (yield))})()
    with pytest.raises(PluginError, match="use `wrapper=True`"):
        hooks.register(wrong)


def test_every_hook_is_documented():
    """Each specification says when it is called, what it may do, and shows an example."""
    from fairlead import hookspecs

    specifications = [name for name in vars(hookspecs) if name.startswith("fairlead_")]
    assert len(specifications) == 9
    for name in specifications:
        text = getattr(hookspecs, name).__doc__
        assert "Example::" in text, name
        assert "async" in text or "plain functions only" in text, name
        assert f"def {name}(" in text, name


def test_hookimpl_is_public():
    """Plugins need only `fairlead.hookimpl`."""
    assert fairlead.hookimpl is hookimpl
