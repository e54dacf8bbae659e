"""A clip: a stretch of catalogue footage, what it shows, how it looks, and the licence it rests on."""

from __future__ import annotations

from pydantic import Field

from circletake.domain.look import Look
from circletake.domain.rights import Licence
from circletake.domain.schema import Stored
from circletake.domain.timing import Rational


class Clip(Stored):
    """One stretch of one file. `clip_id` is stable for the same file content and the same stretch."""

    SCHEMA = "clip"

    clip_id: str
    """`<first 12 hex digits of the file's sha256>-<first frame>`."""
    file: str
    """The file as the rights CSV names it."""
    sha256: str
    """Of the original file."""
    original: str
    """URI of the original: a path on this machine."""
    proxy: str
    """URI of the proxy in the file store (960x540, GOP 12)."""
    poster: str = ""
    """URI of a JPEG in the file store."""
    first_frame: int = Field(ge=0)
    """Where the clip begins in the file, in frames of `fps`."""
    frames: int = Field(gt=0)
    fps: Rational
    width: int
    height: int
    has_sound: bool
    """Whether it is audible, not whether it has an audio track."""
    title: str
    caption: str
    tags: tuple[str, ...] = ()
    look: Look
    phash: str
    """Perceptual hash of the middle frame: 64 bits as 16 hex digits."""
    licence: Licence
