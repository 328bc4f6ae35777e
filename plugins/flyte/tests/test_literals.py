"""Flyte's literals as plain Python values, and back."""

import enum
import math
from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from flyteidl2.core.literals_pb2 import Literal
from flyteidl2.core.types_pb2 import LiteralType
from hypothesis import given
from hypothesis import strategies as st

from fairlead import Blob, Column, Opaque, StructuredDataset
from fairlead_flyte.literal_types import from_literal_type, to_literal_type
from fairlead_flyte.literals import LiteralError, from_literal, from_literals, to_literal, to_literals

MSGPACK = msgspec.msgpack.encode
PLUS_TWO = timezone(timedelta(hours=2))


ENDLESS = []
ENDLESS.append(ENDLESS)


class Color(enum.Enum):
    RED = "red"


class Point(msgspec.Struct):
    x: int
    y: float


def primitive(**value):
    return Literal(scalar={"primitive": value})


def simple(name):
    return LiteralType(simple=name)


def moment(seconds, nanos=0):
    return {"seconds": seconds, "nanos": nanos}


BLOB = {"format": "csv", "dimensionality": "MULTIPART"}
DATASET = {
    "columns": [
        {"name": "a", "literal_type": {"simple": "INTEGER"}},
        {"name": "b", "literal_type": {"collection_type": {"simple": "STRING"}}},
        {"name": "c", "literal_type": {}},
    ],
    "format": "parquet",
    "external_schema_type": "arrow",
    "external_schema_bytes": b"\x01\x02",
}
PLAIN = [
    ("integer", simple("INTEGER"), primitive(integer=-(2**63)), -(2**63)),
    ("float", simple("FLOAT"), primitive(float_value=0.5), 0.5),
    ("infinity", simple("FLOAT"), primitive(float_value=math.inf), math.inf),
    ("string", simple("STRING"), primitive(string_value="日本\0"), "日本\0"),
    ("empty string", simple("STRING"), primitive(string_value=""), ""),
    ("boolean", simple("BOOLEAN"), primitive(boolean=False), False),
    (
        "datetime",
        simple("DATETIME"),
        primitive(datetime=moment(1_700_000_000, 123_456_000)),
        datetime(2023, 11, 14, 22, 13, 20, 123_456, tzinfo=UTC),
    ),
    (
        "earliest datetime",
        simple("DATETIME"),
        primitive(datetime=moment(-62135596800)),
        datetime(1, 1, 1, tzinfo=UTC),
    ),
    (
        "latest datetime",
        simple("DATETIME"),
        primitive(datetime=moment(253402300799, 999_999_000)),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ),
    (
        "duration",
        simple("DURATION"),
        primitive(duration=moment(-90, -500_000)),
        timedelta(seconds=-90, microseconds=-500),
    ),
    ("none", simple("NONE"), Literal(scalar={"none_type": {}}), None),
    (
        "list",
        LiteralType(collection_type={"collection_type": {"simple": "INTEGER"}}),
        Literal(collection={"literals": [{"collection": {"literals": [primitive(integer=1)]}}, {"collection": {}}]}),
        [[1], []],
    ),
    (
        "map",
        LiteralType(map_value_type={"simple": "STRING"}),
        Literal(map={"literals": {"a": primitive(string_value="b")}}),
        {"a": "b"},
    ),
    (
        "union",
        LiteralType(union_type={"variants": [{"simple": "STRING"}, {"simple": "INTEGER"}]}),
        Literal(scalar={"union": {"value": primitive(integer=1), "type": {"simple": "INTEGER"}}}),
        1,
    ),
    (
        "enum",
        LiteralType(enum_type={"values": ["red", "green"]}),
        primitive(string_value="green"),
        "green",
    ),
    (
        "msgpack",
        simple("STRUCT"),
        Literal(scalar={"binary": {"value": MSGPACK({"a": [1, None, 0.5]}), "tag": "msgpack"}}),
        {"a": [1, None, 0.5]},
    ),
    (
        "blob",
        LiteralType(blob=BLOB),
        Literal(scalar={"blob": {"uri": "s3://b/k", "metadata": {"type": BLOB}}}),
        Blob(uri="s3://b/k", format="csv", multipart=True),
    ),
    (
        "structured dataset",
        LiteralType(structured_dataset_type=DATASET),
        Literal(scalar={"structured_dataset": {"uri": "bq://p:d.t", "metadata": {"structured_dataset_type": DATASET}}}),
        StructuredDataset(
            uri="bq://p:d.t",
            format="parquet",
            columns=(
                Column("a", "integer"),
                Column("b", {"collectionType": {"simple": "STRING"}}),
                Column("c", "any"),
            ),
            external_schema_type="arrow",
            external_schema=b"\x01\x02",
        ),
    ),
]


@pytest.mark.parametrize(("declared", "literal", "value"), [pytest.param(*rest, id=name) for name, *rest in PLAIN])
def test_there_and_back(declared, literal, value):
    """A literal of each kind is a plain value, and that value of the declared type is the same literal."""
    assert from_literal(literal) == value
    assert type(from_literal(literal)) is type(value)
    assert to_literal(value, declared, "x") == literal


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (Literal(), None),
        (Literal(scalar={}), None),
        (Literal(scalar={"primitive": {}}), None),
        (Literal(collection={}), []),
        (Literal(map={}), {}),
        (Literal(scalar={"union": {}}), None),
        (Literal(scalar={"generic": {"n": 4, "f": 0.5}}), {"n": 4, "f": 0.5}),
        (primitive(datetime=moment(0, 999)), datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_read_only_one_way(literal, value):
    """What says nothing is None or empty; a generic struct is a dict whose whole numbers are ints."""
    assert from_literal(literal) == value


OPAQUE = [
    ("schema", Literal(scalar={"schema": {"uri": "s3://b/s", "type": {"columns": [{"name": "a"}]}}}), "s3://b/s"),
    ("error", Literal(scalar={"error": {"failed_node_id": "n0", "message": "it broke"}}), ""),
    (
        "offloaded_metadata",
        Literal(offloaded_metadata={"uri": "s3://b/o", "size_bytes": 7, "inferred_type": {"simple": "STRING"}}),
        "s3://b/o",
    ),
    ("pickle", Literal(scalar={"binary": {"value": b"\x80", "tag": "pickle"}}), ""),
    ("binary", Literal(scalar={"binary": {"value": b"\x80"}}), ""),
    ("msgpack", Literal(scalar={"binary": {"value": b"\x93\x01", "tag": "msgpack"}}), ""),
    ("msgpack", Literal(scalar={"binary": {"value": b"", "tag": "msgpack"}}), ""),
    ("msgpack", Literal(scalar={"binary": {"value": MSGPACK({"a": 1}) + b"\0", "tag": "msgpack"}}), ""),
    ("datetime", primitive(datetime=moment(10**12)), ""),
    ("datetime", primitive(datetime=moment(-(10**12))), ""),
    ("datetime", primitive(datetime=moment(0, -1)), ""),
    ("duration", primitive(duration=moment(2**62)), ""),
]


@pytest.mark.parametrize(("kind", "literal", "uri"), OPAQUE)
@pytest.mark.parametrize("declared", [None, LiteralType(), simple("STRING"), LiteralType(schema={})])
def test_what_has_no_plain_form(kind, literal, uri, declared):
    """What is not looked into, or cannot be read, is a reference, and as an output the identical literal again."""
    value = from_literal(literal)
    assert (type(value), value.kind, value.uri) == (Opaque, kind, uri)
    assert to_literal(value, declared, "x") == literal


def test_references_inside_of_others():
    """References in lists, maps and unions are kept there."""
    schema = OPAQUE[0][1]
    union = Literal(scalar={"union": {"value": schema, "type": {"schema": {}}}})
    nested = Literal(map={"literals": {"a": {"collection": {"literals": [schema, union]}}}})
    declared = LiteralType(
        map_value_type={"collection_type": {"union_type": {"variants": [{"simple": "NONE"}, {"schema": {}}]}}}
    )
    value = from_literal(nested)
    assert [type(item) for item in value["a"]] == [Opaque, Opaque]
    assert list(to_literal(value, declared, "x").map.literals["a"].collection.literals) == [schema, schema]


def test_hash_and_metadata_do_not_matter():
    """What else Flyte writes on a literal does not change its value."""
    assert from_literal(Literal(hash="abc", metadata={"a": "b"}, scalar={"primitive": {"integer": 1}})) == 1


WRONG = [
    ("1", simple("INTEGER"), "`x`: expected an integer, got str"),
    (True, simple("INTEGER"), "`x`: expected an integer, got bool"),
    (0.5, simple("INTEGER"), "`x`: expected an integer, got float"),
    (2**63, simple("INTEGER"), "`x`: "),
    (True, simple("FLOAT"), "`x`: expected a float, got bool"),
    (10**400, simple("FLOAT"), "`x`: "),
    (1, simple("STRING"), "`x`: expected a string, got int"),
    ("a \udcff", simple("STRING"), "`x`: "),
    (1, simple("BOOLEAN"), "`x`: expected a boolean, got int"),
    ("noon", simple("DATETIME"), "`x`: expected a datetime, got str"),
    (datetime.min.replace(tzinfo=PLUS_TWO), simple("DATETIME"), "`x`: "),
    ("long", simple("DURATION"), "`x`: expected a duration, got str"),
    (0, simple("NONE"), "`x`: expected None, got int"),
    (object(), simple("STRUCT"), "`x`: object cannot be given as msgpack"),
    ("ab", LiteralType(collection_type=simple("STRING")), "`x`: expected a list, got str"),
    ([1, "b"], LiteralType(collection_type=simple("INTEGER")), "`x[1]`: expected an integer, got str"),
    ({"a": [1, None]}, LiteralType(map_value_type={"collection_type": {"simple": "INTEGER"}}), "`x.a[1]`: "),
    ([1], LiteralType(map_value_type=simple("INTEGER")), "`x`: expected a dict, got list"),
    ("blue", LiteralType(enum_type={"values": ["red", "green"]}), "`x`: 'blue' is none of red, green"),
    (["red"], LiteralType(enum_type={"values": ["red"]}), "`x`: "),
    (
        "a",
        LiteralType(union_type={"variants": [{"simple": "INTEGER"}, {"simple": "NONE"}]}),
        "`x`: str fits none of the declared types: integer, none",
    ),
    (7, LiteralType(blob={}), "`x`: expected a Blob or its URI, got int"),
    (Blob(uri="\udcff"), LiteralType(blob={}), "`x`: "),
    (7, LiteralType(structured_dataset_type={}), "`x`: expected a StructuredDataset or its URI, got int"),
    (
        StructuredDataset(uri="a", columns=(Column("a", {"collectionType": 5}),)),
        LiteralType(structured_dataset_type={}),
        "`x`: ",
    ),
    (Blob(uri=7), LiteralType(blob={}), "`x`: "),
    (Opaque(kind="error", data=b"\xff"), simple("STRING"), "`x`: "),
    (ENDLESS, None, "`x[0][0]"),
    (ENDLESS, LiteralType(collection_type={}), "`x[0][0]"),
    ("a", LiteralType(schema={}), "`x`: str cannot be given as schema; only the same value that came as an input can"),
]


@pytest.mark.parametrize(("value", "declared", "message"), WRONG)
def test_values_that_do_not_fit(value, declared, message):
    """A value that does not fit its declared type is an error with its path, what it is, and what is declared."""
    with pytest.raises(LiteralError) as caught:
        to_literal(value, declared, "x")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("value", "declared", "literal"),
    [
        (3.0, simple("INTEGER"), primitive(integer=3)),
        (3, simple("FLOAT"), primitive(float_value=3.0)),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=PLUS_TWO), simple("DATETIME"), primitive(datetime=moment(1704157445))),
        (datetime(2024, 1, 2), simple("DATETIME"), primitive(datetime=moment(1704153600))),  # noqa: DTZ001
        (date(2024, 1, 2), simple("DATETIME"), primitive(datetime=moment(1704153600))),
        ("2024-01-02T00:00:00Z", simple("DATETIME"), primitive(datetime=moment(1704153600))),
        ("PT90S", simple("DURATION"), primitive(duration=moment(90))),
        ((1, 2), LiteralType(collection_type=simple("INTEGER")), None),
        ({1: 2}, LiteralType(map_value_type=simple("INTEGER")), None),
        (Color.RED, LiteralType(enum_type={"values": ["red"]}), primitive(string_value="red")),
        (Color.RED, simple("STRING"), primitive(string_value="red")),
        ("s3://b/k", LiteralType(blob={}), Literal(scalar={"blob": {"uri": "s3://b/k", "metadata": {"type": {}}}})),
        (
            {"uri": "s3://b/k"},
            LiteralType(blob={}),
            Literal(scalar={"blob": {"uri": "s3://b/k", "metadata": {"type": {}}}}),
        ),
        (
            Point(1, 0.5),
            simple("STRUCT"),
            Literal(scalar={"binary": {"value": MSGPACK({"x": 1, "y": 0.5}), "tag": "msgpack"}}),
        ),
    ],
)
def test_values_that_are_near_enough(value, declared, literal):
    """What clearly means a value of the declared type is taken as one."""
    made = to_literal(value, declared, "x")
    assert literal is None or made == literal
    assert to_literal(from_literal(made), declared, "x") == made


def test_what_the_declaration_adds():
    """What a reference does not say of its format and its columns, the declared type does."""
    blob = to_literal("s3://b/k", LiteralType(blob=BLOB), "x").scalar.blob
    assert (blob.metadata.type.format, blob.metadata.type.dimensionality) == ("csv", 1)
    declared = LiteralType(structured_dataset_type=DATASET)
    dataset = to_literal("bq://p:d.t", declared, "x").scalar.structured_dataset
    assert dataset.metadata.structured_dataset_type == declared.structured_dataset_type


GUESSED = [
    (None, "none_type"),
    (True, "primitive.boolean"),
    (1, "primitive.integer"),
    (0.5, "primitive.float_value"),
    ("a", "primitive.string_value"),
    (datetime(2024, 1, 2, tzinfo=UTC), "primitive.datetime"),
    (date(2024, 1, 2), "primitive.datetime"),
    (timedelta(1), "primitive.duration"),
    ({"a": 1}, "binary"),
    (Point(1, 2), "binary"),
    (b"bytes", "binary"),
    (Color.RED, "primitive.string_value"),
    (Blob(uri="a"), "blob"),
    (StructuredDataset(uri="a"), "structured_dataset"),
]


@pytest.mark.parametrize(("value", "path"), GUESSED)
@pytest.mark.parametrize("declared", [None, LiteralType()])
def test_without_a_declared_type(value, path, declared):
    """Without a declared type, a value is given as what it is."""
    scalar = to_literal(value, declared, "x").scalar
    kind, _, inner = path.partition(".")
    assert scalar.WhichOneof("value") == kind
    assert not inner or scalar.primitive.WhichOneof("value") == inner


def test_lists_without_a_declared_type():
    """A list is a collection of what its items are, and empty for none."""
    assert from_literal(to_literal([1, ["a"], []], None, "x")) == [1, ["a"], []]


UNIONS = [
    (1, ["FLOAT", "INTEGER"], "INTEGER"),
    (1.0, ["INTEGER", "FLOAT"], "FLOAT"),
    (1, ["STRING", "FLOAT"], "FLOAT"),
    (True, ["INTEGER", "FLOAT", "BOOLEAN"], "BOOLEAN"),
    ("2024-01-02T00:00:00Z", ["DATETIME", "STRING"], "STRING"),
    ("2024-01-02T00:00:00Z", ["INTEGER", "DATETIME"], "DATETIME"),
    (None, ["STRUCT", "NONE"], "NONE"),
    ("a", ["STRUCT", "STRING"], "STRING"),
    ({"a": 1}, ["STRING", "STRUCT"], "STRUCT"),
    (date(2024, 1, 2), ["STRUCT", "DATETIME"], "DATETIME"),
]


@pytest.mark.parametrize(("value", "variants", "chosen"), UNIONS)
def test_unions(value, variants, chosen):
    """Of a union's variants the one that is exactly the value's type is taken, else the first that it fits."""
    declared = LiteralType(union_type={"variants": [{"simple": name} for name in variants]})
    union = to_literal(value, declared, "x").scalar.union
    assert union.type == simple(chosen)
    assert union.value == to_literal(value, simple(chosen), "x")


FILE, DIRECTORY = {"blob": {}}, {"blob": {"dimensionality": "MULTIPART"}}
CSV, PNG = {"blob": {"format": "csv"}}, {"blob": {"format": "png"}}


def list_of(name):
    return {"collection_type": {"simple": name}}


def map_of(name):
    return {"map_value_type": {"simple": name}}


@pytest.mark.parametrize(
    ("value", "variants", "chosen"),
    [
        (Blob(uri="a", multipart=True), [FILE, DIRECTORY], DIRECTORY),
        (Blob(uri="a"), [DIRECTORY, FILE], FILE),
        (Blob(uri="a", format="png"), [CSV, FILE, PNG], PNG),
        (Blob(uri="a", format="png"), [CSV, FILE], FILE),
        (Blob(uri="a"), [CSV, FILE], FILE),
        (Blob(uri="a"), [CSV, PNG], CSV),
        ([1.0], [list_of("INTEGER"), list_of("FLOAT")], list_of("FLOAT")),
        ([1, 2], [list_of("FLOAT"), list_of("INTEGER")], list_of("INTEGER")),
        ([1, 2.5], [list_of("INTEGER"), list_of("FLOAT")], list_of("FLOAT")),
        ([], [list_of("FLOAT"), list_of("INTEGER")], list_of("FLOAT")),
        ({"a": 1.0}, [map_of("INTEGER"), map_of("FLOAT")], map_of("FLOAT")),
    ],
)
def test_unions_of_variants_of_one_kind(value, variants, chosen):
    """Files, directories and formats are told apart, and lists and maps by what is in them."""
    declared = LiteralType(union_type={"variants": variants})
    assert to_literal(value, declared, "x").scalar.union.type == LiteralType(**chosen)


@pytest.mark.parametrize(
    ("value", "variant"),
    [
        ([1], {"collection_type": {"simple": "INTEGER"}}),
        (Blob(uri="a"), {"blob": {}}),
        (StructuredDataset(uri="a"), {"structured_dataset_type": {}}),
        ("red", {"enum_type": {"values": ["red"]}}),
    ],
)
def test_unions_with_a_struct(value, variant):
    """A struct, as which almost anything can be given, is only taken where nothing else fits."""
    declared = LiteralType(union_type={"variants": [{"simple": "STRUCT"}, variant]})
    assert to_literal(value, declared, "x").scalar.union.type == LiteralType(**variant)


def test_named_values():
    """Inputs are values by name, also where a name is empty."""
    request = to_literals({"a": 1, "": None}, None)
    assert from_literals(request) == {"a": 1, "": None}


def test_named_values_by_declaration():
    """Only what is declared is given, all of it has to be there, and errors name it."""
    declared = {"a": simple("FLOAT"), "b": simple("STRING")}
    assert [named.name for named in to_literals({"c": 1, "b": "x", "a": 1}, declared)] == ["a", "b"]
    with pytest.raises(LiteralError, match="`a`, `b` declared, but not there; there are `c`"):
        to_literals({"c": 1}, declared)
    with pytest.raises(LiteralError, match="there are none"):
        to_literals({}, declared)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moments = st.datetimes(timezones=st.just(UTC)) | st.datetimes(
    min_value=datetime.fromisoformat("0002-01-01"),
    max_value=datetime.fromisoformat("9998-01-01"),
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
durations = st.timedeltas(min_value=timedelta(days=-3_000_000), max_value=timedelta(days=3_000_000))
blobs = st.builds(Blob, uri=texts, format=texts, multipart=st.booleans())
datasets = st.builds(
    StructuredDataset,
    uri=texts,
    format=texts,
    columns=st.lists(st.builds(Column, texts, st.sampled_from(["integer", "any"])), max_size=2).map(tuple),
    external_schema_type=texts,
    external_schema=st.binary(max_size=4),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def pairs(type_, values):
    return values.map(lambda value: (type_, value))


simple_pairs = st.one_of(
    pairs(simple("INTEGER"), st.integers(-(2**63), 2**63 - 1)),
    pairs(simple("FLOAT"), st.floats(allow_nan=False)),
    pairs(simple("STRING"), texts),
    pairs(simple("BOOLEAN"), st.booleans()),
    pairs(simple("DATETIME"), moments),
    pairs(simple("DURATION"), durations),
    pairs(simple("NONE"), st.none()),
    pairs(simple("STRUCT"), st.dictionaries(texts, json_values, max_size=3)),
    pairs(LiteralType(blob={}), blobs),
    pairs(LiteralType(structured_dataset_type={}), datasets),
    pairs(LiteralType(enum_type={"values": ["a", "b"]}), st.sampled_from(["a", "b"])),
)
typed_values = st.recursive(
    simple_pairs,
    lambda inner: st.one_of(
        inner.map(lambda pair: (LiteralType(collection_type=pair[0]), [pair[1], pair[1]])),
        inner.map(lambda pair: (LiteralType(map_value_type=pair[0]), {"k": pair[1]})),
        inner.map(lambda pair: (LiteralType(union_type={"variants": [{"simple": "NONE"}, pair[0]]}), pair[1])),
    ),
    max_leaves=4,
)


@given(typed_values)
def test_any_value_there_and_back(pair):
    """Any value of any type comes back as it was, also after a trip over the wire."""
    declared, value = pair
    literal = to_literal(value, declared, "x")
    assert from_literal(Literal.FromString(literal.SerializeToString())) == value


scalars = st.one_of(
    st.builds(lambda n: {"primitive": {"integer": n}}, st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda n: {"primitive": {"float_value": n}}, st.floats(allow_nan=False)),
    st.builds(lambda s: {"primitive": {"string_value": s}}, texts),
    st.builds(
        lambda s, n: {"primitive": {"datetime": moment(s, n)}},
        st.integers(-(2**63), 2**63 - 1) | st.integers(-(10**11), 10**11),
        st.integers(-(2**31), 2**31 - 1),
    ),
    st.builds(
        lambda s, n: {"primitive": {"duration": moment(s, n)}},
        st.integers(-(2**63), 2**63 - 1) | st.integers(-(10**11), 10**11),
        st.integers(-(2**31), 2**31 - 1),
    ),
    st.builds(
        lambda value, tag: {"binary": {"value": value, "tag": tag}}, st.binary(), st.sampled_from(["msgpack", "", "x"])
    ),
    st.builds(lambda value: {"generic": {"k": value}}, texts | st.floats() | st.none() | st.booleans()),
    st.builds(lambda uri: {"schema": {"uri": uri}}, texts),
    st.builds(lambda text: {"error": {"message": text}}, texts),
    st.builds(
        lambda uri, n: {"blob": {"uri": uri, "metadata": {"type": {"dimensionality": n}}}}, texts, st.integers(0, 5)
    ),
    st.builds(lambda uri: {"structured_dataset": {"uri": uri}}, texts),
    st.just({"none_type": {}}),
    st.just({}),
)
any_literals = st.recursive(
    st.builds(lambda scalar: Literal(scalar=scalar), scalars)
    | st.builds(lambda uri: Literal(offloaded_metadata={"uri": uri}), texts)
    | st.just(Literal()),
    lambda inner: st.one_of(
        st.builds(lambda items: Literal(collection={"literals": items}), st.lists(inner, max_size=3)),
        st.builds(lambda items: Literal(map={"literals": items}), st.dictionaries(texts, inner, max_size=3)),
        st.builds(lambda item: Literal(scalar={"union": {"value": item}}), inner),
    ),
    max_leaves=5,
)
literal_types = st.recursive(
    st.integers(0, 12).map(lambda number: LiteralType(simple=number))
    | st.sampled_from(
        [
            LiteralType(),
            LiteralType(blob={}),
            LiteralType(schema={}),
            LiteralType(structured_dataset_type={}),
            LiteralType(enum_type={"values": ["a"]}),
            LiteralType(union_type={}),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda type_: LiteralType(collection_type=type_)),
        inner.map(lambda type_: LiteralType(map_value_type=type_)),
        st.lists(inner, max_size=2).map(lambda types: LiteralType(union_type={"variants": types})),
    ),
    max_leaves=3,
)


def literal_or_error(value, declared):
    """Return a value as a literal; None where it does not fit, and the error says so."""
    try:
        return to_literal(value, declared, "x")
    except LiteralError as error:
        message = str(error)
    assert message.startswith("`x")
    return None


@given(any_literals, st.none() | literal_types)
def test_any_literal_is_read(literal, declared):
    """Any literal is read as a value, and a reference as the literal that it was, whatever type is declared."""
    value = from_literal(literal)
    if isinstance(value, Opaque) and literal.WhichOneof("value") != "scalar":
        assert to_literal(value, declared, "x") == literal
    made = literal_or_error(value, declared)
    if made is not None:
        from_literal(made)


anything = st.one_of(
    json_values,
    st.text(),
    st.integers(),
    st.floats(),
    st.binary(),
    st.datetimes(timezones=st.timezones()),
    st.timedeltas(),
    st.dates(),
    st.sampled_from([object(), Color.RED, Point(1, 2), {1, 2}, {None: 1}, {"a": object()}, Blob, int, 1j]),
    blobs,
    datasets,
)


@given(st.lists(anything, max_size=2) | anything | st.dictionaries(st.integers(), anything, max_size=2), literal_types)
def test_any_value_fits_or_is_told(value, declared):
    """Any value of any declared type is either a literal or a `LiteralError` that names it."""
    made = literal_or_error(value, declared)
    assert made is None or Literal.FromString(made.SerializeToString()) == made


@given(literal_types)
def test_types_there_and_back(type_):
    """A type in fairlead's form is the same type again."""
    assert from_literal_type(to_literal_type(from_literal_type(type_))) == from_literal_type(type_)


@pytest.mark.parametrize(
    ("type_", "form"),
    [
        (simple("INTEGER"), "integer"),
        (LiteralType(simple="NONE"), "none"),
        (LiteralType(), "any"),
        (LiteralType(simple=99), "any"),
        (LiteralType(map_value_type=simple("STRUCT")), {"mapValueType": {"simple": "STRUCT"}}),
    ],
)
def test_forms_of_types(type_, form):
    """Simple types are names, others Flyte's own JSON form."""
    assert from_literal_type(type_) == form
