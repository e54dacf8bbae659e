"""Bring decoded pictures to the house's colours: yuv420p, BT.709, limited range, HDR tone-mapped."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, ColorTrc, VideoReformatter
from numpy.typing import NDArray

from circletake.media.picture import Frame, Size, from_decoded, planes
from circletake.media.tonemap import Curve, ToneMap

_UNSPECIFIED = 2
_HD_HEIGHT = 576
"""Untagged pictures up to this height are taken for ITU-R BT.601, larger ones for BT.709, as players do."""
_BT709, _BT601 = (1,), (5, 6)
"""Y'CbCr matrices as ITU-T H.273 counts them (table 4)."""
_HDR: dict[int, Curve] = {int(ColorTrc.SMPTE2084): "PQ", int(ColorTrc.ARIB_STD_B67): "HLG"}
_FULL_RANGE = ("yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p")


def _to_ycbcr(red: float, blue: float) -> NDArray[np.float64]:
    """Return the matrix from R'G'B' to Y'CbCr, Cb and Cr within -0.5..0.5, from the luma of red and of blue."""
    luma = np.array([red, 1.0 - red - blue, blue])
    return np.stack([luma, (np.array([0, 0, 1]) - luma) / (2 - 2 * blue), (np.array([1, 0, 0]) - luma) / (2 - 2 * red)])


def _from_601() -> NDArray[np.float64]:
    """Return what turns Cb and Cr of BT.601 into what luma must change by (+128), and Cb and Cr of BT.709; (3, 3).

    Constants: ITU-R BT.601-7, 2.5.1, and BT.709-6, 3.2; luma has 219 steps, chroma 224.
    """
    turned = (_to_ycbcr(0.2126, 0.0722) @ np.linalg.inv(_to_ycbcr(0.299, 0.114)))[:, 1:]
    turned[0] *= 219 / 224
    return np.hstack([turned, 128.0 - 128.0 * turned.sum(axis=1, keepdims=True)])


_FROM_601 = _from_601()


def curve_of(picture: VideoFrame) -> Curve | None:
    """Return the transfer characteristic of an HDR picture; nothing for any other."""
    return _HDR.get(int(picture.color_trc or 0))


class HouseColours:
    """Converts the pictures of one file, all to one size; what it prepares is kept from picture to picture."""

    def __init__(self, size: Size | None = None) -> None:
        """Begin.

        Args:
            size: of what is returned, both sides even; `None` for that of each picture, made even.
        """
        self._size = size
        self._reformatter = VideoReformatter()
        self._tone_maps: dict[tuple[Curve, Size, int], ToneMap] = {}

    def __call__(self, picture: VideoFrame) -> Frame:
        """Return the picture as the house has it, (H*3//2, W)."""
        size = self._size or (picture.width & ~1, picture.height & ~1)
        space = int(picture.colorspace)
        full = picture.color_range == ColorRange.JPEG or picture.format.name in _FULL_RANGE
        if curve := curve_of(picture):
            space = int(Colorspace.BT2020) if space == _UNSPECIFIED else space
            return from_decoded(self._toned(picture, curve, size)(picture, space=space, full=full))
        if space == _UNSPECIFIED:
            space = int(Colorspace.ITU709 if picture.height > _HD_HEIGHT else Colorspace.ITU601)
        if picture.format.is_rgb or picture.format.has_palette:
            return self._scaled(picture, size, Colorspace.ITU709, full=full)
        if space not in _BT601:
            return self._scaled(picture, size, space, full=full)
        frame = self._scaled(picture, size, Colorspace.ITU709, full=full)  # untouched but for size and range
        _turn_to_709(frame)
        return frame

    def _toned(self, picture: VideoFrame, curve: Curve, size: Size) -> ToneMap:
        kind = curve, size, int(picture.color_primaries)
        if kind not in self._tone_maps:
            self._tone_maps = {kind: ToneMap(curve, size=size, primaries=kind[2])}
        return self._tone_maps[kind]

    def _scaled(self, picture: VideoFrame, size: Size, space: int, *, full: bool) -> Frame:
        """Return the picture at that size, in limited range, from a Y'CbCr matrix to BT.709's."""
        house = picture.format.name == "yuv420p" and space in _BT709 and not full
        if house and size == (picture.width, picture.height):
            return from_decoded(picture)
        return from_decoded(
            self._reformatter.reformat(
                picture,
                size[0],
                size[1],
                "yuv420p",
                src_colorspace=space,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG if full else None,
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
        )


def _turn_to_709(frame: Frame) -> None:
    """Turn a BT.601 picture into a BT.709 one, in place; to half a level, where libswscale is off by two and slower."""
    y, u, v = planes(frame)
    luma, blue, red = (cv2.addWeighted(u, of_u, v, of_v, offset) for of_u, of_v, offset in _FROM_601)
    luma = cv2.resize(luma, (y.shape[1], y.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.addWeighted(y, 1.0, luma, 1.0, -128.0, dst=y)
    u[:], v[:] = blue, red
