"""Ingest: one play of a file leaves proxy, preview, shots, posters and looks; a file that fails leaves nothing."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.footage import hum, scene

from circletake.domain.clip import WHOLE
from circletake.domain.timing import AUDIO_RATE, samples_in
from circletake.errors import MediaError
from circletake.media import decode, look
from circletake.media.encode import write_film
from circletake.media.ingest import Ingested, ingest
from circletake.media.loudness import integrated
from circletake.media.picture import Frame, blank, planes, size_of

FPS = Fraction(24)
SIZE = (640, 360)


def panned(picture: Frame, frames: int, *, step: int = 1) -> list[Frame]:
    """Move a window over a picture that is wider than it."""
    y, u, v = planes(picture)
    out = []
    for index in range(frames):
        at = 2 * step * index
        frame = blank(SIZE)
        for plane, into, half in zip((y, u, v), planes(frame), (1, 2, 2), strict=True):
            into[:] = plane[: SIZE[1] // half, at // half : at // half + SIZE[0] // half]
        out.append(frame)
    return out


def film(path: Path, pictures: list[Frame], *, sound: bool = True) -> Path:
    heard = hum(samples_in(len(pictures), FPS)) if sound else None
    write_film(path, frames=pictures, fps=FPS, size=SIZE, sound=heard, profile="master")
    return path


def two_shots() -> list[Frame]:
    wide = (1000, 400)
    return panned(scene(size=wide, seed=3), 72) + panned(scene(size=wide, seed=8), 60)


def ingested(path: Path, folder: Path) -> tuple[Ingested, list[float]]:
    told: list[float] = []
    with path.open("rb") as source:
        done = ingest(
            source,
            name=path.name,
            proxy=folder / "proxy.mp4",
            preview=folder / "preview.mp4",
            codec="libx264",
            text_hint=False,
            progress=told.append,
        )
    return done, told


def test_one_play_leaves_proxy_preview_shots_and_their_looks(tmp_path: Path):
    done, told = ingested(film(tmp_path / "in.mp4", two_shots()), tmp_path)
    assert (done.fps, done.frames, done.width, done.height, done.has_audio) == (FPS, 132, 640, 360, True)
    assert [(shot.first_frame, shot.frames) for shot in done.shots] == [(0, 72), (72, 60)]
    assert told == sorted(told)
    assert told
    assert 0 < told[-1] <= 1
    pictures = list(decode.iterate_frames(tmp_path / "proxy.mp4"))
    assert len(pictures) == 132
    assert size_of(pictures[0]) == SIZE
    for shot in done.shots:
        stretch = np.stack(pictures[shot.first_frame : shot.first_frame + shot.frames])
        again = look.measure(stretch, fps=FPS, sound=None)
        assert shot.look.luma == pytest.approx(again.luma, abs=0.02)
        assert shot.look.pan == pytest.approx(again.pan, abs=0.01)
        assert shot.look.motion == pytest.approx(again.motion, rel=0.3)
        assert shot.active == WHOLE
        assert not shot.burnt_in
        assert look.hamming(shot.phash, look.phash(stretch[len(stretch) // 2])) <= 12
        assert shot.poster.startswith(b"\xff\xd8")
        assert shot.has_sound
        assert len(shot.activity) in (3, 4, 5)


def test_the_proxy_has_the_sound_of_the_file_and_a_keyframe_every_twelve_pictures(tmp_path: Path):
    source = film(tmp_path / "in.mp4", two_shots())
    done, _ = ingested(source, tmp_path)
    length = samples_in(132, FPS)
    before, after = (
        decode.decode_sound(one, start=Fraction(0), samples=length) for one in (source, tmp_path / "proxy.mp4")
    )
    assert integrated(after) == pytest.approx(integrated(before), abs=0.2)
    assert np.corrcoef(before[4_800:-4_800, 0], after[4_800:-4_800, 0])[0, 1] > 0.98
    assert done.shots[0].look.loudness == pytest.approx(integrated(before[: 3 * AUDIO_RATE]), abs=0.3)
    with av.open(str(tmp_path / "proxy.mp4")) as proxy:
        keyed = [index for index, packet in enumerate(proxy.demux(video=0)) if packet.is_keyframe]
    assert keyed == list(range(0, 132, 12))


def test_the_preview_is_small_silent_and_in_real_time(tmp_path: Path):
    ingested(film(tmp_path / "in.mp4", two_shots()), tmp_path)
    with av.open(str(tmp_path / "preview.mp4")) as preview:
        stream = preview.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (320, 180, 8)
        assert stream.frames == 44
        assert not preview.streams.audio


def test_a_file_without_sound_gives_a_proxy_without_sound(tmp_path: Path):
    done, _ = ingested(film(tmp_path / "in.mp4", two_shots(), sound=False), tmp_path)
    assert not done.has_audio
    assert not any(shot.has_sound for shot in done.shots)
    assert all(shot.look.loudness == -70.0 for shot in done.shots)
    with av.open(str(tmp_path / "proxy.mp4")) as proxy:
        assert not proxy.streams.audio


def test_a_very_short_shot_and_a_single_picture_are_measured_too(tmp_path: Path):
    short = panned(scene(size=(1000, 400), seed=5), 20)
    done, _ = ingested(film(tmp_path / "in.mp4", short), tmp_path)
    (only,) = done.shots
    assert only.frames == 20
    assert 0.1 < only.look.luma < 0.9
    assert only.look.motion > 0
    one, _ = ingested(film(tmp_path / "one.mp4", short[:1]), tmp_path)
    assert [(shot.first_frame, shot.frames) for shot in one.shots] == [(0, 1)]


def test_activity_tells_where_something_happens(tmp_path: Path):
    still = panned(scene(size=(1000, 400), seed=5), 1)
    moving = panned(scene(size=(1000, 400), seed=5), 48, step=3)
    done, _ = ingested(film(tmp_path / "in.mp4", still * 72 + moving), tmp_path)
    (only,) = done.shots
    quiet, busy = only.activity[:5], only.activity[6:]
    assert max(quiet) < 5 < 20 < min(busy)


def test_a_black_film_is_refused_and_nothing_is_left(tmp_path: Path):
    source = film(tmp_path / "in.mp4", [blank(SIZE)] * 48)
    with pytest.raises(MediaError, match=r"^in\.mp4 is black"):
        ingested(source, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_a_file_cut_off_leaves_nothing_behind(tmp_path: Path):
    source = film(tmp_path / "in.mp4", two_shots())
    data = source.read_bytes()
    source.unlink()
    with pytest.raises(MediaError, match=r"in\.mp4"):
        ingest(
            io.BytesIO(data[: len(data) * 6 // 10]),
            name="in.mp4",
            proxy=tmp_path / "proxy.mp4",
            preview=tmp_path / "preview.mp4",
            codec="libx264",
            text_hint=False,
            progress=lambda share: None,
        )
    assert not list(tmp_path.iterdir())
