"""Which files are looked at, and which must never be opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from circletake.catalog.walking import candidates
from circletake.errors import UsageError


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"film")
    return path


def test_a_folder_gives_its_video_files_in_order_and_nothing_hidden_or_foreign(tmp_path: Path):
    for name in ("b.MP4", "a.mov", "sub/c.webm", "notes.txt", ".hidden.mp4", ".git/x.mp4", "rights.csv"):
        touch(tmp_path / name)
    assert [one.name for one in candidates([tmp_path])] == ["a.mov", "b.MP4", "sub/c.webm"]


def test_a_file_that_is_named_is_tried_whatever_it_is_called_and_only_once(tmp_path: Path):
    film = touch(tmp_path / "reel.bin")
    named = candidates([film, film, tmp_path])
    assert [(one.name, one.size, one.problem) for one in named] == [("reel.bin", 4, "")]


def test_a_link_out_of_the_folder_is_refused_and_one_inside_it_left_out(tmp_path: Path):
    secret = touch(tmp_path / "secret.mp4")
    film = touch(tmp_path / "in" / "film.mp4")
    (tmp_path / "in" / "out.mp4").symlink_to(secret)
    (tmp_path / "in" / "again.mp4").symlink_to(film)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    found = {one.name: one.problem for one in candidates([tmp_path / "in"])}
    assert found.keys() == {"film.mp4", "out.mp4"}
    assert "leads out of the folder" in found["out.mp4"]


def test_a_pipe_is_not_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (one,) = candidates([tmp_path])
    assert "no file but a pipe" in one.problem


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path):
    with pytest.raises(UsageError, match="does not exist"):
        candidates([tmp_path / "nothing"])
