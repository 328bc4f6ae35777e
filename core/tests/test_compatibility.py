"""The dependency on fairlead as the fence of the plugin API."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from fairlead.compatibility import unmet_requirement

numbers = st.integers(0, 3)
releases = st.lists(numbers, min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
ordered = st.builds("{}{}".format, st.sampled_from([">=", ">", "<=", "<", "==", "!="]), releases)
wildcards = st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), releases)
compatible = st.lists(numbers, min_size=2, max_size=3).map(lambda parts: "~=" + ".".join(map(str, parts)))
specifiers = st.lists(ordered | wildcards | compatible, min_size=1, max_size=3).map(",".join)


@given(specifiers, releases)
@example("~=0.0.0", "0")
def test_agrees_with_packaging(specifier, version):
    """For release numbers the verdict is that of the `packaging` library."""
    met = unmet_requirement([f"fairlead{specifier}"], version) == ""
    assert met == SpecifierSet(specifier).contains(version)


@given(
    st.sampled_from([">=", ">", "<=", "<", "==", "!=", "~="]), st.sampled_from(["3.0", "3.10", "3.11", "3.12", "4.0"])
)
def test_agrees_with_packaging_on_python_versions(operator, version):
    """A requirement counts for the versions of Python that its marker names."""
    marker = f"python_version {operator} '{version}'"
    assert bool(unmet_requirement([f"fairlead>=99; {marker}"], "0.2.0")) == Marker(marker).evaluate()


@pytest.mark.parametrize(
    "requirement",
    [
        "fairlead",
        "fairlead (>=0.1)",
        "fairlead[extra]>=0.1",
        "Fairlead >= 0.1 , < 0.3",
        "fairlead-echo>=99",
        "fairlead_echo>=99",
        "fairlead-shell<2,>=1.2",
        "fairlead_shell<2,>=1.2",
        "fairlead.shell<2,>=1.2",
        "fairleader (>=99)",
        "fairlead>=99; extra == 'next'",
        "fairlead>=99; sys_platform == 'linux'",
        "fairlead>=99; python_version >= '3' and sys_platform == 'linux'",
        "fairlead>=99; '3' <= python_version",
        "fairlead>=99; python_version in '3.11'",
        "fairlead===whatever",
        "fairlead @ file:///somewhere",
    ],
)
def test_met(requirement):
    """Other packages, extras, and specifiers and markers that are not read do not keep a plugin out."""
    assert unmet_requirement([requirement], "0.2.0") == ""


def test_unmet():
    """The requirement that is not met is told as it stands."""
    assert unmet_requirement(["click>=99", "fairlead<1,>=0.3"], "0.2.0") == "fairlead<1,>=0.3"
    assert unmet_requirement(["fairlead>=1; python_version > '3'"], "0.2.0")
    assert unmet_requirement(["fairlead>=0.3"], "0.3.0.dev1") == ""
