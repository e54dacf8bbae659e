"""Lettering: words set letter by letter, tracked and kerned, in the built-in face or one that is named.

Pillow's built-in face (Aileron, basic Latin) has no letters with accents. They are composed here from its own letters
and marks, so that German, French and Spanish read as they are written. Letters of other scripts need a font.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from circletake.errors import MediaError

_log = logging.getLogger(__name__)

_SPELT = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "€": "EUR", "„": ",,", "‚": ",", "×": "x"}  # noqa: RUF001
"""How a letter is spelt in a face without it."""
_STRETCHED = {"–": 2.2, "—": 3.6}  # noqa: RUF001
"""Dashes, in lengths of a hyphen."""
_TURNED = {"¿": "?", "¡": "!"}
"""Set upside down."""
_STRUCK = {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
"""Letters with a stroke through them."""
_ABOVE = {
    "\u0300": "`",
    "\u0301": "\u00b4",
    "\u0302": "\u00b4`",
    "\u0303": "~",
    "\u0308": "..",
    "\u030a": "°",
    "\u030c": "`\u00b4",
}
"""Combining marks, and the signs that they are made of, left to right."""
_BELOW = {"\u0327": ","}
_NOWHERE = "\uffff"
"""What no face has: it is drawn as a missing letter."""


@dataclass(frozen=True)
class _Piece:
    """Ink, and where it lies from the pen: right of it, and below the top of the line."""

    ink: Image.Image
    x: float
    y: float


class Face:
    """One face at one size, with space added between letters.

    Args:
        font: path of a TrueType or OpenType face; empty for Pillow's built-in one.
        points: size in pixels.
        tracking: space between letters, in sizes.

    Raises:
        MediaError: the font cannot be read.
    """

    def __init__(self, font: str, points: float, *, tracking: float = 0.0) -> None:
        self._font = _font(font, points)
        self._points = points
        self._tracking = tracking * points
        self._known: dict[str, bool] = {}
        self._drawn: dict[str, tuple[_Piece, ...]] = {}
        self._cap = self._piece("H")
        """A capital: what marks are measured by."""

    def settable(self, text: str) -> str:
        """Return `text` as this face can set it: ligatures spelt out, signs it lacks left out.

        Raises:
            MediaError: it has letters that this face has not; setting others would misspell it.
        """
        line = "".join(letter if self._can(letter) else _SPELT.get(letter, letter) for letter in _composed(text))
        lacking = [letter for letter in line if not letter.isspace() and not self._can(letter)]
        letters = sorted({letter for letter in lacking if unicodedata.category(letter).startswith("L")})
        if letters:
            raise MediaError(f"the face for titles has no {' '.join(letters)}; set font to a file that has them")
        if lacking:
            _log.warning("the face for titles has no %s; left out", " ".join(sorted(set(lacking))))
        return "".join(letter for letter in line if letter not in lacking)

    def width(self, line: str) -> float:
        """Return how wide a line is, in pixels; no space is added after the last letter."""
        if not line:
            return 0.0
        return sum(self._advance(line, index) for index in range(len(line))) - self._tracking

    def write(self, sheet: Image.Image, line: str, *, x: float, y: float) -> None:
        """Set a settable line on a sheet of ink (mode L): its left edge at `x`, the top of its ascenders at `y`."""
        for index, letter in enumerate(line):
            for piece in self._pieces(letter):
                at = round(x + piece.x), round(y + piece.y)
                sheet.paste(255, (*at, at[0] + piece.ink.width, at[1] + piece.ink.height), piece.ink)
            x += self._advance(line, index)

    def _advance(self, line: str, index: int) -> float:
        letter = self._body(line[index])
        own = self._font.getlength(letter)
        if index + 1 < len(line):
            following = self._body(line[index + 1])
            own = self._font.getlength(letter + following) - self._font.getlength(following)
        if line[index] in _STRETCHED and not self._has(line[index]):
            own *= _STRETCHED[line[index]]
        return own + self._tracking

    def _has(self, letter: str) -> bool:
        if letter not in self._known:
            own, nowhere = self._piece(letter), self._piece(_NOWHERE)
            self._known[letter] = (own.ink.size, own.ink.tobytes()) != (nowhere.ink.size, nowhere.ink.tobytes())
        return self._known[letter]

    def _can(self, letter: str) -> bool:
        if self._has(letter) or letter in _STRETCHED or letter in _TURNED or letter in _STRUCK:
            return True
        base, *marks = unicodedata.normalize("NFD", letter)
        return bool(marks) and self._has(base) and all(mark in _ABOVE or mark in _BELOW for mark in marks)

    def _body(self, letter: str) -> str:
        """Return the letter of the face that gives this one its width."""
        if self._has(letter):
            return letter
        if letter in _STRETCHED:
            return "-"
        return _TURNED.get(letter) or _STRUCK.get(letter) or unicodedata.normalize("NFD", letter)[0]

    def _pieces(self, letter: str) -> tuple[_Piece, ...]:
        if letter not in self._drawn:
            self._drawn[letter] = self._draw(letter)
        return self._drawn[letter]

    def _draw(self, letter: str) -> tuple[_Piece, ...]:
        body = self._piece(self._body(letter))
        if self._has(letter):
            return (body,)
        if letter in _STRETCHED:
            return (_resized(body, wide=_STRETCHED[letter]),)
        if letter in _TURNED:
            return (_Piece(body.ink.transpose(Image.Transpose.ROTATE_180), body.x, body.y),)
        if letter in _STRUCK:
            stroke = _scaled(self._piece("/").ink, 1.0 if letter in "øØ" else 0.5)
            return body, self._over(body, stroke, y=body.y + (body.ink.height - stroke.height) / 2)
        return self._marked(letter, body)

    def _marked(self, letter: str, body: _Piece) -> tuple[_Piece, ...]:
        base, *marks = unicodedata.normalize("NFD", letter)
        if base in "ij" and any(mark in _ABOVE for mark in marks):
            body = _undotted(body)
        pieces = [body]
        gap = self._cap.ink.height * 0.13
        for mark in marks:
            if mark in _BELOW:
                ink = _scaled(self._piece(_BELOW[mark]).ink, 0.85)
                pieces.append(self._over(body, ink, y=body.y + body.ink.height - ink.height * 0.3))
            else:
                ink = self._mark(mark)
                pieces.append(self._over(body, ink, y=body.y - gap - ink.height))
        return tuple(pieces)

    def _mark(self, mark: str) -> Image.Image:
        """Return the ink of a mark at the size that suits a capital."""
        made = _ABOVE[mark]
        if len(made) == 2:
            left, right = (self._piece(sign).ink for sign in made)
            apart = left.width * (1.9 if made == ".." else 0.82)
            pair = Image.new("L", (round(apart) + right.width, max(left.height, right.height)))
            pair.paste(left, (0, 0))
            pair.paste(255, (round(apart), 0, round(apart) + right.width, right.height), right)
            return pair
        ink = self._piece(made).ink
        wide = {"~": 0.52, "°": 0.34}.get(made)
        return ink if wide is None else _scaled(ink, wide * self._cap.ink.height / ink.width)

    def _over(self, body: _Piece, ink: Image.Image, *, y: float) -> _Piece:
        return _Piece(ink, body.x + (body.ink.width - ink.width) / 2, y)

    def _piece(self, letter: str) -> _Piece:
        """Return the ink of a letter of the face, cut to its edges."""
        pad = round(self._points)
        whole = Image.new("L", (2 * pad + round(self._font.getlength(letter)), 3 * pad))
        ImageDraw.Draw(whole).text((pad, pad), letter, font=self._font, fill=255)
        box = whole.getbbox() or (pad, pad, pad + 1, pad + 1)
        return _Piece(whole.crop(box), box[0] - pad, box[1] - pad)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _undotted(body: _Piece) -> _Piece:
    """Return the ink of an i or j without its dot: what lies below the first empty row."""
    rows = [any(body.ink.crop((0, row, body.ink.width, row + 1)).tobytes()) for row in range(body.ink.height)]
    cut = rows.index(False) if False in rows else 0
    while cut < len(rows) and not rows[cut]:
        cut += 1
    return _Piece(body.ink.crop((0, cut, body.ink.width, body.ink.height)), body.x, body.y + cut)


def _scaled(ink: Image.Image, scale: float) -> Image.Image:
    return ink.resize((max(1, round(ink.width * scale)), max(1, round(ink.height * scale))), Image.Resampling.BOX)


def _resized(piece: _Piece, *, wide: float) -> _Piece:
    size = max(1, round(piece.ink.width * wide)), piece.ink.height
    return _Piece(piece.ink.resize(size, Image.Resampling.BILINEAR), piece.x, piece.y)


def _font(font: str, points: float) -> ImageFont.FreeTypeFont:
    try:
        face = ImageFont.truetype(font, points) if font else ImageFont.load_default(points)
    except OSError as error:
        raise MediaError(f"the font {Path(font)} cannot be read; set font to a TrueType or OpenType file") from error
    if not isinstance(face, ImageFont.FreeTypeFont):
        raise MediaError("this build of Pillow has no scalable built-in face; set font to a TrueType or OpenType file")
    return face
