"""Searching the catalogue from the command line, and keeping its index in order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from circletake.domain.colour import oklab
from circletake.runtime.files import FileStore
from tests.conftest import Ran

ASK = ("catalog", "search")
FOR = ("--use", "style_reference", "--territory", "DE")


@pytest.fixture
def stocked(circletake: Callable[..., Ran]) -> Callable[..., Ran]:
    """A studio with the starter catalogue."""
    assert circletake("catalog", "starter", "--json").code == 0
    return circletake


def _files(done: Ran) -> list[str]:
    assert done.code == 0, done.err
    return [hit["file"] for hit in done.json["hits"]]


def test_words_clips_pictures_colours_and_filters_find_footage(stocked: Callable[..., Ran], tmp_path: Path, home: Path):
    assert "candle_one.mp4" in _files(stocked(*ASK, "a single small flame", *FOR, "-k", "3", "--json"))
    like = _files(stocked(*ASK, "--like", "ocean_dusk.mp4", *FOR, "-k", "4", "--json"))
    assert "ocean_dusk.mp4" not in like
    assert len(like) == 4
    shown = stocked("catalog", "show", "aurora_lake.mp4", "--json").json[0]
    poster = FileStore(home).path(shown["poster"])
    assert _files(stocked(*ASK, "--picture", str(poster), *FOR, "-k", "1", "--json")) == ["aurora_lake.mp4"]
    colours = _files(stocked(*ASK, "--palette", "#ff9040,#c04010", *FOR, "-k", "1", "--json"))
    warm = stocked("catalog", "show", colours[0], "--json").json[0]["look"]["palette"]
    assert max(colour[2] for colour in warm) > 0.05 < oklab("#ff9040")[2]
    dark = _files(stocked(*ASK, "--brightness", "dark", *FOR, "-k", "50", "--json"))
    assert dark
    assert all(stocked("catalog", "show", name, "--json").json[0]["look"]["luma"] <= 0.2 for name in dark[:2])
    for ending, magic in ((".png", b"\x89PNG"), (".html", b"<!doctype html>")):
        sheet = tmp_path / f"sheet{ending}"
        assert stocked(*ASK, "night", *FOR, "--sheet", str(sheet)).code == 0
        assert sheet.read_bytes().startswith(magic)
    assert "<script" not in (tmp_path / "sheet.html").read_text(encoding="utf-8")


def test_what_cannot_be_meant_is_one_line(stocked: Callable[..., Ran]):
    for options, told in (
        (("--palette", "red"), "'red' is not a colour such as #c0502a"),
        (("--size", "HUGE"), "there is no shot size 'HUGE'"),
        (("--move", "wiggle"), "there is no camera move 'wiggle'"),
        (("--duration", "6-2"), "is not a range"),
        (("--brightness", "dusky"), "is not a range"),
        (("--like", "nonesuch.mp4"), "nonesuch.mp4"),
        (("--picture", "/nonexistent.png"), "/nonexistent.png"),
        (("--sheet", "/tmp/sheet.gif"), "written as .html or .png"),
    ):
        done = stocked(*ASK, "night", *FOR, *options)
        assert done.code in (1, 2), options
        assert told in done.err
        assert "Traceback" not in done.err


def test_a_lost_index_is_filled_again_and_finds_the_same(stocked: Callable[..., Ran], home: Path):
    before = _files(stocked(*ASK, "a road at night", *FOR, "--json"))
    shutil.rmtree(home / "index")
    assert stocked("catalog", "reindex", "--json").json["clips"] > 20
    assert _files(stocked(*ASK, "a road at night", *FOR, "--json")) == before


def test_the_doctor_says_how_things_are(stocked: Callable[..., Ran], home: Path):
    whole = {one["what"]: one for one in stocked("doctor", "--json").json}
    assert {one["state"] for one in whole.values()} <= {"ok", "note"}
    assert "minilm" in whole["meaning"]["told"]
    off = {one["what"]: one for one in stocked("doctor", "--json", CIRCLETAKE_EMBEDDER="none").json}
    assert "words and looks alone" in off["meaning"]["told"]
    strange = stocked("doctor", "--json", CIRCLETAKE_EMBEDDER="nonesuch")
    assert strange.code != 0
    (home / "circletake.db").write_bytes(b"not a database at all" * 400)
    broken = stocked("doctor")
    assert broken.code != 0
    assert "Traceback" not in broken.err


def test_without_a_model_words_are_searched_and_that_is_said_once(circletake: Callable[..., Ran], tmp_path: Path):
    none = {"CIRCLETAKE_EMBEDDER": "none"}
    assert circletake("catalog", "starter", **none).code == 0
    assert "candle_one.mp4" in _files(circletake(*ASK, "candle", *FOR, "--json", **none))
    assert circletake("catalog", "reembed", **none).code == 2
    filled = circletake("catalog", "reembed", "--json")
    assert filled.code == 0, filled.err
    assert "candle_one.mp4" in _files(circletake(*ASK, "a single small flame", *FOR, "-k", "3", "--json"))
    assert json.loads(filled.out)["clips"] == 0  # the few were embedded when the studio was opened
