"""Task files, good and bad."""

import pytest

from fairlead import InvalidTask, TaskCategory, Variable
from fairlead.cli.taskfile import read_task

YAML = """
type: batch_job
task_type_version: 2
id: {project: p, name: n}
interface:
  inputs: {x: integer, y: {type: string, description: why}}
custom: {queue: test, size: 4}
container: {image: "python:3.13", args: [a, "{{.input}}"]}
metadata: {timeout: 1h30m, retries: 3}
inputs: {x: 1}
"""
TOML = 'type = "batch_job"\ncustom.queue = "test"\n[inputs]\nx = 1\n'
JSON = '{"type": "batch_job", "custom": {"queue": "test"}, "inputs": {"x": 1}}'


def write(tmp_path, text, name="task.yaml"):
    path = tmp_path / name
    path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text)
    return path


def test_yaml(tmp_path):
    """All fields of the task template can stand in a file; short forms are allowed."""
    task, inputs = read_task(write(tmp_path, YAML))
    assert task.category == TaskCategory("batch_job", 2)
    assert task.interface.inputs == {"x": Variable("integer"), "y": Variable("string", "why")}
    assert task.metadata.timeout == 5400
    assert task.container.args == ["a", "{{.input}}"]
    assert inputs == {"x": 1}


@pytest.mark.parametrize(("name", "text"), [("t.toml", TOML), ("t.json", JSON), ("t.yml", JSON)])
def test_other_formats(tmp_path, name, text):
    """TOML, JSON and YAML say the same."""
    task, inputs = read_task(write(tmp_path, text, name))
    assert (task.type, task.custom, inputs) == ("batch_job", {"queue": "test"}, {"x": 1})


@pytest.mark.parametrize(("name", "text"), [("t.toml", TOML), ("t.json", JSON), ("t.yaml", YAML)])
def test_a_byte_order_mark_is_no_content(tmp_path, name, text):
    """Editors on Windows begin a file with one."""
    assert read_task(write(tmp_path, b"\xef\xbb\xbf" + text.encode(), name))[0].type == "batch_job"


def test_aliases_and_merges(tmp_path):
    """A value may stand at several places, and a name may take the place of one that is merged in."""
    text = "type: x\ncustom: {a: &a {p: 1, q: 1}, b: &b {<<: *a, q: 2}, c: {<<: [*b, *a], q: 3}, d: *a}"
    task, _ = read_task(write(tmp_path, text))
    assert task.custom == {"a": {"p": 1, "q": 1}, "b": {"p": 1, "q": 2}, "c": {"p": 1, "q": 3}, "d": {"p": 1, "q": 1}}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("type: x", ("x", 0)),
        ("type: x.v2", ("x", 2)),
        ("type: x.v2\ntask_type_version: 2", ("x", 2)),
        ("type: x\ntask_type_version: 2", ("x", 2)),
    ],
)
def test_a_version_may_stand_in_the_type(tmp_path, text, category):
    """A task type is written as everywhere else, or with its version beside it."""
    assert read_task(write(tmp_path, text))[0].category == category


def test_names_that_are_free(tmp_path):
    """Settings, maps of texts and the JSON form of a type may have any names."""
    text = """
type: x
custom: {a: {b: c}}
config: {any: name}
interface: {inputs: {x: {type: {simple: INTEGER}}}}
container: {env: {any: name}, resources: {limits: {gpu: "1"}}}
k8s_pod: {pod_spec: {any: {name: 1}}}
metadata: {tags: {any: name}}
"""
    assert read_task(write(tmp_path, text))[0].custom == {"a": {"b": "c"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type: [", "is not valid YAML: expected the node content, but found '<stream end>' (line 1, column 8)"),
        ("type: x\n\tcustom: 1", "is not valid YAML: "),
        ("type: x\ntype2: &a [*b]", "is not valid YAML: found undefined alias"),
        ("!!python/object/apply:os.system [ls]", "is not valid YAML: could not determine a constructor"),
        ("", "expected a mapping of names to values, got nothing"),
        ("- a", "expected a mapping of names to values, got a list"),
        ("just text", "expected a mapping of names to values, got a text"),
        ("1: x", "the name 1 is not a text (`int`); put it in quotes"),
        ("custom: {}", "object missing required field `type`"),
        ("type: 5", "`type`: expected `str`, got `int`"),
        ("type: x\ncostum: {}", "unknown field `costum`. Did you mean `custom`?"),
        ("type: x\nnative: {}", "unknown field `native`"),
        ("type: x\ncustom: [1]", "`custom`: expected a mapping, got a list"),
        ("type: x\ninputs: [1]", "`inputs`: expected `object`, got `array`"),
        ("type: x\ncontainer: {args: a}", "`container.args`: expected `array`, got `str`"),
        ("type: x\nmetadata: {timeout: soon}", "`metadata.timeout`: 'soon' is not a duration"),
        ("type: x\nmetadata: {retries: many}", "`metadata.retries`: expected `int`, got `str`"),
        ("type: x\ninterface: {inputs: {n: int}}", "`interface.inputs.n`: unknown type `int`. Did you mean `"),
        ("type: x\ninterface: {inputs: [n]}", "`interface.inputs`: expected `object`, got `array`"),
        ("type: x\ninterface: 5", "`interface`: expected `object | null`, got `int`"),
        ("type: ''", "`type`: '' is not a task type"),
        ("type: x\nmetadata: {timeout: 0}", "`metadata.timeout`: a timeout must be more than 0, got 0"),
        ("type: x\nmetadata: {timeout: 0s}", "`metadata.timeout`: a timeout must be more than 0, got 0"),
        ("type: x\nmetadata: {timeout: -1}", "`metadata.timeout`: a timeout must be more than 0, got -1"),
        ("type: x\nmetadata: {timeout: .nan}", "`metadata.timeout`: a timeout must be more than 0, got nan"),
        ("type: x\nmetadata: {retrys: 1}", "`metadata`: unknown field `retrys`. Did you mean `retries`? Known"),
        ("type: x\nid: {nmae: n}", "`id`: unknown field `nmae`. Did you mean `name`?"),
        ("type: x\ninterface: {input: {}}", "`interface`: unknown field `input`. Did you mean `inputs`?"),
        (
            "type: x\ninterface: {inputs: {n: {typ: float}}}",
            "`interface.inputs.n`: unknown field `typ`. Did you mean `type`? Known fields: type, description",
        ),
        ("type: x\ncontainer: {imge: i}", "`container`: unknown field `imge`. Did you mean `image`?"),
        (
            "type: x\ncontainer: {resources: {limit: {}}}",
            "`container.resources`: unknown field `limit`. Did you mean `limits`?",
        ),
        ("type: x\nk8s_pod: {pod_specs: {}}", "`k8s_pod`: unknown field `pod_specs`. Did you mean `pod_spec`?"),
        ("type: x\nsql: {statment: s}", "`sql`: unknown field `statment`. Did you mean `statement`?"),
        ("type: x\nsecurity_context: {secret: []}", "`security_context`: unknown field `secret`. Did you mean"),
        (
            "type: x\nsecurity_context: {secrets: [{key: a}, {key: b, grop: g}]}",
            "`security_context.secrets[1]`: unknown field `grop`. Did you mean `group`?",
        ),
        ("type: x\ninputs: {1: 2}", "`inputs`: the name 1 is not a text (`int`); put it in quotes"),
        ("type: x\ncustom: {a: [{on: push}]}", "`custom.a[0]`: the name True is not a text (`bool`); put it in quotes"),
        ("type: x\ncustom: {null: 1}", "`custom`: the name None is not a text (`NoneType`); put it in quotes"),
        ("type: x.v2\ntask_type_version: 3", "`task_type_version`: 3, but the `type` is `x.v2`; leave one of the two"),
        ("type: x.v2\ntask_type_version: 0", "`task_type_version`: 0, but the `type` is `x.v2`; leave one of the two"),
        ('type: x\ninputs: {a: [{b: "\\ud800"}]}', "`inputs.a[0].b`: the text holds '\\ud800', half a character"),
        ("type: x\ninputs: &a {x: *a}", "is not valid YAML: `inputs.x`: the value contains itself"),
        (
            "type: x\ninputs:\n  a0: &a0 [x, x]\n"
            + "".join(f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)),
            "is not valid YAML: its aliases stand for more than 1,000,000 values (line 9, column 22)",
        ),
        ("type: x\ninputs: {a: 1, b: 2, a: 3}", "is not valid YAML: the name `a` stands twice (line 2, column 22)"),
        ("type: x\ninputs: {a: " + "[" * 150 + "]" * 150 + "}", "is nested too deeply: more than 100 levels"),
        (b"\xff\xfe\x00", "cannot be read: it is not UTF-8 text (byte 0)"),
        ("[" * 100_000, "is not valid YAML: "),
    ],
)
def test_faults_are_named(tmp_path, text, message):
    """What is wrong is told in one line, with the file and the place in it."""
    path = write(tmp_path, text)
    with pytest.raises(InvalidTask) as caught:
        read_task(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.json", "{", "is not valid JSON: "),
        ("t.toml", "x =", "is not valid TOML: "),
        ("t.json", '{"type": "x", "inputs": {"a": NaN}}', "is not valid JSON: NaN is no JSON value"),
        ("t.json", '{"type": "x", "inputs": {"a": -Infinity}}', "is not valid JSON: -Infinity is no JSON value"),
        ("t.json", '{"type": "x", "type": "y"}', "is not valid JSON: the name `type` stands twice"),
        (
            "t.json",
            '{"type": "x", "inputs": {"x": "\\ud800"}}',
            "`inputs.x`: the text holds '.ud800', half a character",
        ),
        ("t.json", '{"type": "x", "inputs": {"\\ud800": 1}}', "`inputs`: the text holds '.ud800', half a character"),
        ("t.json", "[" * 50_000, "is not valid JSON: it is nested too deeply"),
        ("t.toml", "x = " + "[" * 5_000, "is not valid TOML: it is nested too deeply"),
        ("t.yaml", "[" * 50_000, "is not valid YAML: it is nested too deeply"),
        ("t.txt", "type: x", r"t.txt: the name of a task file, .* must end in one of .yaml, .yml, .toml, .json$"),
        ("t", "type: x", "must end in one of .yaml, .yml, .toml, .json$"),
    ],
)
def test_faults_of_other_formats(tmp_path, name, text, message):
    """Each format says what is wrong."""
    with pytest.raises(InvalidTask, match=message):
        read_task(write(tmp_path, text, name))


def test_unreadable_files(tmp_path):
    """A file that is not there, or is a folder, is named."""
    with pytest.raises(InvalidTask, match="absent.yaml cannot be read: No such file"):
        read_task(tmp_path / "absent.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(InvalidTask, match="folder.yaml cannot be read: Is a directory"):
        read_task(tmp_path / "folder.yaml")
