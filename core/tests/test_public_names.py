"""The public surface of the package."""

import pkgutil
import subprocess
import sys

import pytest

import fairlead
from fairlead import errors


def test_all_is_sorted_and_complete():
    """`__all__` names what can be imported, in order."""
    assert fairlead.__all__ == sorted(fairlead.__all__)
    for name in fairlead.__all__:
        assert getattr(fairlead, name) is not None
    assert dir(fairlead) == fairlead.__all__
    assert set(fairlead.__all__) == {*fairlead._HOMES, "__version__"}


def test_unknown_names_are_attribute_errors():
    """What is not public is not there."""
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = fairlead.nonsense


def test_every_error_is_public_and_drawn():
    """The tree in the docstring of `errors` holds every error."""
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert classes <= set(fairlead.__all__)
    assert all(name in errors.__doc__ for name in classes)


def test_an_error_keeps_all_but_its_message():
    """A redacted copy has the same class and facts."""
    error = errors.QuotaExceeded("token-1", retry_after=5).with_message("***")
    assert (type(error), str(error), error.retry_after) == (errors.QuotaExceeded, "***", 5)


def test_importing_the_package_imports_nothing_else():
    """`import fairlead` costs next to nothing."""
    code = "import sys; before = set(sys.modules); import fairlead; print(sorted(set(sys.modules) - before))"
    output = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "['fairlead', 'fairlead._version']"


FLOORS = [
    ["_version", "errors", "category", "known", "logs", "spelling", "references"],
    ["compatibility", "validation", "redaction", "backoff", "workers", "events", "trace"],
    ["discovery", "resource", "context", "task", "handle"],
    ["loading", "connector", "hookspecs", "hookcall"],
    ["hooks", "local", "probing", "admission"],
    ["registry", "span", "invocation"],
    ["lifecycle"],
    ["runner"],
    ["testing", "cli", "__main__", "probe"],
]


def test_a_module_imports_only_from_floors_below():
    """There are no circles: at import, a module uses only modules of lower floors, or of its own above it."""
    order = [name for floor in FLOORS for name in floor]
    assert sorted(order) == sorted(module.name for module in pkgutil.iter_modules(fairlead.__path__))
    for position, name in enumerate(order[: order.index("testing")]):
        code = (
            f"import sys, fairlead.{name}; print(*(m.split('.')[1] for m in sys.modules if m.startswith('fairlead.')))"
        )
        output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert set(output.split()) <= set(order[: position + 1]), name
