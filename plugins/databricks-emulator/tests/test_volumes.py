"""The Files API, through the official SDK and bare."""

from io import BytesIO

import pytest
from databricks.sdk.errors import AlreadyExists, BadRequest, NotFound

VOLUME = "/Volumes/main/default/files"
API = "/api/2.0/fs/files"


def test_upload_and_download(sdk, tmp_path):
    """What is uploaded is downloaded, under any name."""
    path = f"{VOLUME}/a folder/100% (ü).txt"
    sdk.files.upload(path, BytesIO(b"hello"))
    assert sdk.files.download(path).contents.read() == b"hello"
    sdk.files.download_to(path, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"hello"


def test_metadata(sdk):
    """Size and time of a file come as headers; a directory has none."""
    sdk.files.upload(f"{VOLUME}/meta.txt", BytesIO(b"hello"))
    metadata = sdk.files.get_metadata(f"{VOLUME}/meta.txt")
    assert (metadata.content_length, metadata.content_type) == (5, "application/octet-stream")
    assert metadata.last_modified.endswith("GMT")
    sdk.files.get_directory_metadata(VOLUME)


def test_overwriting(sdk):
    """A file is replaced unless that is forbidden."""
    path = f"{VOLUME}/over.txt"
    sdk.files.upload(path, BytesIO(b"1"))
    with pytest.raises(AlreadyExists):
        sdk.files.upload(path, BytesIO(b"2"), overwrite=False)
    sdk.files.upload(path, BytesIO(b"3"))
    assert sdk.files.download(path).contents.read() == b"3"


@pytest.mark.parametrize(
    ("asked", "content", "shown"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_ranges(client, asked, content, shown):
    """A part of a file is returned as such."""
    client.http.put(f"{API}{VOLUME}/range.txt", content=b"0123456789").raise_for_status()
    answer = client.http.get(f"{API}{VOLUME}/range.txt", headers={"Range": asked})
    assert (answer.status_code, answer.content, answer.headers["content-range"]) == (206, content, shown)


def test_no_such_range(client):
    """A part that is not in the file is a 416; a header that is no range is ignored."""
    client.http.put(f"{API}{VOLUME}/range.txt", content=b"0123456789").raise_for_status()
    assert client.http.get(f"{API}{VOLUME}/range.txt", headers={"Range": "bytes=10-"}).status_code == 416
    assert client.http.get(f"{API}{VOLUME}/range.txt", headers={"Range": "lines=1-"}).status_code == 200


def test_unmodified_since(client):
    """A file that has changed since is not returned to who wants it unchanged."""
    client.http.put(f"{API}{VOLUME}/since.txt", content=b"1").raise_for_status()
    modified = client.http.get(f"{API}{VOLUME}/since.txt").headers["last-modified"]
    for since, status in ((modified, 200), ("Thu, 01 Jan 2015 00:00:00 GMT", 412)):
        answer = client.http.get(f"{API}{VOLUME}/since.txt", headers={"If-Unmodified-Since": since})
        assert answer.status_code == status


def test_directories(sdk):
    """Directories are made, listed page by page, and deleted when they are empty."""
    for name in ("c", "a", "b"):
        sdk.files.upload(f"{VOLUME}/pages/{name}", BytesIO(name.encode()))
    sdk.files.create_directory(f"{VOLUME}/pages/d/e")
    entries = list(sdk.files.list_directory_contents(f"{VOLUME}/pages", page_size=2))
    assert [(entry.name, entry.is_directory, entry.file_size) for entry in entries] == [
        ("a", False, 1),
        ("b", False, 1),
        ("c", False, 1),
        ("d", True, None),
    ]
    assert entries[0].path == f"{VOLUME}/pages/a"
    with pytest.raises(BadRequest, match="not empty") as caught:
        sdk.files.delete_directory(f"{VOLUME}/pages")
    assert caught.value.get_error_details().error_info.reason == "FILES_API_DIRECTORY_IS_NOT_EMPTY"
    sdk.files.delete_directory(f"{VOLUME}/pages/d/e")
    with pytest.raises(NotFound):
        sdk.files.get_directory_metadata(f"{VOLUME}/pages/d/e")


def test_first_page(client):
    """A page leads to the next with a token."""
    for name in ("a", "b"):
        client.http.put(f"{API}{VOLUME}/two/{name}", content=b"").raise_for_status()
    page = client.http.get(f"/api/2.0/fs/directories{VOLUME}/two", params={"page_size": 1}).json()
    assert [entry["name"] for entry in page["contents"]] == ["a"]
    assert page["next_page_token"]


def test_what_is_not_there(sdk):
    """Files and directories that are not there are a 404."""
    for act in (
        sdk.files.download,
        sdk.files.get_metadata,
        sdk.files.delete,
        sdk.files.delete_directory,
        lambda path: list(sdk.files.list_directory_contents(path)),
    ):
        with pytest.raises(NotFound):
            act(f"{VOLUME}/none")


def test_only_volumes(client):
    """Paths outside of volumes are refused, and so is the way out of them."""
    assert client.http.get(f"{API}/Workspace/a").status_code == 400
    assert client.http.get(f"{API}/Volumes/%2e%2e/%2e%2e/a").status_code in {400, 404}


def test_files_are_no_directories(client, sdk):
    """Neither takes the place of the other."""
    sdk.files.upload(f"{VOLUME}/file", BytesIO(b""))
    sdk.files.create_directory(f"{VOLUME}/folder")
    assert client.http.put(f"/api/2.0/fs/directories{VOLUME}/file").status_code == 409
    assert client.http.put(f"{API}{VOLUME}/folder", content=b"").status_code == 409


def test_dbfs_copies_from_volumes(sdk):
    """The SDK copies between DBFS and volumes with both APIs, and finds volumes below `dbfs:/Volumes` too."""
    sdk.files.upload(f"{VOLUME}/copied/a.txt", BytesIO(b"a"))
    sdk.dbfs.copy(f"dbfs:{VOLUME}/copied", "dbfs:/copied", recursive=True)
    assert sdk.dbfs.download("dbfs:/copied/a.txt").read() == b"a"
