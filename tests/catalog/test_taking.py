"""Taking one file in: opened once, with limits, and a sheet for whatever it is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from circletake.catalog.sheet import Sheet, Sheets
from circletake.catalog.taking import take_in
from circletake.runtime.database.sources import SourceFile
from tests.catalog.reels import House, reel

FILE = SourceFile(
    id="abc", path="", file="film.mp4", size=0, mtime_ns=0, state="waiting", sha256=None, version=1, row=""
)


def taken(house: House, path: Path) -> Sheet:
    house.sources.await_([replace(FILE, path=str(path), file=path.name)])
    take_in("abc", sources=house.sources, files=house.files, sheets=house.sheets, clock=house.clock, codec="libx264")
    sheet = house.sheets.get("abc")
    assert sheet is not None
    return sheet


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


def test_a_film_leaves_its_sheet_and_files_that_are_whole(house: House, tmp_path: Path):
    sheet = taken(house, reel(tmp_path / "film.mp4", 1, 2))
    assert sheet.outcome == "read"
    assert [shot.frames for shot in sheet.shots] == [30, 30]
    assert sheet.mtime_ns == (tmp_path / "film.mp4").stat().st_mtime_ns
    uris = [sheet.proxy, sheet.preview, *(shot.poster for shot in sheet.shots)]
    assert all(house.files.path(uri).stat().st_size for uri in uris)
    assert not list((house.home / "media" / "scratch").iterdir())


def test_a_pipe_or_a_link_in_the_place_of_the_file_is_refused_without_waiting(house: House, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "no file but a pipe" in taken(house, tmp_path / "pipe.mp4").reason
    reel(tmp_path / "film.mp4", 1)
    (tmp_path / "link.mp4").symlink_to(tmp_path / "film.mp4")
    assert taken(house, tmp_path / "link.mp4").outcome == "refused"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("concat.mp4", "ffconcat version 1.0\nfile {other}\n"),
        ("list.mov", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n"),
        ("dash.mp4", '<?xml version="1.0"?><MPD><Period><BaseURL>{other}</BaseURL></Period></MPD>'),
        ("session.avi", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n"),
        ("part.mkv", "subfile,,start,0,end,0,,:{other}"),
    ],
)
def test_a_script_that_points_at_another_file_is_no_film(house: House, tmp_path: Path, name: str, text: str):
    other = reel(tmp_path / "elsewhere" / "other.mp4", 1)
    (tmp_path / name).write_text(text.format(other=other), encoding="utf-8")
    sheet = taken(house, tmp_path / name)
    assert sheet.outcome == "refused"
    assert sheet.reason.startswith(f"{name} is not a video file")


def test_four_gigabytes_of_nothing_are_refused_at_once(house: House, tmp_path: Path):
    with (tmp_path / "sparse.mp4").open("wb") as out:
        out.truncate(4 << 30)
    assert "is not a video file" in taken(house, tmp_path / "sparse.mp4").reason
    with (tmp_path / "index.mov").open("wb") as out:
        out.write(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2")
        out.truncate(4 << 30)
    assert taken(house, tmp_path / "index.mov").outcome == "refused"


def test_half_a_sheet_or_one_of_another_version_counts_as_none(tmp_path: Path):
    sheets = Sheets(tmp_path)
    sheets.put("abc", Sheet(outcome="refused", reason="why"))
    assert sheets.get("abc") == Sheet(outcome="refused", reason="why")
    (tmp_path / "ingest" / "abc.json").write_text('{"schema": "circletake.source_sheet/9"}', encoding="utf-8")
    assert sheets.get("abc") is None
    sheets.tell("abc", 0.25)
    assert sheets.told("abc") == 0.25
    sheets.remove("abc")
    assert sheets.told("abc") == 0.0
