"""A clip: a stretch of catalogue footage, what it shows, how it looks, and the licence it rests on."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, Self

from pydantic import Field, model_validator

from circletake.domain.look import Look
from circletake.domain.rights import Licence
from circletake.domain.schema import Stored, Upgrade, Value
from circletake.domain.timing import Rational


class Area(Value):
    """A rectangle in a picture: its edges in 0..1 of width and height, from the left and from the top."""

    left: float = Field(default=0.0, ge=0, le=1)
    top: float = Field(default=0.0, ge=0, le=1)
    right: float = Field(default=1.0, ge=0, le=1)
    bottom: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError("an area must be wider and higher than nothing")
        return self

    @property
    def share(self) -> float:
        """Which share of the picture it covers, 0..1."""
        return (self.right - self.left) * (self.bottom - self.top)


WHOLE = Area()
"""The whole picture."""


class Clip(Stored):
    """One stretch of one file. `clip_id` is stable for the same file content and the same stretch."""

    SCHEMA = "clip"
    VERSION = 2
    UPGRADES: ClassVar[dict[int, Upgrade]] = {1: lambda body: body}

    clip_id: str
    """`<first 12 hex digits of the file's sha256>-<first frame>`."""
    file: str
    """The file as the rights CSV names it."""
    sha256: str
    """Of the original file."""
    original: str
    """URI of the original: a path on this machine."""
    proxy: str
    """URI of the proxy of the whole file in the file store: upright, within 960x540 or 540x960, GOP 12."""
    preview: str = ""
    """URI of a silent MP4 of the whole file, 320 pixels at its longer side, 8 pictures a second; empty for none."""
    poster: str = ""
    """URI of a JPEG in the file store."""
    first_frame: int = Field(ge=0)
    """Where the clip begins in its proxy, in frames of `fps`."""
    frames: int = Field(gt=0)
    fps: Rational
    """Of the proxy: that of the file, or the next usual rate where the file has none that is constant."""
    width: int
    """Of the original, as it is shown: upright, with square pixels."""
    height: int
    has_sound: bool
    """Whether it is audible, not whether it has an audio track."""
    title: str
    caption: str
    tags: tuple[str, ...] = ()
    look: Look
    phash: str
    """Perceptual hash of the middle frame: 64 bits as 16 hex digits."""
    active: Area = WHOLE
    """The part of the picture without bars at its edges and without burnt-in text that can be cropped away."""
    burnt_in: bool = False
    """Whether burnt-in text stays in `active`."""
    activity: tuple[int, ...] = ()
    """How much changes in each half second: mean luma difference, in thousandths of full range; empty when unknown."""
    notes: tuple[str, ...] = ()
    """What had to be done to the original, e.g. `tone-mapped from HDR (PQ)`, `turned by 90 degrees`."""
    version: int = Field(default=1, ge=1)
    """Which version of the file it was cut from, counted from 1."""
    superseded: bool = False
    """Whether a newer version of the file took its place: older films may name it, new ones are not offered it."""
    licence: Licence

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return Fraction(self.frames) / self.fps

    @property
    def words(self) -> str:
        """Everything that says what it shows: title, caption and tags, a line each."""
        return "\n".join([self.title, self.caption, *self.tags])
