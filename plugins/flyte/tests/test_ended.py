"""Metas that say how a job has ended."""

import pytest
from flyteidl2.task.common_pb2 import Outputs
from hypothesis import given
from hypothesis import strategies as st

from fairlead import ErrorKind, InvalidHandle, LinkType, LogLink, Phase, Resource, TaskError
from fairlead_flyte.ended import is_ended, pack_ended, unpack_ended

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
links = st.builds(LogLink, texts, texts, st.sampled_from(LinkType), st.booleans())
errors = st.builds(TaskError, code=texts, kind=st.sampled_from(ErrorKind), recoverable=st.booleans())
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
resources = st.builds(
    Resource,
    phase=st.sampled_from(Phase),
    message=texts,
    log_links=st.lists(links, max_size=2).map(tuple),
    error=st.none() | errors,
    custom_info=st.none() | st.dictionaries(texts, plain, min_size=1, max_size=3),
)
outputs = st.none() | st.builds(
    lambda names: Outputs(literals=[{"name": name, "value": {"scalar": {"none_type": {}}}} for name in names]),
    st.lists(texts, max_size=3),
)


@given(resources, outputs)
def test_there_and_back(resource, outputs):
    """Whatever is said of a job that has ended comes back."""
    meta = pack_ended(resource, outputs)
    assert is_ended(meta)
    assert unpack_ended(meta) == (resource, outputs)


def test_texts_that_are_no_unicode():
    """Half characters are replaced, and never keep a refusal from being stored."""
    resource = Resource(
        phase=Phase.FAILED,
        message="a \udcff",
        log_links=(LogLink("\udcff", "\udcff"),),
        custom_info={"\udcff": 1},
        error=TaskError(code="\udcff"),
    )
    ended, _ = unpack_ended(pack_ended(resource))
    assert (ended.message, ended.log_links[0].uri, ended.custom_info, ended.error.code) == ("a ?", "?", {"?": 1}, "?")


def test_what_is_too_large():
    """What no backend can keep is a failure that says so."""
    ended, _ = unpack_ended(pack_ended(Resource(phase=Phase.SUCCEEDED, custom_info={"a": "x" * 600_000})))
    assert (ended.phase, ended.error.code) == (Phase.FAILED, "OutputsTooLarge")


@pytest.mark.parametrize(
    "meta",
    [
        b'{"fairlead_ended":',
        b'{"fairlead_ended":{}}',
        b'{"fairlead_ended":{"phase":"DONE"}}',
        b'{"fairlead_ended":{"phase":"FAILED","outputs":"/////w=="}}',
        b'{"fairlead_ended":{"phase":"FAILED","message":"\xff"}}',
        b'{"fairlead_ended":{"phase":"FAILED","custom_info":"/////w=="}}',
    ],
)
def test_what_cannot_be_read(meta):
    """What begins like such a meta, and is none, is no handle."""
    assert is_ended(meta)
    with pytest.raises(InvalidHandle, match="not a resource meta of a job that has ended"):
        unpack_ended(meta)


@pytest.mark.parametrize("meta", [b"", b'{"job_id":"a"}', b'{"a":{"fairlead_ended":{}}}'])
def test_other_metas(meta):
    """The metas of jobs that run are not taken for it."""
    assert not is_ended(meta)
