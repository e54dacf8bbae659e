"""The re-cutter: takes that differ in what an editor would choose between, from footage that may be cut in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from circletake.domain.operation import Operation, Output
from circletake.errors import Shortfall
from circletake.generate import Ripomatic
from circletake.generate.recipe import WorkOrder
from circletake.media import decode, picture, sound
from circletake.media.look import Fingerprint, thumbnail_distance
from circletake.runtime.files import FileStore
from tests.generate.footage import clip, order


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


def orders(files: FileStore, **asked) -> list[WorkOrder]:
    clips = asked.pop("clips")
    return [WorkOrder.model_validate(one.payload) for one in Ripomatic(files).ask(order(files, clips, **asked))]


def rendered(files: FileStore, work: WorkOrder) -> tuple[Output, ...]:
    small = work.model_copy(update={"size": (320, 180)})
    one = Operation(
        key="p/generate/1A/1/1", production="p", step="generate", slate="1A", number=1, round=1, generator="ripomatic",
        request=small.model_dump(mode="json"), quote=Ripomatic(files).quote({}).amount,
    )  # fmt: skip
    return Ripomatic(files).fetch(one).outputs


def test_consecutive_operations_take_other_clips_then_other_moments(files: FileStore):
    works = orders(files, clips=(clip(files, "a", frames=96), clip(files, "b", frames=96, seed=2)), takes=8)
    moments = [(work.segment.clip, work.segment.first_frame) for work in works]
    assert len(set(moments)) == len(moments) == 4
    assert {name for name, _ in moments[:2]} == {"a-0", "b-0"}


def test_a_segment_never_leaves_its_clip(files: FileStore):
    for seed in range(12):
        for work in orders(files, clips=(clip(files, "a", frames=60),), takes=6, seed=seed):
            assert 0 <= work.segment.first_frame < work.segment.last_frame <= 60


def test_footage_shorter_than_the_shot_is_slowed_down_but_never_below_half_speed(files: FileStore):
    (work, *_) = orders(files, clips=(clip(files, "a", frames=40),), frames=60)
    assert Fraction(1, 2) <= work.segment.speed < 1
    with pytest.raises(Shortfall, match=r"shot 1A needs 4\.2 s of footage, 2\.1 s at half speed.* 1 clips of 1\.7 s"):
        orders(files, clips=(clip(files, "a", frames=40),), frames=100)


def test_without_footage_that_may_be_cut_in_it_says_so(files: FileStore):
    with pytest.raises(Shortfall, match=r"0 clips of 0\.0 s in all may be cut in"):
        orders(files, clips=())


def test_the_takes_of_a_segment_differ_in_move_framing_and_grade(files: FileStore):
    (work,) = orders(files, clips=(clip(files, "a"),), takes=2)
    first, second = work.variants
    assert first.move != second.move
    assert (first.scale, first.grading.strength) != (second.scale, second.grading.strength)
    prints = [Fingerprint.from_text(str(output.recipe["fingerprint"])) for output in rendered(files, work)]
    assert thumbnail_distance(*prints) > 1.0


def test_a_shot_shows_its_title_inside_the_safe_area(files: FileStore):
    (work,) = orders(files, clips=(clip(files, "a"),), takes=1)
    shown = [
        output.uri for title in ("", "THE DOOR") for output in rendered(files, work.model_copy(update={"title": title}))
    ]
    plain, titled = (list(decode.iterate_frames(files.path(uri)))[24] for uri in shown)
    changed = np.abs(picture.planes(plain).y.astype(int) - picture.planes(titled).y) > 40
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert len(rows) > 0
    assert 18 <= rows[0] <= rows[-1] < 162
    assert 32 <= columns[0] <= columns[-1] < 288


def test_neighbouring_shots_share_one_bed_without_a_seam(files: FileStore):
    (work,) = orders(files, clips=(clip(files, "a"),), takes=1)
    silent = work.model_copy(update={"segment": work.segment.model_copy(update={"has_sound": False})})
    following = silent.model_copy(update={"bed": silent.bed.model_copy(update={"starts_at": 48}), "frames": 24})
    pieces = []
    for one in (silent, following):
        (output,) = rendered(files, one)
        pieces.append(decode.decode_sound(files.path(output.uri), start=Fraction(0), samples=one.frames * 2000))
    edit = len(pieces[0])
    whole = sound.roughness(np.concatenate(pieces))
    assert whole[edit - 3 : edit + 3].max() < 8 * np.percentile(whole[edit - 4800 : edit + 4800], 99)


def test_a_damaged_proxy_is_told_and_no_take_is_left_behind(files: FileStore):
    from circletake.errors import MediaError

    (work,) = orders(files, clips=(clip(files, "a"),), takes=1)
    path = files.path(work.segment.proxy)
    path.write_bytes(path.read_bytes()[:2000])
    before = set((path.parents[1]).rglob("*.mp4"))
    with pytest.raises(MediaError):
        rendered(files, work)
    assert set((path.parents[1]).rglob("*.mp4")) == before
