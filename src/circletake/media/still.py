"""Stills: posters of takes and clips, lossless pictures, and the contact sheet of a production's takes."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, UnidentifiedImageError

from circletake.errors import MediaError
from circletake.media.picture import Frame, Rgb, to_rgb

_JPEG_QUALITY = 88


def jpeg(frame_yuv: Frame, *, width: int) -> bytes:
    """Return a frame as a JPEG of `width` pixels; the height follows from the frame's shape.

    Args:
        frame_yuv: one picture, (H*3//2, W), limited-range BT.709 as `media.picture` has it.
        width: of the JPEG, in pixels; a larger one than the frame's enlarges.

    Raises:
        MediaError: the picture cannot be encoded.
    """
    rgb = to_rgb(frame_yuv)
    height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
    shrinks = width < rgb.shape[1]
    fitted = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return _encoded(".jpg", np.asarray(fitted, np.uint8), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def png(rgb: Rgb) -> bytes:
    """Return an RGB picture, (H, W, 3), as a PNG.

    Raises:
        MediaError: the picture cannot be encoded.
    """
    return _encoded(".png", rgb, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def thumbnail(picture: bytes, *, width: int) -> Rgb:
    """Return a JPEG or PNG as RGB, (H, W, 3), `width` pixels wide, with an even height.

    Raises:
        MediaError: it is neither.
    """
    bgr = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise MediaError("a picture cannot be read: it is neither JPEG nor PNG")
    height = max(2, 2 * round(bgr.shape[0] * width / bgr.shape[1] / 2))
    small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)


def _encoded(ending: str, rgb: Rgb, options: list[int]) -> bytes:
    try:
        _, data = cv2.imencode(ending, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    except cv2.error as error:
        raise MediaError(f"a picture of shape {rgb.shape} cannot be written as {ending}") from error
    return data.tobytes()


@dataclass(frozen=True)
class Tile:
    """One take on the contact sheet."""

    group: str
    """What it stands under: the slate. Tiles of one group follow each other."""
    label: str
    """E.g. `12A-7`."""
    picture: bytes
    """A JPEG or PNG; empty when there is none."""
    note: str = ""
    """About the group, lines apart; the first tile's note is set."""
    marked: bool = False
    """Whether it is circled."""
    caption: str = ""
    """A word beside the label."""
    fault: str = ""
    """Why it is no good; it is then dimmed and the reason is set below it."""
    strip: tuple[tuple[int, int, int], ...] = ()
    """Colours, sRGB 0..255, that are set side by side along the lower edge of the picture."""


_WIDTH = 1600
_MARGIN = 56
_GUTTER = 268
"""Width of the column that names the slate."""
_GAP = 18
_ROW_GAP = 26
_LINE = 21
_DROP = 17
"""From a picture down to its label."""
_FAULT_LINES = 3
_STRIP = 9
_WEIGHT = 400
"""Of the letters: regular."""
_Ink: TypeAlias = tuple[int, int, int]
_GROUND = (17, 17, 18)
_FRAME = (34, 34, 36)
_RULE = (48, 47, 46)
_INK = (228, 223, 212)
_QUIET = (150, 145, 136)
_FAULT = (190, 132, 92)
_PENCIL = (222, 52, 40)
_FINER = 3
"""The pencil is drawn so many times larger and brought down."""


def contact_sheet(tiles: Sequence[Tile], *, columns: int, title: str, subtitle: str) -> bytes:
    """Return a PNG, 1600 pixels wide, with the takes of every slate side by side and the circled ones marked.

    The same tiles give the same bytes. What no built-in face has is set as a box.

    Args:
        tiles: grouped; all pictures are shown in the shape of the first one, cropped where they differ.
        columns: takes side by side.
        title: set large, at the top.
        subtitle: set small, below it.

    Raises:
        MediaError: a picture is neither JPEG nor PNG, or there is no column to set it in.
    """
    if columns < 1:
        raise MediaError(f"a contact sheet needs at least one column, not {columns}")
    pictures = [_opened(tile) for tile in tiles]
    width = (_WIDTH - 2 * _MARGIN - _GUTTER - (columns - 1) * _GAP) // columns
    shape = next((picture.size for picture in pictures if picture is not None), (16, 9))
    size = width, round(width * shape[1] / shape[0])
    sheet = _Sheet(columns=columns, size=size)
    sheet.head(title, subtitle)
    for _, found in groupby(zip(tiles, pictures, strict=True), key=lambda pair: pair[0].group):
        sheet.row_group(list(found))
    return sheet.printed()


def _opened(tile: Tile) -> Image.Image | None:
    if not tile.picture:
        return None
    try:
        return Image.open(io.BytesIO(tile.picture), formats=("JPEG", "PNG")).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise MediaError(f"the picture of {tile.label} cannot be read: it is neither JPEG nor PNG") from error


class _Sheet:
    """A sheet that grows downwards."""

    def __init__(self, *, columns: int, size: tuple[int, int]) -> None:
        self._columns = columns
        self._size = size
        self._paper = Image.new("RGB", (_WIDTH, 400), _GROUND)
        self._pen = ImageDraw.Draw(self._paper)
        self._y = _MARGIN
        self._words: list[tuple[str, tuple[int, int], int, _Ink]] = []

    def _need(self, height: int) -> None:
        wanted = self._y + height + _MARGIN
        if wanted > self._paper.height:
            longer = Image.new("RGB", (_WIDTH, max(wanted, self._paper.height * 2)), _GROUND)
            longer.paste(self._paper)
            self._paper, self._pen = longer, ImageDraw.Draw(longer)

    def _write(self, at: tuple[int, int], text: str, *, points: int, ink: _Ink, room: int, right: bool = False) -> None:
        """Note down a line to be set with its top at `at`; the pencil goes below it, as on paper."""
        line = _cut(text, points, room)
        x = at[0] + room - _length(line, points) if right else at[0]
        self._words.append((line, (x, at[1] + points), points, ink))

    def head(self, title: str, subtitle: str) -> None:
        self._need(120)
        room = _WIDTH - 2 * _MARGIN
        self._write((_MARGIN, self._y - 8), title, points=46, ink=_INK, room=room)
        self._write((_MARGIN, self._y + 58), subtitle, points=19, ink=_QUIET, room=room)
        self._y += 112

    def row_group(self, found: Sequence[tuple[Tile, Image.Image | None]]) -> None:
        rows = [found[at : at + self._columns] for at in range(0, len(found), self._columns)]
        heights = [self._size[1] + _DROP + _LINE * (1 + max(len(self._fault(t)) for t, _ in row)) for row in rows]
        tall = max(sum(heights) + _ROW_GAP * (len(rows) - 1), 150)
        self._need(tall + 2 * _ROW_GAP)
        self._pen.line((_MARGIN, self._y, _WIDTH - _MARGIN, self._y), fill=_RULE)
        self._y += _ROW_GAP
        self._slate(found[0][0], tall)
        y = self._y
        for row, height in zip(rows, heights, strict=True):
            for column, (tile, picture) in enumerate(row):
                self._tile(tile, picture, (_MARGIN + _GUTTER + column * (self._size[0] + _GAP), y))
            y += height + _ROW_GAP
        self._y += tall + _ROW_GAP

    def _slate(self, first: Tile, tall: int) -> None:
        self._write((_MARGIN, self._y - 8), first.group, points=44, ink=_INK, room=_GUTTER - 36)
        y = self._y + 54
        for line in _wrapped(first.note, 17, _GUTTER - 40):
            if y + _LINE > self._y + tall:
                break
            self._write((_MARGIN, y), line, points=17, ink=_QUIET, room=_GUTTER - 36)
            y += _LINE + 2

    def _tile(self, tile: Tile, picture: Image.Image | None, at: tuple[int, int]) -> None:
        x, y = at
        width, height = self._size
        if picture is None:
            self._pen.rectangle((x, y, x + width - 1, y + height - 1), fill=_FRAME)
            self._write((x, y + height // 2 - 11), "no picture", points=17, ink=_QUIET, room=width - 12, right=True)
        else:
            shown = _fitted(picture, self._size)
            if tile.fault:
                shown = ImageEnhance.Brightness(ImageEnhance.Color(shown).enhance(0.25)).enhance(0.45)
            self._paper.paste(shown, (x, y))
        for number, colour in enumerate(tile.strip):
            left, right = (x + round(width * place / len(tile.strip)) for place in (number, number + 1))
            self._pen.rectangle((left, y + height - _STRIP, right - 1, y + height - 1), fill=colour)
        taken = _length(tile.label, 18) + 14
        ink = _PENCIL if tile.marked else _QUIET if tile.fault else _INK
        y += height + _DROP
        self._write((x, y - 1), tile.label, points=18, ink=ink, room=width)
        self._write((x + taken, y), tile.caption, points=16, ink=_QUIET, room=width - taken, right=True)
        for line in self._fault(tile):
            y += _LINE
            self._write((x, y), line, points=16, ink=_FAULT, room=width)
        if tile.marked:
            self._mark(tile.label, at)

    def _fault(self, tile: Tile) -> list[str]:
        lines = _wrapped(tile.fault, 16, self._size[0])
        return (
            lines if len(lines) <= _FAULT_LINES else [*lines[: _FAULT_LINES - 1], " ".join(lines[_FAULT_LINES - 1 :])]
        )

    def _mark(self, label: str, at: tuple[int, int]) -> None:
        around = max(16, self._size[0] // 14)
        width, height = self._size[0] + 2 * around, self._size[1] + 2 * around
        mask = _ellipse(width, height, seed=zlib.crc32(label.encode()))
        self._paper.paste(_PENCIL, (at[0] - around, at[1] - around), mask)

    def printed(self) -> bytes:
        whole = self._paper.crop((0, 0, _WIDTH, self._y + _MARGIN // 2))
        picture = np.array(whole, np.uint8)
        for line, baseline, points, ink in self._words:
            cv2.putText(picture, line, baseline, ink, _face(), points, _WEIGHT)
        return png(picture)


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture filling `size`, cropped round its middle."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    wide, tall = min(picture.width, size[0] / scale), min(picture.height, size[1] / scale)
    left, top = (picture.width - wide) / 2, (picture.height - tall) / 2
    return picture.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + wide, top + tall))


def _ellipse(width: int, height: int, *, seed: int) -> Image.Image:
    """Return the mask of an oval drawn by hand with a grease pencil: not closed, not even, with wax missing."""
    rng = np.random.default_rng(seed)
    fat = _FINER * max(2.2, width / 125)
    stroke = Image.new("L", (_FINER * width, _FINER * height), 0)
    pen = ImageDraw.Draw(stroke)
    path = _path(_FINER * width / 2, _FINER * height / 2, margin=2 * fat, rng=rng)
    ends = np.minimum(np.arange(len(path)), np.arange(len(path))[::-1]) / 40
    press = np.minimum(1.0, ends + 0.4) * (0.84 + 0.16 * np.sin(np.linspace(0, 17, len(path)) + 6 * rng.random()))
    for (x, y), radius in zip(path, fat * press, strict=True):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return _waxed(stroke, rng).resize((width, height), Image.Resampling.LANCZOS)


def _path(half_width: float, half_height: float, *, margin: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the points of the oval, (n, 2): somewhat more than once round, its end running past its beginning."""
    t = np.linspace(0.0, 2 * math.pi * rng.uniform(1.04, 1.13), 760)
    angle = math.radians(rng.uniform(-150, -50)) + rng.choice((-1, 1)) * t
    ramp = t / t[-1]
    reach = rng.uniform(0.93, 0.96) + rng.uniform(0.02, 0.05) * ramp**2
    for wave in (1, 2, 3):
        reach = reach + 0.02 / wave * np.sin(wave * 0.9 * t + 2 * math.pi * rng.random())
    reach = np.minimum(reach, 1.0)
    power = 2 / rng.uniform(2.4, 3.1)  # between an oval and a box, as one goes round a picture
    x = (half_width - margin) * reach * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = (half_height - margin) * reach * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    tilt = math.radians(rng.uniform(-3.0, 2.0))
    turned = np.stack([x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)], axis=1)
    return turned + np.array([half_width, half_height])


def _waxed(stroke: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Let the grain of the paper show through: more at the edges of the stroke than in its middle."""
    body = np.asarray(stroke.filter(ImageFilter.GaussianBlur(_FINER * 1.6)), np.float32) / 255
    grain = rng.random((stroke.height, stroke.width), np.float32)
    grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), _FINER * 0.55), np.float32)
    grain = (grain - grain.mean()) / (float(grain.std()) or 1.0)
    share = np.clip((body - 0.42 + 0.16 * grain) * 5.0, 0.0, 1.0) * np.clip(0.9 + 0.06 * grain, 0.0, 1.0)
    share[body < 0.05] = 0.0
    return Image.fromarray(np.rint(share * 255).astype(np.uint8))


@cache
def _face() -> cv2.FontFace:
    """OpenCV's own sans-serif: Latin with its accents, Greek, Cyrillic and Chinese, so that any title can be set."""
    return cv2.FontFace("sans")


def _length(line: str, points: int) -> int:
    """Return how wide a line is set, in pixels."""
    _, _, width, _ = cv2.getTextSize((_WIDTH, 1), line, (0, 0), _face(), points, _WEIGHT)
    return width


def _cut(text: str, points: int, room: int) -> str:
    """Return the text, or as much of it as fits into `room` pixels, with an ellipsis."""
    line = " ".join(text.split())
    if _length(line, points) <= room:
        return line
    while line and _length(line + "…", points) > room:
        line = line[:-1].rstrip()
    return line.rstrip(".,;:") + "…"


def _wrapped(text: str, points: int, room: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and _length(longer, points) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines
