"""Rendering from real footage: its active area only, reframed on the subject, and its sound at the house's level."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.domain.clip import WHOLE, Area
from circletake.domain.operation import Operation, Output
from circletake.domain.timing import samples_in
from circletake.generate import Ripomatic
from circletake.generate.recipe import WorkOrder
from circletake.generate.render import HISS, MOST_GAIN, OWN_LOUDNESS
from circletake.media import decode, encode, loudness, picture
from circletake.media.picture import Frame
from circletake.runtime.files import FileStore
from tests.generate.footage import FPS, clip, order

WIDE = (320, 180)
TALL = (180, 320)
FRAMES = 48


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


def footage(places: NDArray[np.floating]) -> Iterator[Frame]:
    """A bright red block at each place (0..1 across) before a quiet field."""
    field = np.random.default_rng(1).integers(60, 90, (45, 80, 3)).repeat(4, 0).repeat(4, 1)
    for place in places:
        rgb = field.astype(np.uint8)
        left = round(place * 320)
        rgb[60:130, max(0, left - 12) : left + 12] = (230, 60, 40)
        yield picture.from_rgb(np.ascontiguousarray(rgb))


def work(
    files: FileStore,
    *,
    places: NDArray[np.floating] | None = None,
    level: float | None = None,
    size: tuple[int, int] = WIDE,
    active: Area = WHOLE,
    speed: Fraction = Fraction(1),
) -> WorkOrder:
    """Return an order for one static take from footage drawn on the spot, with a tone of `level` dBFS and no bed."""
    base = clip(files, "a", frames=FRAMES)
    heard = None
    if level is not None:
        tone = 10 ** (level / 20) * np.sin(np.arange(samples_in(FRAMES, FPS)) * 2 * np.pi * 440 / 48_000)
        heard = np.stack([tone, tone], axis=1).astype(np.float32)
    scratch = files.scratch("mp4")
    shown = footage(np.full(FRAMES, 0.5) if places is None else places)
    encode.write_film(scratch, frames=shown, fps=FPS, size=WIDE, sound=heard, profile="proxy")
    asked = order(files, (base,), takes=1, frames=FRAMES)
    made = WorkOrder.model_validate(Ripomatic(files).ask(asked)[0].payload)
    segment = made.segment.model_copy(
        update={
            "proxy": files.adopt(scratch, ending="mp4"),
            "active": active,
            "has_sound": level is not None,
            "first_frame": 0,
            "speed": speed,
        }
    )
    still = made.variants[0].model_copy(update={"move": "static", "scale": 1.0, "x": 0.9, "y": 0.5})
    bed = made.bed.model_copy(update={"tone": ""})
    frames = int(FRAMES / speed)
    return made.model_copy(
        update={"segment": segment, "variants": (still,), "bed": bed, "size": size, "frames": frames}
    )


def take(files: FileStore, asked: WorkOrder) -> Output:
    one = Operation(
        key="p/generate/1A/1/1", production="p", step="generate", slate="1A", number=1, round=1, generator="ripomatic",
        request=asked.model_dump(mode="json"), quote=Ripomatic(files).quote({}).amount,
    )  # fmt: skip
    (output,) = Ripomatic(files).fetch(one).outputs
    return output


def reds(files: FileStore, output: Output) -> list[float]:
    """Where the red block is in each picture, 0..1 across."""
    found = []
    for frame in decode.iterate_frames(files.path(output.uri)):
        strong = picture.planes(frame).v.astype(float)
        weight = np.maximum(strong - strong.min() - 0.6 * np.ptp(strong), 0).sum(axis=0)
        found.append(float((weight * (np.arange(len(weight)) + 0.5)).sum() / weight.sum() / len(weight)))
    return found


def told(output: Output) -> object:
    segments = output.recipe["segments"]
    assert isinstance(segments, list)
    assert isinstance(segments[0], dict)
    return segments[0]["reframed"]


def heard(files: FileStore, output: Output) -> NDArray[np.float32]:
    return decode.decode_sound(files.path(output.uri), start=Fraction(0), samples=samples_in(FRAMES, FPS))


def test_a_subject_at_the_side_is_well_inside_a_tall_film(files: FileStore):
    jitter = 0.75 + 0.01 * (np.arange(FRAMES) % 3)
    output = take(files, work(files, places=jitter, size=TALL))
    assert told(output) == "fixed"
    assert all(0.2 < at < 0.8 for at in reds(files, output))


def test_a_subject_that_walks_is_followed_through_a_tall_film(files: FileStore):
    walk = np.interp(np.arange(FRAMES), [0, 8, 40, 47], [0.3, 0.3, 0.7, 0.7])
    output = take(files, work(files, places=walk, size=TALL))
    assert told(output) == "follows"
    assert np.mean([0.1 < at < 0.9 for at in reds(files, output)]) > 0.9


def test_what_a_variant_asks_of_the_whole_picture_does_not_push_the_subject_out_of_a_reframed_one(files: FileStore):
    asked = work(files, places=0.3 + 0.01 * (np.arange(FRAMES) % 3), size=TALL)
    pushed = asked.variants[0].model_copy(update={"scale": 1.5, "x": 0.95})
    assert all(0.2 < at < 0.8 for at in reds(files, take(files, asked.model_copy(update={"variants": (pushed,)}))))


def test_footage_in_the_shape_of_the_film_is_shown_as_it_was_shot(files: FileStore):
    output = take(files, work(files, places=np.full(FRAMES, 0.3)))
    assert told(output) == ""
    assert np.mean(reds(files, output)) == pytest.approx(0.3, abs=0.03)


def test_nothing_outside_the_active_area_comes_into_the_film(files: FileStore):
    at_the_side = np.full(FRAMES, 0.06)
    seen = take(files, work(files, places=at_the_side))
    cropped = take(files, work(files, places=at_the_side, active=Area(left=0.12, right=0.88, top=0.12, bottom=0.88)))
    chroma = [int(picture.planes(next(decode.iterate_frames(files.path(one.uri)))).v.max()) for one in (seen, cropped)]
    assert chroma[0] - chroma[1] > 25


@pytest.mark.parametrize("level", [-30.0, -6.0])
def test_own_sound_comes_to_the_level_of_the_house(files: FileStore, level: float):
    output = take(files, work(files, level=level))
    assert loudness.integrated(heard(files, output)) == pytest.approx(OWN_LOUDNESS, abs=0.7)


def test_soft_sound_is_amplified_only_so_far(files: FileStore):
    asked = work(files, level=-45.0)
    before = decode.decode_sound(files.path(asked.segment.proxy), start=Fraction(0), samples=96_000)
    after = heard(files, take(files, asked))
    assert loudness.integrated(after) - loudness.integrated(before) == pytest.approx(MOST_GAIN, abs=0.5)


def test_hiss_is_left_out_rather_than_amplified(files: FileStore):
    asked = work(files, level=HISS - 6.0)
    assert decode.decode_sound(files.path(asked.segment.proxy), start=Fraction(0), samples=96_000).any()
    assert np.abs(heard(files, take(files, asked))).max() < 1e-4


def test_slow_motion_hears_its_own_stretch_and_nothing_after_it(files: FileStore):
    asked = work(files, level=-20.0, speed=Fraction(1, 2))
    sounding = decode.decode_sound(
        files.path(take(files, asked).uri), start=Fraction(0), samples=samples_in(2 * FRAMES, FPS)
    )
    second = sounding[96_000 : 96_000 + 48_000, 0] * np.hanning(48_000)
    assert np.abs(np.fft.rfft(second)).argmax() == pytest.approx(220, abs=2)


def test_the_same_order_gives_the_same_take_to_the_bit(files: FileStore):
    asked = work(files, places=np.linspace(0.25, 0.75, FRAMES), size=TALL, level=-30.0)
    assert len({take(files, asked).sha256 for _ in range(4)}) == 1
