"""Untrusted media: opened by its content alone, played once at a constant rate, and never believed."""

from __future__ import annotations

import csv
import io
import os
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from tests.media.footage import scene

from circletake.errors import MediaError
from circletake.media.picture import Frame, planes, size_of, to_rgb
from circletake.media.source import Heard, Source, open_untrusted

DATA = Path(os.environ.get("CIRCLETAKE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "dev"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs real footage in {DATA} (CIRCLETAKE_TEST_DATA)")
SIZE = (128, 72)


def quarters() -> NDArray[np.uint8]:
    """An RGB picture whose corners tell which way it stands: red, green, blue, white from the upper left on."""
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    rows, columns = SIZE[1] // 2, SIZE[0] // 2
    picture[:rows, :columns] = (220, 30, 30)
    picture[:rows, columns:] = (30, 220, 30)
    picture[rows:, columns:] = (30, 30, 220)
    picture[rows:, :columns] = (230, 230, 230)
    return picture


def corners(frame: Frame) -> str:
    """Name the corners of a picture, from the upper left on, as R, G, B, W."""
    rgb = to_rgb(frame).astype(int)
    height, width = rgb.shape[:2]
    places = [(height // 5, width // 5), (height // 5, 4 * width // 5)]
    places += [(4 * height // 5, 4 * width // 5), (4 * height // 5, width // 5)]
    return "".join("W" if rgb[at].min() > 150 else "RGB"[int(np.argmax(rgb[at]))] for at in places)


def film(
    path: Path,
    *,
    times: list[int] | None = None,
    tick: Fraction = Fraction(1, 24),
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    sound: str | None = None,
    late: int = 0,
) -> Path:
    """Write a film of `quarters`, a picture at each time in ticks; sound in a layout as `5.1`, `late` samples on."""
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=24, options=options or {})
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.time_base = tick
        audio = out.add_stream("aac", rate=48_000, layout=sound) if sound else None
        shown = times if times is not None else list(range(24))
        for at in shown:
            frame = VideoFrame.from_ndarray(quarters(), format="rgb24")
            frame.pts, frame.time_base = at, tick
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if isinstance(audio, AudioStream) and sound:
            channels = audio.codec_context.channels
            wave = 0.3 * np.sin(np.arange(48_000) / 20).astype(np.float32)
            for at in range(0, 48_000, 1024):
                chunk = np.repeat(wave[None, at : at + 1024], channels, axis=0)
                heard = AudioFrame.from_ndarray(np.ascontiguousarray(chunk), "fltp", sound)
                heard.sample_rate, heard.pts, heard.time_base = 48_000, at + late, Fraction(1, 48_000)
                out.mux(audio.encode(heard))
            out.mux(audio.encode(None))
    return path


def played(data: bytes, name: str = "film.mp4") -> tuple[Source, list[Frame], NDArray[np.float32]]:
    pictures: list[Frame] = []
    heard: list[NDArray[np.float32]] = [np.zeros((0, 2), np.float32)]
    with open_untrusted(io.BytesIO(data), name=name) as source:
        for part in source.play():
            if isinstance(part, Heard):
                heard.append(part.samples)
            else:
                pictures.append(part)
    return source, pictures, np.concatenate(heard)


def turned(data: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """Write a display matrix (a, b, c, d) into the track header of an MP4."""
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix)
    words = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
    return data[:at] + b"".join((word & 0xFFFFFFFF).to_bytes(4, "big") for word in words) + data[at + 36 :]


@pytest.mark.parametrize(
    ("matrix", "standing", "said"),
    [
        ((1, 0, 0, 1), "RGBW", ""),
        ((0, 1, -1, 0), "WRGB", "turned by 90 degrees"),
        ((-1, 0, 0, -1), "BWRG", "turned by 180 degrees"),
        ((0, -1, 1, 0), "GBWR", "turned by 270 degrees"),
        ((-1, 0, 0, 1), "GRWB", "mirrored"),
        ((1, 0, 0, -1), "WBGR", "mirrored"),
    ],
)
def test_a_picture_stands_upright_whatever_its_matrix(
    tmp_path: Path, matrix: tuple[int, int, int, int], standing: str, said: str
):
    source, pictures, _ = played(turned(film(tmp_path / "film.mp4").read_bytes(), matrix))
    upright = SIZE if matrix[0] else SIZE[::-1]
    assert size_of(pictures[0]) == source.size == source.shown == upright
    assert corners(pictures[5]) == standing
    assert source.notes == ((said,) if said else ())


def test_every_picture_of_a_steady_film_is_played_once(tmp_path: Path):
    source, pictures, heard = played(film(tmp_path / "film.mp4").read_bytes())
    assert (source.fps, len(pictures), len(heard), source.has_audio) == (24, 24, 0, False)


def test_a_wavering_rate_is_played_at_the_next_usual_one(tmp_path: Path):
    times = [0, 2, 9, 10, 17, 24, 26, 33, 40, 41, 48, 55, 57, 64, 71, 73, 80, 87, 89, 96]
    source, pictures, _ = played(film(tmp_path / "film.mkv", times=times, tick=Fraction(1, 100)).read_bytes())
    assert source.fps == Fraction(24_000, 1_001)
    assert len(pictures) == pytest.approx(float(source.fps) * 1.0, abs=2)
    assert any("on average" in note for note in source.notes)


def test_interlaced_pictures_are_made_whole(tmp_path: Path):
    path = film(tmp_path / "film.mpg", codec="mpeg2video", options={"flags": "+ilme+ildct", "b": "4M"})
    source, pictures, _ = played(path.read_bytes(), "film.mpg")
    assert "deinterlaced" in source.notes
    assert len(pictures) == pytest.approx(24, abs=1)
    assert corners(pictures[5]) == "RGBW"


@pytest.mark.parametrize(
    ("layout", "said"), [("mono", ()), ("stereo", ()), ("5.1", ("5.1 sound mixed down to stereo",))]
)
def test_any_sound_becomes_stereo_as_long_as_the_picture(tmp_path: Path, layout: str, said: tuple[str, ...]):
    source, pictures, heard = played(film(tmp_path / "film.mp4", sound=layout).read_bytes())
    assert source.notes == said
    assert len(heard) == pytest.approx(len(pictures) * 2_000, abs=4_000)
    assert 0.05 < np.abs(heard[8_000:40_000]).max() <= 1.0


def test_sound_that_begins_late_is_heard_late(tmp_path: Path):
    _, _, heard = played(film(tmp_path / "film.mp4", sound="stereo", late=12_000).read_bytes())
    assert np.abs(heard[:10_000]).max() < 0.01
    assert np.abs(heard[14_000:30_000]).max() > 0.1


def test_a_film_that_is_cut_off_is_refused_with_what_is_there(tmp_path: Path):
    with av.open(str(tmp_path / "film.mp4"), "w", options={"movflags": "+faststart"}) as out:
        video = out.add_stream("mpeg4", rate=24)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        for seed in range(48):
            out.mux(video.encode(VideoFrame.from_ndarray(to_rgb(scene(seed=seed)), format="rgb24")))
        out.mux(video.encode(None))
    data = (tmp_path / "film.mp4").read_bytes()
    with pytest.raises(MediaError, match=r"^film\.mp4 .*(cut off|damaged)"):
        played(data[: len(data) * 6 // 10])


def test_damage_in_the_middle_is_found_and_placed(tmp_path: Path):
    data = bytearray(film(tmp_path / "film.mp4", times=list(range(96)), options={"g": "12"}).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(range(200)) * 2
    with pytest.raises(MediaError, match=r"^film\.mp4 is damaged at 00:00:0"):
        played(bytes(data))


@pytest.mark.parametrize(
    "text",
    [
        b"ffconcat version 1.0\nfile other.mp4\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.mp4\n#EXT-X-ENDLIST\n",
        b'<?xml version="1.0"?><MPD></MPD>',
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"\0" * 100_000,
    ],
)
def test_what_is_no_film_is_not_tried(text: bytes):
    with pytest.raises(MediaError, match=r"^film\.mp4 is not a video file"):
        played(text)


def test_an_empty_file_and_one_of_sound_alone_are_refused(tmp_path: Path):
    with pytest.raises(MediaError, match="is empty"):
        played(b"")
    with av.open(str(tmp_path / "song.mp4"), "w") as out:
        audio = out.add_stream("aac", rate=48_000, layout="stereo")
        frame = AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    with pytest.raises(MediaError, match="no video stream"):
        played((tmp_path / "song.mp4").read_bytes())


def test_one_picture_is_a_film(tmp_path: Path):
    _, pictures, _ = played(film(tmp_path / "film.mp4", times=[0]).read_bytes())
    assert len(pictures) == 1


@needs_data
def test_every_real_file_plays_as_many_pictures_as_decode():
    with (DATA / "footage" / "probe.csv").open(encoding="utf-8", newline="") as probe:
        expected = {row["file"]: int(row["frames"]) for row in csv.DictReader(probe)}
    for name in ("dog_run.mp4", "his_girl_friday.mp4", "store_aisle.gif", "sign_again.mkv", "stadium_lights.mov"):
        with (DATA / "footage" / name).open("rb") as opened, open_untrusted(opened, name=name) as source:
            assert sum(not isinstance(part, Heard) for part in source.play()) == expected[name], name


@needs_data
def test_hdr_is_tone_mapped_and_said():
    for name in ("footage/rooftop_portrait_hdr.mp4", "hostile/hdr10_10bit.mp4"):
        with (DATA / name).open("rb") as opened, open_untrusted(opened, name=name) as source:
            first = next(part for part in source.play() if not isinstance(part, Heard))
        assert "tone-mapped from HDR (PQ)" in source.notes
        assert np.percentile(planes(first).y, 99) > 200


def motion(path: Path, *, codec: str = "libx264", options: dict[str, str] | None = None, sound: str = "") -> Path:
    """Write four seconds of a bar that wanders from left to right; its two fields are half a picture apart."""
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=25, options={"g": "25", "sc_threshold": "0", **(options or {})})
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = out.add_stream(sound, rate=48_000, layout="stereo") if sound else None
        for index in range(100):
            picture = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
            for field in (0, 1):
                left = (2 * index + field) * 4 % (SIZE[0] - 30)
                picture[field::2, left : left + 30] = 210
            out.mux(video.encode(VideoFrame.from_ndarray(picture, format="rgb24")))
            if isinstance(audio, AudioStream):
                wave = np.sin(np.arange(1_920, dtype=np.float32) / 9)[None].repeat(2, axis=0) / 3
                heard = AudioFrame.from_ndarray(wave, "fltp", "stereo")
                heard.sample_rate, heard.pts, heard.time_base = 48_000, index * 1_920, Fraction(1, 48_000)
                out.mux(audio.encode(heard))
        out.mux(video.encode(None))
        if isinstance(audio, AudioStream):
            out.mux(audio.encode(None))
    return path


def combing(frame: Frame) -> float:
    """How much rows differ from the mean of their neighbours where those are alike, in luma levels."""
    y = planes(frame).y.astype(np.float64)
    return float(np.abs(y[1:-1] - (y[:-2] + y[2:]) / 2).mean())


def test_no_combs_are_left_of_interlaced_pictures(tmp_path: Path):
    whole = {"b": "8M"}
    _, combed, _ = played(motion(tmp_path / "as-film.mpg", codec="mpeg2video", options=whole).read_bytes())
    fields = {**whole, "flags": "+ilme+ildct"}
    source, pictures, _ = played(motion(tmp_path / "film.mpg", codec="mpeg2video", options=fields).read_bytes())
    assert source.notes == ("deinterlaced",)
    assert len(pictures) == len(combed)
    assert combing(pictures[40]) < combing(combed[40]) / 3


def test_a_stream_that_begins_before_its_keyframe_is_played_from_there(tmp_path: Path):
    data = motion(tmp_path / "film.ts", sound="aac").read_bytes()
    begun = len(data) * 3 // 10 // 188 * 188
    source, pictures, heard = played(data[begun:])
    assert len(pictures) in (50, 75)
    assert len(np.unique(planes(pictures[0]).y[5:-5])) > 10, "the first picture is grey: it is no keyframe"
    assert len(heard) == pytest.approx(len(pictures) * 1_920, abs=3_000)
    assert source.fps == 25


def test_sound_that_is_damaged_is_left_out_from_there_and_the_film_kept(tmp_path: Path):
    data = bytearray(motion(tmp_path / "film.mkv", sound="flac").read_bytes())
    with av.open(io.BytesIO(bytes(data)), "r") as container:
        packets = [packet for packet in container.demux(container.streams.audio[0]) if packet.size]
        for packet in packets[len(packets) // 2 :]:
            assert packet.pos is not None
            data[packet.pos + 8 : packet.pos + packet.size] = b"\x55" * (packet.size - 8)
    source, pictures, heard = played(bytes(data))
    assert len(pictures) == 100
    assert any("sound is damaged" in note for note in source.notes)
    assert 60_000 < len(heard) < 130_000
    assert np.abs(heard).max() <= 1


def test_a_forged_length_is_not_believed_and_told(tmp_path: Path):
    data = film(tmp_path / "film.mkv").read_bytes()
    at = data.index(b"\x44\x89\x88") + 3  # Duration, eight bytes (RFC 9559, 5.1.2.10)
    source, pictures, _ = played(data[:at] + struct.pack(">d", 1e13) + data[at + 8 :])
    assert len(pictures) == 24
    assert source.notes == ("its header claims 10000000000 s, it plays 1.0 s",)


def test_a_quick_film_is_played_at_half_its_rate_and_it_says_so(tmp_path: Path):
    source, pictures, _ = played(
        film(tmp_path / "film.mp4", times=list(range(120)), tick=Fraction(1, 120)).read_bytes()
    )
    assert source.fps == 60
    assert len(pictures) == pytest.approx(60, abs=2)
    assert source.notes == ("120 pictures a second, played at 60",)


def test_time_stamps_that_jump_are_refused_not_filled_with_an_hour_of_stills(tmp_path: Path):
    times = [*range(12), *range(90_000, 90_012)]
    with pytest.raises(MediaError, match=r"time stamps jump from 0\.5 s"):
        played(film(tmp_path / "film.mkv", times=times).read_bytes())


def test_scripts_that_name_another_file_never_open_it(tmp_path: Path):
    other = tmp_path / "other.mp4"
    os.mkfifo(other)  # whoever opens it, waits for ever: the test would time out
    scripts = (
        f"ffconcat version 1.0\nfile '{other}'\n",
        f"#EXTM3U\n#EXTINF:9,\nfile://{other}\n#EXT-X-ENDLIST\n",
        f'<?xml version="1.0"?><MPD><BaseURL>{other}</BaseURL></MPD>',
        f"v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=control:{other}\n",
        f"subfile,,start,0,end,0,,:{other}\n",
    )
    for script in scripts:
        for name in ("film.mp4", "film.mov", "film.avi"):
            path = tmp_path / name
            path.write_text(script, encoding="utf-8")
            with (
                path.open("rb") as opened,
                pytest.raises(MediaError, match=rf"^{name} is not a video file"),
                open_untrusted(opened, name=name),
            ):
                pass


@needs_data
def test_every_hostile_file_is_accepted_or_refused_as_its_table_says():
    with (DATA / "hostile" / "hostile.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        data = (DATA / "hostile" / row["file"]).read_bytes()
        if row["expect"] == "accept" or row["file"] == "huge_length.mkv":
            source, pictures, _ = played(data, row["file"])
            assert 0 < len(pictures) / source.fps < 4, row["file"]
        else:
            with pytest.raises(MediaError) as refused:
                played(data, row["file"])
            assert str(refused.value).startswith(row["file"])
            assert "\n" not in str(refused.value)
