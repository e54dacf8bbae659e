"""Bring a decoded picture to the house: upright, even, square pixels, BT.709 in limited range, HDR tone-mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from circletake.media.colours import HouseColours, curve_of
from circletake.media.picture import Frame, Size, planes


@dataclass(frozen=True)
class Turn:
    """How a coded picture must be turned to stand upright: first transposed, then mirrored."""

    transposed: bool = False
    mirrored: bool = False
    """Left and right change places."""
    flipped: bool = False
    """Up and down change places."""

    @classmethod
    def of(cls, picture: VideoFrame) -> Turn:
        """Return what the display matrix of a picture says (ISO/IEC 14496-12, 8.3.2: tkhd); nothing without one.

        Multiples of 90 degrees and mirrors only: an oblique matrix counts as its nearest.
        """
        matrix = cast(Mapping[Type, SideData], picture.side_data).get(Type.DISPLAYMATRIX)
        if matrix is None:
            return cls()
        a, b, _, c, d = np.frombuffer(cast(bytes, matrix), np.int32)[:5].tolist()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, mirrored=a < 0, flipped=d < 0)
        return cls(True, mirrored=c < 0, flipped=b < 0)

    @property
    def in_words(self) -> str:
        """Say what is done, for a person; empty for nothing."""
        degrees = {
            (False, True, True): "turned by 180 degrees",
            (True, True, False): "turned by 90 degrees",
            (True, False, True): "turned by 270 degrees",
        }
        key = (self.transposed, self.mirrored, self.flipped)
        if key == (False, False, False):
            return ""
        return degrees.get(key, "mirrored" if not self.transposed else "turned and mirrored")

    def apply(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return one plane upright."""
        turned = plane.T if self.transposed else plane
        return turned[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1]


class Upright:
    """Brings the pictures of one file to one size."""

    def __init__(self, first: VideoFrame, *, pixel_width: Fraction, within: Size) -> None:
        """Decide the size from the first picture.

        Args:
            first: a decoded picture.
            pixel_width: how wide a pixel is for its height, before it is turned.
            within: longer and shorter side of the largest picture that is wanted; nothing is enlarged.
        """
        self.turn = Turn.of(first)
        wide, high = Fraction(first.width) * pixel_width, Fraction(first.height)
        if self.turn.transposed:
            wide, high = high, wide
        self.shown: Size = (max(1, round(wide)), max(1, round(high)))
        longer, shorter = within if wide >= high else within[::-1]
        scale = min(Fraction(1), Fraction(longer) / wide, Fraction(shorter) / high)
        self.size: Size = _even(wide * scale, high * scale)
        self.hdr = curve_of(first)
        self._in_house = HouseColours((self.size[1], self.size[0]) if self.turn.transposed else self.size)

    def __call__(self, picture: VideoFrame) -> Frame:
        """Return the picture as the house has it, (H*3//2, W) at `size`."""
        house = self._in_house(picture)
        if self.turn == Turn():
            return house
        out = np.empty((self.size[1] * 3 // 2, self.size[0]), np.uint8)
        for plane, into in zip(planes(house), planes(out), strict=True):
            into[:] = self.turn.apply(plane)
        return out


def _even(width: Fraction, height: Fraction) -> Size:
    return max(2, 2 * int(width / 2)), max(2, 2 * int(height / 2))


class Deinterlacer:
    """Turns interlaced pictures into whole ones, one for one (libavfilter: bwdif)."""

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._kind: tuple[int, int, str] | None = None
        self._graph = Graph()

    def push(self, picture: VideoFrame | None) -> list[VideoFrame]:
        """Take a picture, `None` at the end, and return those that are ready."""
        if picture is None:
            return self._rest()
        ready: list[VideoFrame] = []
        if (kind := (picture.width, picture.height, picture.format.name)) != self._kind:
            ready = self._rest()
            self._graph = self._made(picture)
            self._kind = kind
        self._graph.vpush(picture)
        return ready + self._pulled()

    def _made(self, like: VideoFrame) -> Graph:
        graph = Graph()
        source = graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=self._time_base)
        bwdif = graph.add("bwdif", "mode=send_frame:deint=interlaced")
        sink = graph.add("buffersink")
        source.link_to(bwdif)
        bwdif.link_to(sink)
        graph.configure()
        return graph

    def _rest(self) -> list[VideoFrame]:
        if self._kind is None:
            return []
        self._graph.vpush(None)
        return self._pulled()

    def _pulled(self) -> list[VideoFrame]:
        ready: list[VideoFrame] = []
        while True:
            try:
                ready.append(self._graph.vpull())
            except (BlockingIOError, EOFError):
                return ready
