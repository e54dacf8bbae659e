"""The internal currency of the media engine: one picture = one uint8 array of planar Y'CbCr 4:2:0.

A frame has shape (H*3//2, W): H rows of luma, then the two chroma planes of H/2 x W/2, one after the other. Width and
height are even. The colours are those of ITU-R BT.709, limited range (luma 16..235, chroma 16..240 around 128).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from circletake.errors import MediaError

Frame: TypeAlias = NDArray[np.uint8]
"""One picture, (H*3//2, W)."""
Frames: TypeAlias = NDArray[np.uint8]
"""Pictures of one size, (n, H*3//2, W)."""
Rgb: TypeAlias = NDArray[np.uint8]
"""An RGB picture, (H, W, 3), full range."""
Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

BLACK = 16
WHITE = 235
NEUTRAL = 128

_KR, _KB = 0.2126, 0.0722
_KG = 1.0 - _KR - _KB
_TO_YUV = np.array(
    [
        [219 / 255 * _KR, 219 / 255 * _KG, 219 / 255 * _KB, 16.0],
        [-112 / 255 * _KR / (1 - _KB), -112 / 255 * _KG / (1 - _KB), 112 / 255, 128.0],
        [112 / 255, -112 / 255 * _KG / (1 - _KR), -112 / 255 * _KB / (1 - _KR), 128.0],
    ]
)
"""RGB (0..255) to limited-range Y'CbCr (ITU-R BT.709-6, 3.2 to 3.5)."""
_INVERSE = np.linalg.inv(_TO_YUV[:, :3])
_TO_RGB = np.hstack([_INVERSE, -_INVERSE @ _TO_YUV[:, 3:]])


class Planes(NamedTuple):
    """The three planes of a frame, as views: writing to them writes to the frame."""

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]


def checked_size(size: Size) -> Size:
    """Return `size` if a frame can have it.

    Raises:
        MediaError: width or height is odd or smaller than 2.
    """
    width, height = size
    if width < 2 or height < 2 or width % 2 or height % 2:
        raise MediaError(f"a picture of {width}x{height} cannot be made: width and height must be even")
    return size


def size_of(frame: Frame) -> Size:
    """Return width and height of the picture in `frame`."""
    return frame.shape[1], frame.shape[0] * 2 // 3


def planes(frame: Frame) -> Planes:
    """Return the planes of a contiguous frame, as views."""
    width, height = size_of(frame)
    flat = frame.reshape(-1)
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return Planes(
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    )


def blank(size: Size, *, luma: int = BLACK) -> Frame:
    """Return a new grey frame; black unless `luma` says otherwise.

    Raises:
        MediaError: width or height is odd.
    """
    width, height = checked_size(size)
    frame = np.full((height * 3 // 2, width), NEUTRAL, np.uint8)
    frame[:height] = luma
    return frame


def from_decoded(picture: VideoFrame) -> Frame:
    """Return a decoded yuv420p picture as a frame: its planes are copied once, without the padding of their lines."""
    frame = np.empty((picture.height * 3 // 2, picture.width), np.uint8)
    for plane, into in zip(picture.planes, planes(frame), strict=True):
        lines = np.frombuffer(memoryview(plane), np.uint8, plane.line_size * plane.height)
        into[:] = lines.reshape(plane.height, plane.line_size)[:, : plane.width]
    return frame


def from_rgb(rgb: Rgb) -> Frame:
    """Return an RGB picture as a frame; chroma is averaged over 2x2 pixels.

    Raises:
        MediaError: width or height is odd.
    """
    height, width = rgb.shape[:2]
    frame = blank((width, height))
    y, u, v = planes(frame)
    full = cv2.split(cv2.transform(rgb, _TO_YUV))
    y[:] = full[0]
    for plane, source in ((u, full[1]), (v, full[2])):
        plane[:] = cv2.resize(source, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return frame


def to_rgb(frame: Frame) -> Rgb:
    """Return a frame as an RGB picture; chroma is interpolated."""
    y, u, v = planes(frame)
    size = size_of(frame)
    full = cv2.merge([y, *(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v))])
    return np.asarray(cv2.transform(full, _TO_RGB), np.uint8)


def on_one_thread() -> None:
    """Keep OpenCV to one thread in this process: workers run beside each other, and more only wait for one another."""
    cv2.setNumThreads(1)
