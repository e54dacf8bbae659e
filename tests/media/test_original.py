"""Originals: the same moments as in the proxy, to the picture, wherever the stretch begins."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from circletake.domain.clip import Area
from circletake.errors import MediaError
from circletake.media import decode
from circletake.media.ingest import ingest
from circletake.media.original import Stretch, iterate_original
from circletake.media.picture import Frame, blank, planes

SIZE = (320, 180)


def numbered(index: int) -> Frame:
    """Return a picture whose left and right half tell its number."""
    frame = blank(SIZE)
    frame[: SIZE[1], : SIZE[0] // 2], frame[: SIZE[1], SIZE[0] // 2 :] = 24 + 8 * (index // 20), 24 + 8 * (index % 20)
    return frame


def number_of(frame: Frame) -> int:
    left, right = np.array_split(planes(frame).y, 2, axis=1)
    return 20 * round((float(np.median(left)) - 24) / 8) + round((float(np.median(right)) - 24) / 8)


def shot(path: Path, *, fps: Fraction, frames: int, options: dict[str, str]) -> Path:
    """Write a film whose pictures are numbered, as a camera or another tool would: long GOPs, B-frames."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(index), "yuv420p")
            frame.pts, frame.time_base = index, 1 / fps
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("ending", "fps", "options"),
    [
        ("mp4", Fraction(24), {"preset": "fast", "x264-params": "keyint=250:bframes=3"}),
        ("mov", Fraction(30000, 1001), {"preset": "fast", "x264-params": "keyint=60:bframes=3:open-gop=1"}),
        ("mkv", Fraction(50), {"preset": "ultrafast", "x264-params": "keyint=48"}),
        ("avi", Fraction(25), {"preset": "ultrafast", "x264-params": "keyint=25:bframes=0"}),
    ],
)
@pytest.mark.parametrize("speed", [Fraction(1), Fraction(1, 2)])
def test_an_original_yields_the_pictures_that_its_proxy_has(
    tmp_path: Path, ending: str, fps: Fraction, options: dict[str, str], speed: Fraction
):
    path = shot(tmp_path / f"a.{ending}", fps=fps, frames=round(7 * fps), options=options)
    proxy = tmp_path / "proxy.mp4"
    with path.open("rb") as source:
        found = ingest(
            source, name=path.name, proxy=proxy, preview=tmp_path / "preview.mp4", codec="libx264", text_hint=False,
            progress=lambda share: None,
        )  # fmt: skip
    for first in (0, 31, 100, 130):
        stretch = Stretch(first, 24, Fraction(24), found.fps, speed)
        with path.open("rb") as source:
            sharp = list(iterate_original(source, stretch, name=path.name, shown=SIZE, size=SIZE))
        small = decode.decode_segment(proxy, first_frame=first, frames=24, fps=Fraction(24), size=SIZE, speed=speed)
        assert [number_of(one) for one in sharp] == [number_of(one) for one in small]


def test_what_is_cropped_of_the_proxy_is_cropped_of_the_original(tmp_path: Path):
    path = shot(tmp_path / "a.mp4", fps=Fraction(24), frames=24, options={"preset": "ultrafast", "crf": "12"})
    area, size = Area(left=0.25, right=0.75, top=0.1, bottom=0.9), (160, 90)
    with path.open("rb") as source:
        sharp = list(
            iterate_original(
                source, Stretch(4, 8, Fraction(24), Fraction(24)), name="a.mp4", shown=SIZE, active=area, size=size
            )
        )
    small = decode.decode_segment(path, first_frame=4, frames=8, fps=Fraction(24), active=area, size=size)
    assert all(_off(one, other) < 2.0 for one, other in zip(sharp, small, strict=True))


def test_an_original_that_ends_too_early_is_told(tmp_path: Path):
    path = shot(tmp_path / "a.mp4", fps=Fraction(24), frames=24, options={"preset": "ultrafast"})
    with path.open("rb") as source, pytest.raises(MediaError, match=r"a\.mp4 ends too early: 14 of 20 frames"):
        list(iterate_original(source, Stretch(10, 20, Fraction(24), Fraction(24)), name="a.mp4", shown=SIZE, size=SIZE))


def _off(one: Frame, other: Frame) -> float:
    return float(np.abs(one.astype(int) - other).mean())
