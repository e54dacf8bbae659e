"""Titles: words set once as a mask, then blended into pictures with a fade."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from circletake.errors import MediaError
from circletake.media.picture import BLACK, NEUTRAL, Frame, Size, planes

SAFE = 0.8
"""Share of width and height that titles keep to: SMPTE ST 2046-1 has 90 % for titles, older sets show 80 %."""
_INK = 226
"""Luma of the letters: just off white, as ink on film."""
_LEADING = 1.28
_TRACKING = 0.14
"""Space added between capitals, in letter heights."""
_SHADOW = 0.55


@dataclass(frozen=True)
class _Layer:
    """The words for one plane, cut to where they are."""

    rows: slice
    columns: slice
    letters: NDArray[np.float32]
    """Coverage, 0..1."""
    shadow: NDArray[np.float32]
    """A soft shade round the letters, so that they read on any picture."""

    @classmethod
    def of(cls, letters: NDArray[np.float32], shadow: NDArray[np.float32], size: Size) -> _Layer:
        """Bring both masks to the size of a plane and cut them to what is not empty."""
        fitted = [_fitted(mask, size) for mask in (letters, shadow)]
        seen = fitted[1] > 1 / 512
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        if not len(rows):
            return cls(slice(0), slice(0), *(mask[:0, :0] for mask in fitted))
        box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        return cls(*box, *(np.ascontiguousarray(mask[box]) for mask in fitted))

    def blend(self, plane: NDArray[np.uint8], *, ink: float, dark: float, share: float) -> None:
        """Blend into a plane in place."""
        window = plane[self.rows, self.columns]
        base = window.astype(np.float32)
        shaded = base + (dark - base) * (self.shadow * share)
        window[:] = np.rint(shaded + (ink - shaded) * (self.letters * share)).astype(np.uint8)


@dataclass(frozen=True)
class Title:
    """Words set for one frame size."""

    light: _Layer
    colour: _Layer

    def apply(self, picture: Frame, *, share: float) -> Frame:
        """Blend the words into a picture in place; `share` 0 is not there yet, 1 fully there."""
        if share <= 0:
            return picture
        y, u, v = planes(picture)
        self.light.blend(y, ink=_INK, dark=BLACK, share=share)
        for plane in (u, v):
            self.colour.blend(plane, ink=NEUTRAL, dark=NEUTRAL, share=share)
        return picture


def _fitted(mask: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    if (mask.shape[1], mask.shape[0]) == size:
        return mask
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)


def fade(index: int, *, frames: int, lead: int = 10, length: int = 14, hold_at_end: bool = False) -> float:
    """Return how much of a title shows at a frame: it comes after `lead` frames, over `length`, and leaves as it came.

    In a shot too short for that, both are shortened in proportion; `hold_at_end` keeps the title to the last frame.
    """
    scale = min(1.0, frames / (2.0 * (lead + length)))
    lead, length = int(lead * scale), max(1, int(length * scale))
    come = (index - lead) / length
    leave = 1.0 if hold_at_end else (frames - 1 - index - lead / 2) / length
    share = min(1.0, max(0.0, min(come, leave)))
    return share * share * (3 - 2 * share)


def card(text: str, *, size: Size, font: str = "") -> Title:
    """Set words in the middle of the frame: capitals, tracked, wrapped, as large as looks quiet, inside the safe area.

    Args:
        text: the words; a line break is kept.
        size: width and height of the frame.
        font: path of a TrueType or OpenType face; empty for Pillow's built-in one (Latin letters with accents).

    Raises:
        MediaError: the font cannot be read.
    """
    width, height = size
    body = " ".join(text.split()) if "\n" not in text else text.strip()
    points = max(12.0, 0.075 * min(width * 0.62, height))
    while True:
        face = _face(font, points)
        lines = _wrapped(body.upper() if len(body) <= 48 else body, face, points, SAFE * width)
        tall = len(lines) * points * _LEADING
        if (
            tall <= SAFE * height and all(_width(line, face, points) <= SAFE * width for line in lines)
        ) or points <= 12:
            break
        points *= 0.92
    sheet = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(sheet)
    top = (height - tall) / 2
    for number, line in enumerate(lines):
        _set(pen, line, face, points, ((width - _width(line, face, points)) / 2, top + number * points * _LEADING))
    letters = np.asarray(sheet, np.float32) / 255.0
    shade = cv2.GaussianBlur(letters, (0, 0), points * 0.35)
    peak = float(shade.max()) or 1.0
    shadow = np.asarray(shade / peak * _SHADOW, np.float32)
    return Title(_Layer.of(letters, shadow, size), _Layer.of(letters, shadow, (width // 2, height // 2)))


def _face(font: str, points: float) -> ImageFont.FreeTypeFont:
    try:
        face = ImageFont.truetype(font, points) if font else ImageFont.load_default(points)
    except OSError as error:
        raise MediaError(f"the font {Path(font)} cannot be read; set font to a TrueType or OpenType file") from error
    if not isinstance(face, ImageFont.FreeTypeFont):
        raise MediaError("this build of Pillow has no scalable built-in face; set font to a TrueType or OpenType file")
    return face


def _width(line: str, face: ImageFont.FreeTypeFont, points: float) -> float:
    return sum(face.getlength(letter) for letter in line) + _TRACKING * points * max(0, len(line) - 1)


def _wrapped(text: str, face: ImageFont.FreeTypeFont, points: float, limit: float) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and _width(longer, face, points) > limit:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return [line for line in lines if line] or [""]


def _set(
    pen: ImageDraw.ImageDraw, line: str, face: ImageFont.FreeTypeFont, points: float, at: tuple[float, float]
) -> None:
    x, y = at
    for letter in line:
        pen.text((x, y), letter, font=face, fill=255)
        x += face.getlength(letter) + _TRACKING * points
