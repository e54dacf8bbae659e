"""Take a file into the catalogue: it is played once, and everything the house needs to know of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from circletake.domain.clip import Area
from circletake.domain.look import Look


@dataclass(frozen=True)
class Shot:
    """One shot of the file."""

    first_frame: int
    """In the proxy."""
    frames: int
    look: Look
    phash: str
    poster: bytes
    """A JPEG of its middle picture."""
    active: Area
    burnt_in: bool
    activity: tuple[int, ...]
    has_sound: bool
    """Whether it is audible."""


@dataclass(frozen=True)
class Ingested:
    """What a file holds, measured."""

    fps: Fraction
    """Of the proxy."""
    frames: int
    width: int
    """Of the original as it is shown."""
    height: int
    has_audio: bool
    codec: str
    notes: tuple[str, ...]
    shots: tuple[Shot, ...]


def ingest(
    source: BinaryIO,
    *,
    name: str,
    proxy: Path,
    preview: Path,
    codec: str,
    text_hint: bool,
    progress: Callable[[float], None],
) -> Ingested:
    """Play a file once and write its proxy and preview; see the module.

    Raises:
        MediaError: it cannot be used; nothing is left at `proxy` and `preview`.
    """
    raise NotImplementedError
