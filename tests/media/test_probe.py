"""Probing: what a file holds, measured and not believed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from tests.media.footage import FPS, clip, foreign

from circletake.errors import MediaError
from circletake.media.container import first_video, open_source
from circletake.media.probe import probe


def test_a_take_is_measured_to_the_frame(tmp_path: Path):
    found = probe(clip(tmp_path / "take.mp4", frames=31, size=(64, 36)))
    assert (found.width, found.height, found.fps, found.frames) == (64, 36, FPS, 31)
    assert found.seconds == Fraction(31, 24)
    assert (found.video_codec, found.audio_codec) == ("h264", "aac")
    assert (found.has_audio, found.audio_channels) == (True, 2)
    assert abs(found.audio_seconds - found.seconds) < Fraction(1, 24)


def test_a_film_without_sound_says_so(tmp_path: Path):
    found = probe(clip(tmp_path / "mute.mp4", sound=False))
    assert (found.has_audio, found.audio_codec, found.audio_channels, found.audio_seconds) == (False, "", 0, 0)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mkv", "libx264", {"bf": "3"}),
        ("a.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "realtime"}),
        ("a.webm", "libvpx-vp9", {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "realtime", "cpu-used": "8"}),
        ("a.avi", "mpeg4", {}),
        ("a.ts", "mpeg2video", {"bf": "2"}),
    ],
)
def test_as_many_frames_are_counted_as_decode(tmp_path: Path, name: str, codec: str, options: dict[str, str]):
    path = foreign(tmp_path / name, codec=codec, frames=40, options=options)
    with open_source(path) as container:
        shown = sum(1 for _ in container.decode(first_video(container, path)))
    assert probe(path).frames == shown == 40


def test_a_frame_rate_that_is_no_whole_number_stays_exact(tmp_path: Path):
    rate = Fraction(24_000, 1_001)
    found = probe(clip(tmp_path / "ntsc.mp4", frames=48, fps=rate))
    assert found.fps == rate
    assert found.seconds == 48 / rate


def test_a_file_that_was_cut_off_is_refused_or_counted_as_it_is(tmp_path: Path):
    whole = foreign(tmp_path / "whole.mkv", frames=120)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    assert 0 < probe(cut).frames < 120
    film = clip(tmp_path / "film.mp4")
    film.write_bytes(film.read_bytes()[:400])
    with pytest.raises(MediaError):
        probe(film)
