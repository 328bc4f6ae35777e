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
        ("1: x", "expected a mapping of names to values, got a mapping with other keys than texts"),
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
        ("t.txt", "type: x", "must end in one of .yaml, .yml, .toml, .json"),
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
