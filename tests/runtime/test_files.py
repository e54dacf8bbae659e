"""Files: whole under their final name, or not there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from circletake.errors import HomeError, UnknownId
from circletake.runtime.files import FileStore, write_atomically


def test_a_file_is_named_by_its_content_and_found_again(tmp_path: Path):
    store = FileStore(tmp_path)
    uri = store.write(b"picture", ending="jpg")
    assert uri == f"media/{hashlib.sha256(b'picture').hexdigest()}.jpg"
    assert store.path(uri).read_bytes() == b"picture"
    assert store.write(b"picture", ending="jpg") == uri


@pytest.mark.parametrize(
    "uri", ["", "media/", "media/../../etc/passwd", "media/" + "g" * 64 + ".mp4", "other/" + "a" * 64 + ".mp4",
            "media/" + "a" * 64 + ".sh", "media/" + "a" * 64 + ".mp4/../../x"]
)  # fmt: skip
def test_nothing_outside_the_store_can_be_named(tmp_path: Path, uri: str):
    with pytest.raises(UnknownId):
        FileStore(tmp_path).path(uri)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path):
    target = tmp_path / "folder" / "note.txt"
    write_atomically(target, b"old")
    with pytest.raises(HomeError):
        write_atomically(target / "below a file", b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["note.txt"]


def test_what_dead_processes_left_behind_is_swept_up(tmp_path: Path):
    store = FileStore(tmp_path)
    half, fresh = store.scratch("mp4"), store.scratch("mp4")
    half.write_bytes(b"half")
    fresh.write_bytes(b"being written")
    os.utime(half, (1000.0, 1000.0))
    assert store.sweep(before=2000.0) == 1
    assert store.sweep(before=2000.0) == 0
    assert fresh.exists()
