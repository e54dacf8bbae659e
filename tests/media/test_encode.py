"""Encoding: every picture, in step with its sound, the same bytes again, and clear words when it cannot be done."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.footage import FPS, SMALL, clip, hum, number_of, numbered, squares

from circletake.domain.timing import samples_in
from circletake.errors import MediaError
from circletake.media.decode import decode_sound, iterate_frames, picture_sha256
from circletake.media.encode import GOP, PROXY_GOP, Profile, write_film
from circletake.media.picture import planes
from circletake.media.probe import probe


@pytest.mark.parametrize("profile", ["proxy", "take", "master"])
def test_every_picture_comes_back_in_order(tmp_path: Path, profile: Profile):
    path = tmp_path / "film.mp4"
    pictures = (numbered(index) for index in range(45))
    assert write_film(path, frames=pictures, fps=FPS, size=SMALL, sound=hum(90_000), profile=profile) == 45
    assert [number_of(frame) for frame in iterate_frames(path)] == list(range(45))


@pytest.mark.parametrize(("profile", "gop"), [("proxy", PROXY_GOP), ("take", GOP), ("master", GOP)])
def test_keyframes_come_when_they_should_and_groups_are_closed(tmp_path: Path, profile: Profile, gop: int):
    path = tmp_path / "film.mp4"
    write_film(path, frames=squares(60), fps=FPS, size=(160, 90), sound=None, profile=profile)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert keys == list(range(0, 60, gop))
    for key in keys:
        shown = packets[key].pts
        assert shown is not None
        assert all(packet.pts is not None and packet.pts >= shown for packet in packets[key:])


@pytest.mark.parametrize("codec", ["libx264", "libvpx-vp9"])
@pytest.mark.parametrize("profile", ["proxy", "take", "master"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, codec: str, profile: Profile):
    written = []
    for name in ("a.mp4", "b.mp4"):
        path = tmp_path / name
        write_film(
            path,
            frames=squares(30),
            fps=FPS,
            size=(160, 90),
            sound=hum(60_000),
            codec=codec,
            profile=profile,
            threads=2,
        )
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_the_tags_say_bt_709_limited_range_and_the_index_comes_first(tmp_path: Path):
    path = clip(tmp_path / "film.mp4", profile="master")
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
    assert tags == (1, 1, 1, 1)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("rate", [FPS, Fraction(25), Fraction(24_000, 1_001)])
@pytest.mark.parametrize("frames", [1, 2, 31, 72])
@pytest.mark.parametrize("given", [0.5, 1.0, 1.5])
def test_sound_lasts_as_long_as_the_pictures_whatever_was_given(
    tmp_path: Path, rate: Fraction, frames: int, given: float
):
    path = tmp_path / "film.mp4"
    sound = hum(int(samples_in(frames, rate) * given))
    write_film(path, frames=(numbered(i % 40) for i in range(frames)), fps=rate, size=SMALL, sound=sound)
    found = probe(path)
    assert found.frames == frames
    assert abs(found.audio_seconds - found.seconds) < Fraction(1, 1_000)


def test_players_need_not_look_far_ahead_for_the_sound(tmp_path: Path):
    path = clip(tmp_path / "film.mp4", frames=96, profile="master")
    with av.open(str(path)) as container:
        order = [
            (packet.pos, packet.stream.type, float(packet.pts * packet.time_base))
            for packet in container.demux()
            if packet.size and packet.pts is not None
        ]
    latest = {"video": 0.0, "audio": 0.0}
    apart = []
    for _, kind, at in sorted(order):
        latest[kind] = max(latest[kind], at)
        apart.append(abs(latest["video"] - latest["audio"]))
    assert max(apart) < 1.5


def test_a_take_looks_like_what_was_drawn(tmp_path: Path):
    path = tmp_path / "film.mp4"
    drawn = list(squares(24))
    write_film(path, frames=drawn, fps=FPS, size=(160, 90), sound=None, profile="take")
    for frame, original in zip(iterate_frames(path), drawn, strict=True):
        assert np.abs(planes(frame).y.astype(int) - planes(original).y).mean() < 2.0


@pytest.mark.parametrize("codec", ["libsvtav1", "libvpx-vp9"])
def test_another_codec_is_a_setting(tmp_path: Path, codec: str):
    path = tmp_path / "film.mp4"
    write_film(path, frames=squares(30), fps=FPS, size=(160, 90), sound=hum(60_000), codec=codec)
    found = probe(path)
    assert found.video_codec == {"libsvtav1": "av1", "libvpx-vp9": "vp9"}[codec]
    assert (found.frames, found.audio_codec) == (30, "aac")
    assert len(picture_sha256(path)) == 64


def test_a_codec_that_nobody_knows_is_named_with_those_that_are(tmp_path: Path):
    with pytest.raises(MediaError, match=r"'prores'.*libx264.*h264_nvenc"):
        write_film(tmp_path / "a.mp4", frames=[numbered(0)], fps=FPS, size=SMALL, sound=None, codec="prores")
    assert list(tmp_path.iterdir()) == []


def test_a_codec_that_does_not_start_on_this_machine_is_refused(tmp_path: Path):
    try:
        write_film(tmp_path / "a.mp4", frames=[numbered(0)], fps=FPS, size=SMALL, sound=None, codec="h264_nvenc")
    except MediaError as error:
        assert "h264_nvenc" in str(error)  # noqa: PT017
        assert list(tmp_path.iterdir()) == []
    else:
        pytest.skip("this machine has an NVENC encoder")


def test_a_picture_of_another_size_and_a_film_of_none_are_refused(tmp_path: Path):
    path = tmp_path / "film.mp4"
    with pytest.raises(MediaError, match="picture 1 is"):
        write_film(path, frames=[numbered(0), numbered(1, size=(32, 32))], fps=FPS, size=SMALL, sound=None)
    with pytest.raises(MediaError, match="no pictures"):
        write_film(path, frames=[], fps=FPS, size=SMALL, sound=hum(100))
    with pytest.raises(MediaError, match="must be even"):
        write_film(path, frames=[numbered(0)], fps=FPS, size=(63, 36), sound=None)
    assert list(tmp_path.iterdir()) == []


def test_another_process_writes_the_same_bytes(tmp_path: Path):
    """Hash seeds, thread pools and caches of one process do not leak into a film."""
    here = clip(tmp_path / "here.mp4")
    code = "import sys; from pathlib import Path; from tests.media.footage import clip; clip(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there.mp4")], check=True, cwd=Path(__file__).parents[2])
    assert here.read_bytes() == (tmp_path / "there.mp4").read_bytes()


def test_a_final_keeps_every_sample_of_its_sound(tmp_path: Path):
    path = tmp_path / "final.mp4"
    heard = np.random.default_rng(2).uniform(-0.9, 0.9, (96_000, 2)).astype(np.float32)
    write_film(path, frames=squares(48), fps=FPS, size=(160, 90), sound=heard, profile="final")
    for first, samples in ((0, 96_000), (48_000, 24_000)):
        decoded = decode_sound(path, start=Fraction(first, 48_000), samples=samples)
        assert np.abs(decoded - heard[first : first + samples]).max() < 2**-22
