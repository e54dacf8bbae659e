"""Decoding: the right picture at the right time, covering the size that is wanted, and damage that is not concealed."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.footage import FPS, SMALL, clip, foreign, number_of, numbered, pulse, scene, squares

from circletake.domain.clip import Area
from circletake.errors import MediaError
from circletake.media.decode import decode_segment, decode_sound, iterate_frames, picture_sha256
from circletake.media.encode import write_film
from circletake.media.picture import Frame, blank, from_rgb, planes, to_rgb


def numbers(frames: Frame) -> list[int]:
    return [number_of(frame) for frame in frames]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("clips") / "film.mp4", profile="master")


@pytest.mark.parametrize("first", [0, 1, 23, 24, 25, 40])
def test_a_segment_begins_at_the_frame_that_is_asked_for(film: Path, first: int):
    segment = decode_segment(film, first_frame=first, frames=8, fps=FPS, size=SMALL)
    assert segment.shape == (8, 54, 64)
    assert numbers(segment) == list(range(first, first + 8))


def test_slow_motion_shows_pictures_twice_and_fast_motion_skips_them(film: Path):
    slow = decode_segment(film, first_frame=20, frames=6, fps=FPS, size=SMALL, speed=Fraction(1, 2))
    fast = decode_segment(film, first_frame=10, frames=5, fps=FPS, size=SMALL, speed=Fraction(2))
    assert numbers(slow) == [20, 20, 21, 21, 22, 22]
    assert numbers(fast) == [10, 12, 14, 16, 18]


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30_000, 1_001), Fraction(25), Fraction(25, 2), Fraction(60)])
def test_other_rates_are_brought_to_the_wanted_one_by_the_nearest_picture(tmp_path: Path, rate: Fraction):
    path = clip(tmp_path / "other.mp4", frames=48, fps=rate, sound=False)
    frames = int(48 / rate * 24)
    shown = numbers(decode_segment(path, first_frame=0, frames=frames, fps=FPS, size=SMALL))
    assert all(abs(number - index * rate / 24) <= Fraction(1, 2) for index, number in enumerate(shown))


def test_the_last_picture_of_a_file_can_be_had_and_no_later_one(film: Path):
    assert numbers(decode_segment(film, first_frame=47, frames=1, fps=FPS, size=SMALL)) == [47]
    with pytest.raises(MediaError, match="7 of 8 frames"):
        decode_segment(film, first_frame=41, frames=8, fps=FPS, size=SMALL)
    with pytest.raises(MediaError, match="ends too early"):
        decode_segment(film, first_frame=400, frames=1, fps=FPS, size=SMALL)


@pytest.mark.parametrize("asked", [{"frames": 0}, {"first_frame": -1}, {"speed": Fraction(0)}, {"size": (63, 36)}])
def test_nonsense_is_refused(film: Path, asked: dict[str, int]):
    wanted = {"first_frame": 0, "frames": 1, "fps": FPS, "size": SMALL, **asked}
    with pytest.raises(MediaError):
        decode_segment(film, **wanted)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("open.mp4", {"x264-params": "keyint=24:min-keyint=24:open-gop=1:bframes=3:scenecut=0"}),
        ("refresh.ts", {"x264-params": "intra-refresh=1:keyint=24"}),
    ],
)
def test_pictures_that_lean_on_ones_before_their_keyframe_come_out_right(
    tmp_path: Path, name: str, options: dict[str, str]
):
    path = foreign(tmp_path / name, frames=60, options=options)
    whole = decode_segment(path, first_frame=0, frames=60, fps=FPS, size=(160, 90))
    for first in (10, 23, 25, 40):
        part = decode_segment(path, first_frame=first, frames=4, fps=FPS, size=(160, 90))
        assert np.array_equal(part, whole[first : first + 4])


@pytest.mark.parametrize("size", [(90, 160), (160, 40), (90, 90)])
def test_another_aspect_is_covered_and_cropped_about_the_centre_never_squeezed(tmp_path: Path, size: tuple[int, int]):
    rgb = np.zeros((180, 320, 3), np.uint8)
    y, x = np.mgrid[:180, :320]
    rgb[(x - 160) ** 2 + (y - 90) ** 2 < 40**2] = 220
    path = tmp_path / "disc.mp4"
    write_film(path, frames=[from_rgb(rgb)] * 3, fps=FPS, size=(320, 180), sound=None, profile="master")
    shown = planes(decode_segment(path, first_frame=0, frames=1, fps=FPS, size=size)[0]).y > 120
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    assert abs(rows.mean() - (size[1] - 1) / 2) <= 2
    assert abs(columns.mean() - (size[0] - 1) / 2) <= 2
    across = 80 * max(size[0] / 320, size[1] / 180)
    assert len(columns) == pytest.approx(across, abs=3)
    assert len(rows) == pytest.approx(min(size[1], across), abs=3)


def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are(tmp_path: Path):
    path = tmp_path / "anamorphic.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "10"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 120, 90, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        picture = blank((120, 90))
        planes(picture).y[:, 45:75] = 200
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))
    shown = decode_segment(path, first_frame=0, frames=1, fps=FPS, size=(160, 90))[0]
    assert abs(int((planes(shown).y[45] > 110).sum()) - 40) <= 2


def disc(path: Path, *, at: tuple[int, int] = (100, 90), frames: int = 3) -> Path:
    """A bright disc of 40 pixels across on black, 320x180."""
    rgb = np.zeros((180, 320, 3), np.uint8)
    y, x = np.mgrid[:180, :320]
    rgb[(x - at[0]) ** 2 + (y - at[1]) ** 2 < 20**2] = 220
    write_film(path, frames=[from_rgb(rgb)] * frames, fps=FPS, size=(320, 180), sound=None, profile="master")
    return path


def middle(frame: Frame) -> tuple[float, float]:
    """Where the light of a picture lies, in pixels."""
    light = np.maximum(planes(frame).y.astype(float) - 40, 0)
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    return float((light * x).sum() / light.sum()), float((light * y).sum() / light.sum())


def test_nothing_outside_the_active_area_is_shown_and_it_is_not_squeezed(tmp_path: Path):
    rgb = np.full((180, 320, 3), 255, np.uint8)
    rgb[:, 40:280] = 60
    y, x = np.mgrid[:180, :320]
    rgb[(x - 160) ** 2 + (y - 90) ** 2 < 30**2] = 200
    path = tmp_path / "bars.mp4"
    write_film(path, frames=[from_rgb(rgb)], fps=FPS, size=(320, 180), sound=None, profile="master")
    inside = Area(left=0.13, right=0.87)
    shown = planes(decode_segment(path, first_frame=0, frames=1, fps=FPS, size=(320, 180), active=inside)[0]).y
    assert shown.max() < 215
    bright = shown > 130
    assert len(np.flatnonzero(bright.any(axis=0))) == pytest.approx(len(np.flatnonzero(bright.any(axis=1))), abs=2)
    assert middle(decode_segment(path, first_frame=0, frames=1, fps=FPS, size=(90, 90), active=inside)[0])[
        0
    ] == pytest.approx(44.5, abs=1)


def test_the_crop_is_centred_on_the_focus_as_far_as_the_edges_allow(tmp_path: Path):
    path = disc(tmp_path / "disc.mp4")
    one = decode_segment(path, first_frame=0, frames=3, fps=FPS, size=(100, 180), focus=[(100 / 320, 0.5)])
    assert middle(one[0]) == pytest.approx((49.5, 89.5), abs=1.2)
    edge = decode_segment(path, first_frame=0, frames=1, fps=FPS, size=(200, 180), focus=[(0.0, 0.5)])[0]
    assert middle(edge)[0] == pytest.approx(100, abs=1.2)


def test_the_focus_counts_in_the_active_area(tmp_path: Path):
    path = disc(tmp_path / "disc.mp4", at=(200, 90))
    half = Area(left=0.5, right=1.0)
    shown = decode_segment(path, first_frame=0, frames=1, fps=FPS, size=(60, 180), active=half, focus=[(0.25, 0.5)])
    assert middle(shown[0])[0] == pytest.approx(29.5, abs=1.2)


@pytest.mark.parametrize("size", [(180, 320), (60, 108)])
def test_a_crop_that_moves_slowly_does_not_step(tmp_path: Path, size: tuple[int, int]):
    path = disc(tmp_path / "disc.mp4", at=(160, 90), frames=40)
    focus = [(0.5 + 0.0005 * index, 0.5) for index in range(40)]
    shown = decode_segment(path, first_frame=0, frames=40, fps=FPS, size=size, focus=focus)
    at = np.array([middle(frame)[0] for frame in shown])
    expected = 0.0005 * 320 * size[1] / 180
    assert -np.diff(at) == pytest.approx(expected, abs=0.35 * expected)
    assert at[0] == pytest.approx(size[0] / 2 + 0.5 * size[1] / 180 - 0.5, abs=0.3)


def test_a_crop_moves_on_while_one_picture_is_held(tmp_path: Path):
    path = disc(tmp_path / "disc.mp4", at=(160, 90), frames=3)
    focus = [(0.5 + 0.01 * index, 0.5) for index in range(6)]
    shown = decode_segment(path, first_frame=0, frames=6, fps=FPS, size=(100, 180), speed=Fraction(1, 2), focus=focus)
    assert (np.diff([middle(frame)[0] for frame in shown]) < -2).all()


def test_points_of_focus_that_do_not_fit_the_pictures_are_refused(film: Path):
    with pytest.raises(MediaError, match="2 points of focus do not fit 3 frames"):
        decode_segment(film, first_frame=0, frames=3, fps=FPS, size=SMALL, focus=[(0.5, 0.5)] * 2)


def test_untagged_small_pictures_are_taken_for_bt_601(tmp_path: Path):
    """Red is (81, 90, 240) in BT.601 and (63, 102, 240) in BT.709."""
    path = tmp_path / "red.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        picture = blank(SMALL, luma=81)
        planes(picture).u[:], planes(picture).v[:] = 90, 240
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))
    shown = next(iterate_frames(path))
    assert np.abs(to_rgb(shown)[18, 32].astype(int) - (254, 0, 0)).max() <= 3


def test_every_picture_is_iterated_once_at_its_own_or_another_size(film: Path):
    assert numbers(np.stack(list(iterate_frames(film)))) == list(range(48))
    assert {frame.shape for frame in iterate_frames(film, size=(32, 32))} == {(48, 32)}


def test_damage_is_found_not_concealed(tmp_path: Path):
    path = tmp_path / "damaged.mp4"
    write_film(path, frames=squares(48), fps=FPS, size=(160, 90), sound=None)
    data = bytearray(path.read_bytes())
    middle = len(data) * 2 // 3
    data[middle : middle + 600] = np.random.default_rng(1).bytes(600)
    path.write_bytes(data)
    with pytest.raises(MediaError, match="cannot be read as media"):
        list(iterate_frames(path))
    with pytest.raises(MediaError):
        picture_sha256(path)


def test_a_damaged_file_never_hangs_the_threads_that_decode_it(tmp_path: Path):
    path = tmp_path / "damaged.mp4"
    write_film(path, frames=squares(480), fps=FPS, size=(160, 90), sound=None)
    data = bytearray(path.read_bytes())
    for place in range(3, 40):
        at = len(data) * place // 41
        data[at : at + 60] = np.random.default_rng(place).bytes(60)
    path.write_bytes(data)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from circletake.errors import MediaError\n"
        "from circletake.media.decode import picture_sha256\n"
        "for attempt in range(150):\n"
        "    try:\n"
        "        picture_sha256(Path(sys.argv[1]))\n"
        "    except MediaError:\n"
        "        print(attempt)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=120, check=True
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("149", "")


def test_the_picture_hash_is_that_of_the_picture_whatever_the_container(tmp_path: Path):
    first = foreign(tmp_path / "a.mp4")
    with av.open(str(first)) as source, av.open(str(tmp_path / "b.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert picture_sha256(first) == picture_sha256(tmp_path / "b.mkv")
    other = tmp_path / "c.mp4"
    pictures = [numbered(1), numbered(2)]
    write_film(other, frames=pictures, fps=FPS, size=SMALL, sound=None)
    assert picture_sha256(other) != picture_sha256(first)


def test_sound_is_where_it_was_put_to_the_sample(tmp_path: Path):
    path = tmp_path / "pulse.mp4"
    heard = pulse(96_000, at=60_000)
    write_film(path, frames=(numbered(i % 40) for i in range(48)), fps=FPS, size=SMALL, sound=heard)
    for start in (Fraction(0), Fraction(1), Fraction(29, 24)):
        first = int(start * 48_000)
        back = decode_sound(path, start=start, samples=24_000 if start else 96_000)
        expected = heard[first : first + len(back)]
        lags = {lag: float(np.dot(np.roll(back[:, 0], -lag), expected[:, 0])) for lag in range(-30, 31)}
        assert max(lags, key=lambda lag: lags[lag]) == 0


def test_sound_that_is_not_there_is_silence(tmp_path: Path, film: Path):
    mute = clip(tmp_path / "mute.mp4", sound=False)
    assert not decode_sound(mute, start=Fraction(0), samples=100).any()
    assert decode_sound(film, start=Fraction(3), samples=100).shape == (100, 2)
    beyond = decode_sound(film, start=Fraction(19, 10), samples=48_000)
    assert beyond[:2_000].any()
    assert not beyond[8_000:].any()


def test_slow_sound_lasts_as_long_as_its_picture_and_is_as_much_lower(tmp_path: Path):
    path = clip(tmp_path / "tone.mp4", frames=96)
    slow = decode_sound(path, start=Fraction(1), samples=48_000, speed=Fraction(1, 2))
    loudest = np.abs(np.fft.rfft(slow[:, 0] * np.hanning(48_000))).argmax()
    assert slow.shape == (48_000, 2)
    assert loudest == pytest.approx(110, abs=1)
    assert np.abs(slow[-2_400:]).max() > 0.1
    with pytest.raises(MediaError, match="speed 0"):
        decode_sound(path, start=Fraction(0), samples=10, speed=Fraction(0))


def test_sound_of_another_rate_and_one_channel_becomes_the_houses(tmp_path: Path):
    path = tmp_path / "mono.mkv"
    wave = (0.3 * np.sin(2 * np.pi * 441 * np.arange(44_100) / 44_100)).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=44_100, layout="mono")
        for at in range(0, 44_100, 1_050):
            frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1_050], format="flt", layout="mono")
            frame.sample_rate, frame.pts = 44_100, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    heard = decode_sound(path, start=Fraction(0), samples=48_000)
    expected = 0.3 * np.sin(2 * np.pi * 441 * np.arange(48_000) / 48_000)
    assert np.array_equal(heard[:, 0], heard[:, 1])
    level = heard[1_000:-1_000, 0] / (np.abs(heard).max() / 0.3)
    assert np.abs(level - expected[1_000:-1_000]).max() < 0.01


def test_a_scene_keeps_its_detail_through_a_segment(tmp_path: Path):
    picture = scene()
    path = tmp_path / "scene.mp4"
    write_film(path, frames=[picture] * 4, fps=FPS, size=(320, 180), sound=None, profile="master")
    shown = decode_segment(path, first_frame=1, frames=1, fps=FPS, size=(320, 180))[0]
    assert np.abs(shown.astype(int) - picture).mean() < 2.5
