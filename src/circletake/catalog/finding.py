"""Search results to look at: a page or a picture, each clip with its colours and what it may be used for."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from circletake.catalog.words import context_in_words, licence_in_words
from circletake.domain.clip import Clip
from circletake.domain.colour import hexadecimal, srgb
from circletake.domain.ports import Files
from circletake.domain.reference import Found, Reference
from circletake.domain.rights import RightsContext
from circletake.errors import MediaError
from circletake.media.still import Tile, contact_sheet
from circletake.runtime.pages import template

_COLUMNS = 4


@dataclass(frozen=True)
class Shown:
    """One hit, as it is shown."""

    reference: Reference
    clip: Clip
    poster: str
    """Data URI; empty when there is none."""
    palette: tuple[str, ...]
    """`#rrggbb`, most frequent first."""
    badge: str
    terms: tuple[str, ...]
    """The licence in words, lines apart."""


def page(found: Found, *, asked: str, rights: RightsContext, files: Files) -> str:
    """Return the hits as one self-contained HTML page.

    Args:
        found: what a search answered.
        asked: what was looked for, in words.
        rights: what it was asked for.
        files: holds the posters.

    Raises:
        MediaError: a poster is gone, or cannot be read.
    """
    shown = [
        Shown(
            reference=one,
            clip=clip,
            poster=f"data:image/jpeg;base64,{b64encode(_poster(clip, files)).decode()}" if clip.poster else "",
            palette=tuple(hexadecimal(colour) for colour in clip.look.palette),
            badge=_badge(one),
            terms=licence_in_words(one.licence, today=rights.window.first),
        )
        for one, clip in zip(found.references, found.clips, strict=True)
    ]
    filled = template("circletake.catalog", "found.html")
    return filled.render(shown=shown, asked=asked, terms=context_in_words(rights), shortfall=found.shortfall)


def picture(found: Found, *, asked: str, rights: RightsContext, files: Files) -> bytes:
    """Return the hits as a PNG, 1600 pixels wide.

    Raises:
        MediaError: a poster is gone, or cannot be read.
    """
    count = f"{len(found.clips)} clip{'' if len(found.clips) == 1 else 's'}"
    short = f" · {found.shortfall} fewer than asked for" if found.shortfall else ""
    tiles = [
        Tile(
            group=count,
            label=clip.title,
            picture=_poster(clip, files) if clip.poster else b"",
            caption=_badge(one),
            strip=tuple(srgb(colour) for colour in clip.look.palette),
        )
        for one, clip in zip(found.references, found.clips, strict=True)
    ]
    return contact_sheet(tiles, columns=_COLUMNS, title=asked, subtitle=f"{context_in_words(rights)}{short}")


def _badge(one: Reference) -> str:
    return "cut in" if one.may_cut_in else "style only"


def _poster(clip: Clip, files: Files) -> bytes:
    path = files.path(clip.poster)
    try:
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"the poster of clip {clip.clip_id} cannot be read: {path}") from error
