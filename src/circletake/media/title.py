"""Titles: words set once as a mask, then blended into pictures with a fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from circletake.errors import MediaError
from circletake.media.digest import saliency
from circletake.media.lettering import Face
from circletake.media.picture import BLACK, NEUTRAL, Frame, Size, planes

SAFE = 0.8
"""Share of width and height that titles keep to: SMPTE ST 2046-1 has 90 % for titles, older sets show 80 %."""
_INK = 226
"""Luma of the letters: just off white, as ink on film."""
_LEADING = 1.28
_TRACKING = 0.14
"""Space added between capitals, in sizes; small letters get a third of it."""
_SHADOW = 0.55
_SMALLEST = 0.02
"""Least size of the words, in shorter sides of the frame: 14 pixels at 720."""
_LONGEST_IN_CAPITALS = 48
PLACES = (0.5, 0.77, 0.23)
"""Where words may be centred, from the top: the middle, the lower and the upper third."""
_GLANCE = (64, 36)
"""Width and height of the pictures that attention is told from."""
_MIDDLE_IS_WORTH = 0.75
"""What lies under the words may draw the eye so much less in another place before they leave the middle."""


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


@dataclass(frozen=True)
class _Setting:
    """Words as they will be set."""

    face: Face
    lines: list[str]
    points: float

    @property
    def tall(self) -> float:
        """Height of all lines, in pixels."""
        return len(self.lines) * self.points * _LEADING

    @property
    def wide(self) -> float:
        """Width of the longest line, in pixels."""
        return max(self.face.width(line) for line in self.lines)


def quietest(pictures: Sequence[Frame], text: str, *, size: Size, font: str = "") -> float:
    """Return which of `PLACES` words should have so that they lie on nothing that the eye goes to: a face, a sign.

    Args:
        pictures: some of those that the words will be seen on, framed as they will be; they may be small.
        text: the words.
        size: width and height of the frame that the words will be set for.
        font: as for `card`.

    Raises:
        MediaError: there are no pictures; the font cannot be read, or has no letters for these words.
    """
    if not pictures:
        raise MediaError("a title cannot be placed without a picture to place it in")
    set_ = _set(text, size=size, font=font)
    seen = [cv2.resize(planes(picture).y, _GLANCE, interpolation=cv2.INTER_AREA) for picture in pictures]
    drawn = np.mean([saliency(np.asarray(small, np.uint8)) for small in seen], axis=0)
    drawn = np.maximum(drawn - drawn.mean() - drawn.std(), 0.0)
    half_high, half_wide = set_.tall / size[1] / 2, set_.wide / size[0] / 2
    columns = slice(int((0.5 - half_wide) * _GLANCE[0]), max(1, round((0.5 + half_wide) * _GLANCE[0])))

    def under(at: float) -> float:
        rows = slice(max(0, int((at - half_high) * _GLANCE[1])), max(1, round((at + half_high) * _GLANCE[1])))
        return float(drawn[rows, columns].mean()) * (_MIDDLE_IS_WORTH if at == PLACES[0] else 1.0)

    return min(PLACES, key=under)


def card(text: str, *, size: Size, font: str = "", at: float = PLACES[0]) -> Title:
    """Set words in the frame: tracked, wrapped evenly, as large as looks quiet, inside the safe area.

    Up to 48 letters are set in capitals; longer texts as they are written.

    Args:
        text: the words; a line break is kept.
        size: width and height of the frame.
        font: path of a TrueType or OpenType face; empty for Pillow's built-in one, to whose basic Latin letters the
            accents of German, French, Spanish and their neighbours are added.
        at: where the middle of the words lies, from the top of the frame, 0..1; as near to it as the safe area allows.

    Raises:
        MediaError: the font cannot be read, or has no letters for these words.
    """
    width, height = size
    set_ = _set(text, size=size, font=font)
    sheet = Image.new("L", (width, height), 0)
    edge = (1 - SAFE) / 2 * height
    begin = min(max(at * height - set_.tall / 2, edge), max(edge, height - edge - set_.tall))
    if set_.tall > SAFE * height:
        begin = (height - set_.tall) / 2
    for number, line in enumerate(set_.lines):
        top = begin + number * set_.points * _LEADING
        set_.face.write(sheet, line, x=(width - set_.face.width(line)) / 2, y=top)
    letters = np.asarray(sheet, np.float32) / 255.0
    shade = cv2.GaussianBlur(letters, (0, 0), set_.points * 0.35)
    shadow = np.asarray(shade / (float(shade.max()) or 1.0) * _SHADOW, np.float32)
    return Title(_Layer.of(letters, shadow, size), _Layer.of(letters, shadow, (width // 2, height // 2)))


def _set(text: str, *, size: Size, font: str) -> _Setting:
    """Choose lines and size of letters."""
    width, height = size
    spoken = text.strip() if "\n" in text else " ".join(text.split())
    in_capitals = len(spoken) <= _LONGEST_IN_CAPITALS
    spoken = spoken.upper() if in_capitals else spoken
    tracking = _TRACKING if in_capitals else _TRACKING / 3
    points, smallest = max(5.0, 0.075 * min(width * 0.9, height)), max(5.0, _SMALLEST * min(size))
    while True:
        face = Face(font, points, tracking=tracking)
        set_ = _Setting(face, _wrapped(face.settable(spoken), face, SAFE * width), points)
        if points <= smallest or (set_.tall <= SAFE * height and set_.wide <= SAFE * width):
            return set_
        points = max(smallest, points * 0.92)


def _wrapped(text: str, face: Face, limit: float) -> list[str]:
    """Return lines no wider than `limit` where words allow, as few as that takes, and about as long as each other."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        fewest = len(_filled(paragraph, face, limit))
        low, high = limit / max(1, fewest), limit
        for _ in range(10):
            middle = (low + high) / 2
            tight = len(_filled(paragraph, face, middle)) > fewest
            low, high = (middle, high) if tight else (low, middle)
        lines.extend(_filled(paragraph, face, high))
    return lines or [""]


def _filled(paragraph: str, face: Face, limit: float) -> list[str]:
    lines: list[str] = []
    for word in paragraph.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and face.width(longer) <= limit:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
