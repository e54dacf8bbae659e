"""The starter catalogue's footage: it moves, it sounds, it is the same every time, and its papers name it."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import circletake.catalog
from circletake.media import procedural
from circletake.media.procedural import CLIPS, draw, sound

PAPERS = Path(circletake.catalog.__file__).with_name("starter.csv")
COLUMNS = (
    "file,title,caption,tags,owner,licence,licence_url,source,territories,uses,valid_from,expires,media,people_release,"
    "revoked,credit"
)


def papers() -> list[dict[str, str]]:
    with PAPERS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def opening(name: str) -> list[NDArray[np.uint8]]:
    """Draw the first frames of a clip, once for all tests."""
    return list(islice(draw(name), 4))


def test_there_are_enough_scenes_and_clips_and_each_runs_four_to_five_seconds() -> None:
    scenes = Counter(clip.scene for clip in CLIPS)
    assert len(scenes) >= 14
    assert sum(variants >= 2 for variants in scenes.values()) >= 10, "most scenes come in two lights or weathers"
    assert len(CLIPS) >= 28
    assert all(4 <= clip.frames / clip.fps <= 5 for clip in CLIPS)
    assert len({clip.name for clip in CLIPS}) == len(CLIPS)


@pytest.mark.parametrize("name", [clip.name for clip in CLIPS])
def test_every_clip_is_lit_and_never_stands_still(name: str) -> None:
    frames = opening(name)
    for frame in frames:
        assert frame.shape == (540, 960, 3)
        assert frame.dtype == np.uint8
        assert frame.flags.c_contiguous
        assert 18 <= frame.mean() <= 205
    for before, after in pairwise(frames):
        assert np.mean(np.abs(after.astype(np.int16) - before) > 1) > 0.002
    assert frames[0].astype(float).std() > 12


@pytest.mark.parametrize("name", ["window_night", "road_dusk"])
def test_every_clip_draws_its_frames_and_moves_across_a_second(name: str) -> None:
    frames = list(draw(name))
    assert len(frames) == next(clip.frames for clip in CLIPS if clip.name == name)
    seconds = frames[::24]
    for before, after in pairwise(seconds):
        assert np.abs(after.astype(np.int16) - before).mean() > 0.8
    assert len({frame.tobytes() for frame in frames}) == len(frames)


def test_a_clip_is_drawn_the_same_every_time_whatever_was_drawn_between() -> None:
    names = ["house_fog", "ink_crimson", "street_neon"]
    first = {name: [frame.copy() for frame in islice(draw(name), 3)] for name in names}
    for name in reversed(names):
        for before, after in zip(first[name], islice(draw(name), 3), strict=False):
            assert np.array_equal(before, after)


def test_two_clips_drawn_in_turns_do_not_disturb_each_other() -> None:
    alone = list(islice(draw("ocean_dusk"), 3))
    together = [one for one, _ in zip(islice(draw("ocean_dusk"), 3), islice(draw("snow_pines"), 3), strict=True)]
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_variants_of_a_scene_look_different() -> None:
    looks: dict[str, list[np.ndarray]] = {}
    for clip in CLIPS:
        looks.setdefault(clip.scene, []).append(opening(clip.name)[0][::20, ::20].astype(float).mean(axis=(0, 1)))
    for scene, colours in looks.items():
        for index, colour in enumerate(colours):
            assert all(np.abs(colour - other).max() > 6 for other in colours[index + 1 :]), scene


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_every_place_sounds_as_long_as_it_is_seen_and_never_clips_or_clicks(clip: procedural.Drawing) -> None:
    heard = sound(clip.name)
    assert heard.shape == (round(clip.frames / clip.fps * 48_000), 2)
    assert heard.dtype == np.float32
    assert np.abs(heard).max() <= 0.7
    assert np.abs(heard[[0, -1]]).max() < 1e-3
    quietest = min(float(part.std()) for part in np.array_split(heard[2400:-2400], 16))
    assert quietest > 5e-4
    assert not np.allclose(heard[:, 0], heard[:, 1])


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        next(draw("no_such_clip"))
    with pytest.raises(KeyError):
        sound("no_such_clip")


def test_the_papers_name_exactly_the_clips() -> None:
    assert PAPERS.read_text(encoding="utf-8").splitlines()[0] == COLUMNS
    assert [row["file"] for row in papers()] == [f"{clip.name}.mp4" for clip in CLIPS]


def test_every_row_is_described_as_a_librarian_would() -> None:
    for row in papers():
        assert len(row["caption"].split()) >= 12, row["file"]
        assert len(row["tags"].split("|")) >= 8, row["file"]
        assert row["source"] == "circletake starter (procedural)"
    assert len({row["owner"] for row in papers()}) == 5
    assert len({row["title"] for row in papers()}) == len(papers())


def test_the_rights_leave_a_film_to_make_and_the_filter_work_to_do() -> None:
    valid = [
        row
        for row in papers()
        if row["revoked"] == "no" and row["expires"] == "9999-12-31" and row["licence"] != "unknown"
    ]
    world = [row for row in valid if row["territories"] == "WORLD" and row["media"] == "all"]
    cleared = [row for row in world if row["uses"] == "style_reference|derivative|publish"]
    assert len(world) >= 23
    assert len(cleared) >= 20
    assert all(row["licence"] == "CC0-1.0" and row["people_release"] == "none_needed" for row in cleared)
    for mood in ("dread", "warm", "awe", "calm", "playful", "melancholic", "tense", "tender", "joyful"):
        assert sum(mood in row["tags"].split("|") for row in cleared) >= 2, mood
    assert sum(row["uses"] == "style_reference" for row in papers()) >= 3
    assert any(row["territories"] == "US|CA" for row in papers())
    assert any(row["expires"] == "2025-12-31" for row in papers())
    assert any(row["revoked"] == "yes" for row in papers())
    assert any(row["media"] == "web|social" for row in papers())
    assert any(row["expires"] == "2027-03-31" for row in papers())
    assert any(row["licence"] == "unknown" for row in papers())
