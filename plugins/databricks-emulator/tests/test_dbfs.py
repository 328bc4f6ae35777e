"""The DBFS API, through the official SDK and bare."""

import base64

import pytest
from databricks.sdk.errors import BadRequest, ResourceAlreadyExists, ResourceDoesNotExist

MEGABYTE = 1024 * 1024


def encoded(content):
    return base64.b64encode(content).decode()


def test_files_of_any_size(sdk):
    """What is uploaded is downloaded, also when it is larger than one block."""
    content = bytes(range(256)) * 4 * 1024 * 2 + b"end"
    with sdk.dbfs.open("dbfs:/sizes/large.bin", write=True, overwrite=True) as file:
        file.write(content)
    assert sdk.dbfs.download("/sizes/large.bin").read() == content
    assert sdk.dbfs.get_status("dbfs:/sizes/large.bin").file_size == len(content)


def test_list_and_status(sdk):
    """A directory lists its files and directories with size and time; a file lists itself, an empty one nothing."""
    sdk.dbfs.put("dbfs:/listed/b.txt", contents=encoded(b"four"))
    sdk.dbfs.mkdirs("dbfs:/listed/a")
    files = list(sdk.dbfs.list("dbfs:/listed"))
    assert [(file.path, file.is_dir, file.file_size) for file in files] == [
        ("/listed/a", True, 0),
        ("/listed/b.txt", False, 4),
    ]
    assert files[1].modification_time > 0
    assert [file.path for file in sdk.dbfs.list("/listed/b.txt")] == ["/listed/b.txt"]
    assert list(sdk.dbfs.list("/listed/a")) == []


def test_parts_of_a_file(client, sdk):
    """A read starts at its offset, ends with the file, and is never of more than 1 MB."""
    sdk.dbfs.put("/parts.txt", contents=encoded(b"0123456789"))
    part = sdk.dbfs.read("/parts.txt", offset=7, length=100)
    assert (part.bytes_read, base64.b64decode(part.data)) == (3, b"789")
    assert sdk.dbfs.read("/parts.txt", offset=99).bytes_read == 0
    for arguments, code in (
        ({"length": MEGABYTE + 1}, "MAX_READ_SIZE_EXCEEDED"),
        ({"offset": -1}, "INVALID_PARAMETER_VALUE"),
        ({"path": "/"}, "INVALID_PARAMETER_VALUE"),
        ({"path": "parts.txt"}, "INVALID_PARAMETER_VALUE"),
    ):
        answer = client.http.get("/api/2.0/dbfs/read", params={"path": "/parts.txt", **arguments})
        assert (answer.status_code, answer.json()["error_code"]) == (400, code)


def test_what_is_not_there(client, sdk):
    """To read, list, look at or move what is not there is a 404; to delete it is no error."""
    for act in (sdk.dbfs.read, sdk.dbfs.get_status, lambda path: sdk.dbfs.move(path, "/x")):
        with pytest.raises(ResourceDoesNotExist, match="No file or directory exists on path /none"):
            act("/none")
    assert client.http.get("/api/2.0/dbfs/list", params={"path": "/none"}).status_code == 404
    assert client.http.post("/api/2.0/dbfs/delete", json={"path": "/none"}).json() == {}


def test_nothing_is_overwritten_by_accident(client, sdk):
    """A file that is there is written only with `overwrite`, and no directory takes its place."""
    sdk.dbfs.put("/taken", contents=encoded(b"1"))
    sdk.dbfs.put("/other", contents=encoded(b"2"))
    for act in (
        lambda: sdk.dbfs.put("/taken", contents=encoded(b"3")),
        lambda: sdk.dbfs.create("/taken"),
        lambda: sdk.dbfs.mkdirs("/taken"),
        lambda: sdk.dbfs.mkdirs("/taken/below"),
        lambda: sdk.dbfs.move("/other", "/taken"),
    ):
        with pytest.raises((BadRequest, ResourceAlreadyExists), match="already exists"):
            act()
    sdk.dbfs.put("/taken", contents=encoded(b"4"), overwrite=True)
    assert sdk.dbfs.download("/taken").read() == b"4"


def test_move_and_delete(sdk):
    """A file is moved; a directory is deleted with what is in it only if that is asked for."""
    sdk.dbfs.put("/moved/from", contents=encoded(b"1"))
    sdk.dbfs.move("/moved/from", "/moved/to/here")
    assert not sdk.dbfs.exists("/moved/from")
    with pytest.raises(BadRequest, match="not empty"):
        super(type(sdk.dbfs), sdk.dbfs).delete("/moved")
    sdk.dbfs.delete("/moved/to/here")
    sdk.dbfs.delete("/moved", recursive=True)
    assert not sdk.dbfs.exists("/moved")


def test_blocks(client, sdk):
    """A block is of at most 1 MB, and belongs to a file that is open."""
    handle = sdk.dbfs.create("/blocks").handle
    large = {"handle": handle, "data": encoded(bytes(MEGABYTE + 1))}
    assert client.http.post("/api/2.0/dbfs/add-block", json=large).json()["error_code"] == "MAX_BLOCK_SIZE_EXCEEDED"
    wrong = client.http.post("/api/2.0/dbfs/add-block", json={"handle": handle, "data": "?"})
    assert wrong.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    sdk.dbfs.close(handle)
    with pytest.raises(ResourceDoesNotExist):
        sdk.dbfs.add_block(handle, encoded(b"late"))
    body = {"path": "/large", "contents": large["data"]}
    assert client.http.post("/api/2.0/dbfs/put", json=body).json()["error_code"] == "MAX_BLOCK_SIZE_EXCEEDED"


def test_put_as_a_form(client, sdk):
    """A multipart form may be larger."""
    files = {"contents": ("contents", bytes(MEGABYTE + 1))}
    answer = client.http.post("/api/2.0/dbfs/put", data={"path": "/form", "overwrite": "true"}, files=files)
    assert answer.json() == {}
    assert sdk.dbfs.get_status("/form").file_size == MEGABYTE + 1
