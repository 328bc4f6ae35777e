"""The trace of operations and hooks."""

import logging

import pytest

from fairlead.redaction import Redactor
from fairlead.trace import traced


@pytest.mark.parametrize("before", range(185, 198))
def test_a_secret_that_is_cut_is_not_shown(caplog, before):
    """An argument is redacted before it is shortened, so that no part of a secret is left at its end."""
    redactor = Redactor()
    redactor.add("TOKEN", "s3cret-token-value")
    caplog.set_level(logging.DEBUG, "fairlead.trace")
    with traced("get", {"text": "x" * before + "s3cret-token-value" + "y" * 100}, redactor.redact):
        pass
    assert "s3" not in caplog.text
    assert "…): done" in caplog.text
