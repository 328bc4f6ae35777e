"""Secrets in texts, in the forms that programs give them."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import LinkType, Phase
from fairlead.redaction import Redactor

SECRET = 'dapi-0123/45+67 é"\n89'


@pytest.fixture
def redactor():
    redactor = Redactor()
    redactor.add("TOKEN", SECRET)
    return redactor


@pytest.mark.parametrize(
    "form",
    [
        str,
        repr,
        json.dumps,
        lambda text: quote(text, safe=""),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: "Basic " + base64.b64encode(f"user:{text}".encode()).decode(),
        lambda text: base64.b64encode(f"ab:{text}:more".encode()).decode(),
        lambda text: f"Authorization: Bearer {text}, and again {text}",
    ],
)
def test_forms(redactor, form):
    """A secret is found as it is, in JSON, in repr, in URLs and anywhere inside base64."""
    redacted = redactor.redact(form(SECRET))
    assert "0123" not in redacted
    assert base64.b64encode(b"0123/45+67").decode()[4:-4] not in redacted


@given(st.text(min_size=8).filter(lambda text: len(text.strip()) >= 4), st.text(), st.text())
def test_never_left_in_a_text(secret, before, after):
    """Whatever stands around it, the secret itself does not stay."""
    redactor = Redactor()
    redactor.add("X", secret)
    assert secret.strip() not in redactor.redact(before + secret + after).replace("***", "\0")


def test_lines_of_a_key():
    """A private key is found line by line."""
    redactor = Redactor()
    redactor.add("KEY", "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAA\n-----END KEY-----\n")
    assert redactor.redact("line 2: MIIEvQIBADANBgkqhkiG9w0") == "line 2: ***"


def test_short_values_are_not_secrets():
    """A value of three characters would destroy texts and protect nothing."""
    redactor = Redactor()
    redactor.add("X", "abc")
    assert not redactor
    assert redactor.redact("abcabc") == "abcabc"


def test_longer_secrets_first():
    """A secret that contains another one is replaced as a whole."""
    redactor = Redactor()
    redactor.add("A", "secret")
    redactor.add("B", "secret-and-more")
    assert redactor.redact("secret-and-more") == "***"


def test_values(redactor):
    """Strings are replaced at any depth, in dicts, lists, tuples and structs; the rest is kept."""

    class Point(msgspec.Struct, frozen=True):
        name: str
        x: int

    value = {"a": [SECRET, 1, None], SECRET: (SECRET, 2.5), "p": Point(SECRET, 3)}
    assert redactor.redact_value(value) == {"a": ["***", 1, None], "***": ("***", 2.5), "p": Point("***", 3)}


class Pair(NamedTuple):
    user: str
    token: str


@dataclass
class Login:
    user: str
    token: str


class Client:
    def __init__(self, token):
        self.token = token

    def __repr__(self):
        return f"Client({self.token})"


@pytest.mark.parametrize(
    "value",
    [
        {"set": {SECRET}},
        {"frozen": frozenset({SECRET})},
        {"mapping": MappingProxyType({"token": SECRET})},
        {"tuple": Pair("ada", SECRET)},
        {"dataclass": Login("ada", SECRET)},
        {"exception": ValueError(f"{SECRET} was refused")},
        {"object": [Client(SECRET)]},
        {"bytes": SECRET.encode()},
        {"in base64": base64.b64encode(f"ada:{SECRET}".encode())},
        {SECRET: 1},
    ],
)
def test_values_that_are_not_plain(redactor, value):
    """What a connector may put into its texts is plain afterwards, and without the secret."""
    redacted = redactor.redact_value(value)
    assert SECRET not in str(redacted)
    assert not redactor.found_in(json.dumps(redacted).encode())


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 0.5, "text", b"bytes", datetime(2026, 1, 1, tzinfo=UTC), timedelta(1), Phase.RUNNING, LinkType.IDE],
)
def test_values_that_stay(redactor, value):
    """What holds no secret is the same afterwards."""
    assert redactor.redact_value([value])[0] is value


def test_found_in_bytes(redactor):
    """The name of the secret that stands in a meta is told, the value is not."""
    assert redactor.found_in(json.dumps({"token": SECRET}).encode()) == "TOKEN"
    assert redactor.found_in(b"{}") == ""
    assert SECRET not in repr(redactor)
