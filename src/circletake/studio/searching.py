"""Searching the catalogue by hand: words, a clip, a picture or colours; and keeping its index in order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from circletake.domain.colour import oklab
from circletake.domain.reference import NO_FILTERS, Filters, Found, Query
from circletake.domain.rights import RightsContext
from circletake.errors import MediaError, UsageError

if TYPE_CHECKING:
    from circletake.domain.look import Look
    from circletake.studio.room import Studio

_LARGEST = 64 * 2**20
"""Bytes of a picture file that is opened."""
_WIDTH = 640
"""Pixels to which a picture is brought down before its look is measured."""


@dataclass(frozen=True)
class Wish:
    """What somebody looks for; what is empty does not count."""

    text: str = ""
    like: str = ""
    """A clip, or a file of the catalogue, whose first clip counts."""
    picture: Path | None = None
    """A JPEG or PNG."""
    palette: Sequence[str] = ()
    """Colours as `#rrggbb`."""
    filters: Filters = NO_FILTERS
    per_owner: int | None = None

    @property
    def in_words(self) -> str:
        """Say what is looked for."""
        parts = [self.text.strip()] if self.text.strip() else []
        parts += [f"like {self.like}"] if self.like else []
        parts += [f"like {self.picture.name}"] if self.picture else []
        parts += [f"in {', '.join(self.palette)}"] if self.palette else []
        return ", ".join(parts) or "everything"


def find(studio: Studio, wish: Wish, *, rights: RightsContext, k: int) -> Found:
    """Return up to `k` clips that may be used as `rights` asks.

    Raises:
        UsageError: nothing is looked for, or a colour is not one.
        UnknownId: there is no such clip.
        MediaError: the picture cannot be read.
    """
    try:
        palette = tuple(oklab(colour) for colour in wish.palette)
    except ValueError as error:
        raise UsageError(str(error)) from error
    query = Query(
        text=wish.text,
        like=_clip(studio, wish.like),
        look=look_of_picture(wish.picture) if wish.picture else None,
        palette=palette,
        filters=wish.filters,
        max_per_owner=wish.per_owner,
    )
    return studio.search.find(query, rights=rights, k=k)


def _clip(studio: Studio, name: str) -> str | None:
    from circletake.studio.footage import find as footage

    return footage(studio, name)[0].clip_id if name else None


def look_of_picture(path: Path) -> Look:
    """Measure the look of a JPEG or PNG.

    Raises:
        MediaError: it is not there, too large, or neither.
    """
    from circletake.media.look import measure
    from circletake.media.picture import from_rgb
    from circletake.media.still import thumbnail

    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from error
    if len(data) > _LARGEST:
        raise MediaError(f"{path} is larger than {_LARGEST // 2**20} MB: give a smaller picture")
    try:
        rgb = thumbnail(data, width=_WIDTH)
    except MediaError as error:
        raise MediaError(f"{path} cannot be read: it is neither JPEG nor PNG") from error
    return measure([from_rgb(rgb)] * 2, fps=Fraction(2), sound=None)


def sheet(studio: Studio, found: Found, wish: Wish, *, rights: RightsContext, path: Path) -> None:
    """Write the hits as a page or as a picture, by the ending of `path`: html or png.

    Raises:
        UsageError: it ends in neither.
        MediaError: a poster cannot be read.
        HomeError: it cannot be written.
    """
    from circletake.catalog import finding
    from circletake.runtime.files import write_atomically

    told = {"asked": wish.in_words, "rights": rights, "files": studio.files}
    if path.suffix.lower() == ".html":
        data = finding.page(found, **told).encode()
    elif path.suffix.lower() == ".png":
        data = finding.picture(found, **told)
    else:
        raise UsageError(f"a sheet is written as .html or .png, not as {path.name}")
    write_atomically(path, data)


def reindex(studio: Studio) -> int:
    """Fill the search index again from the record; returns how many clips it holds."""
    return studio.search.reindex()


def reembed(studio: Studio) -> int:
    """Embed every clip that has no vector of the embedder of the settings; returns how many."""
    return studio.search.reembed(progress=studio.progress)
