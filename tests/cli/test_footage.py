"""Footage from the command line, as an editor's assistant types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.catalog.reels import reel, table
from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    reel(folder / "one.mp4", 1)
    reel(folder / "two.mp4", 2, 3)
    (folder / "broken.mp4").write_bytes(b"no film")
    soon = {"file": "two.mp4", "owner": "Ben", "licence": "HOUSE-2", "expires": "2020-06-30"}
    table(folder / "rights.csv", {"file": "one.mp4"}, soon, {"file": "broken.mp4"})
    return folder


def test_footage_is_added_shown_listed_and_revoked(circletake: Run, footage: Path):
    rights = str(footage / "rights.csv")
    added = circletake("catalog", "add", str(footage), "--rights", rights)
    assert added.code == 1
    assert "refused      broken.mp4 is not a video file" in added.out
    assert added.out.splitlines()[-1] == "2 files added, 1 refused; 3 new clips, the catalogue holds 3"

    again = circletake("catalog", "add", str(footage), "--rights", rights, "--json")
    assert again.code == 1
    assert [(Path(one["path"]).name, one["outcome"]) for one in again.json["files"]] == [
        ("broken.mp4", "refused"),
        ("one.mp4", "unchanged"),
        ("two.mp4", "unchanged"),
    ]

    shown = circletake("catalog", "show", "two.mp4")
    assert shown.code == 0
    for words in (
        "owned by Ben, licence HOUSE-2",
        "may be used for style reference, cutting in and publishing",
        "worldwide, in all media",
        "from 2020-01-01 until 2020-06-30 (it is over)",
        "palette    #",
        "poster     ",
    ):
        assert shown.out.count(words) == 2, words
    (clip,) = circletake("catalog", "show", "one.mp4", "--json").json
    assert Path(clip["paths"]["poster"]).exists()
    assert circletake("catalog", "show", clip["clip_id"], "--json").json == [clip]
    missing = circletake("catalog", "show", "onee.mp4")
    assert missing.code == 2
    assert "did you mean 'one.mp4'" in missing.err

    ending = circletake("catalog", "rights", "--expiring", "90d")
    assert ending.out.splitlines()[0].startswith("2020-06-30  ended ")
    assert "one.mp4" not in ending.out
    assert "for ever" in circletake("catalog", "rights").out
    assert circletake("catalog", "rights", "--expiring", "soon").code == 2

    asked = ("catalog", "search", "shapes", "--use", "derivative,publish", "--territory", "WORLD", "--json")
    assert [hit["file"] for hit in circletake(*asked).json["hits"]] == ["one.mp4"]
    revoked = circletake("catalog", "revoke", "HOUSE-1")
    assert revoked.out.splitlines()[0] == "HOUSE-1: 1 file, 1 clip may not be used any more"
    assert circletake(*asked).json["hits"] == []
    assert "revoked: nothing may use it" in circletake("catalog", "show", "one.mp4").out
    circletake("catalog", "add", str(footage), "--rights", rights)
    assert circletake(*asked).json["hits"] == []
    assert circletake("catalog", "revoke", "HOUSE-1", "--undo").code == 0
    assert [hit["file"] for hit in circletake(*asked).json["hits"]] == ["one.mp4"]
    unknown = circletake("catalog", "revoke", "Benn")
    assert unknown.code == 2
    assert "did you mean 'Ben'" in unknown.err


def test_a_wrong_table_is_one_line_with_line_and_column(circletake: Run, footage: Path):
    rights = table(footage / "wrong.csv", {"file": "one.mp4", "expires": "soon"})
    ran = circletake("catalog", "add", str(footage), "--rights", str(rights))
    assert ran.code == 2
    assert ran.err.strip().splitlines()[-1] == (
        "circletake: wrong.csv, line 2, column expires: 'soon' is not a date: write YYYY-MM-DD, for ever is "
        "9999-12-31; nothing was applied"
    )
