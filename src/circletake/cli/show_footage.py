"""Print footage and its rights for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from circletake.cli.show import console, line
from circletake.domain.clip import Clip
from circletake.domain.colour import hexadecimal
from circletake.domain.ports import Files
from circletake.domain.timing import timecode

if TYPE_CHECKING:
    from circletake.catalog.adding import Added, FileOutcome
    from circletake.studio.footage import Expiry, Revoked

_COLUMNS = 64
"""Characters across of a poster; each shows two pixels, one above the other."""


def added(done: Added, *, held: int) -> None:
    """Print a line for every file of which there is something to say, and the sum."""
    for one in done.files:
        if one.outcome == "refused":
            line(f"refused      {one.reason}")
        elif one.outcome in ("copy", "moved"):
            line(
                f"{one.outcome:<12} {one.reason}" if one.outcome == "copy" else f"moved        {one.file}: {one.reason}"
            )
        elif one.notes:
            line(f"{one.outcome:<12} {one.file}: {'; '.join(one.notes)}")
    for name in done.without_rights:
        line(f"no rights    {name}: the table has no row for it; it may be used for nothing")
    parts = [f"{_many(done.count('added'), 'file')} added"]
    parts += [f"{done.count(name)} {word}" for name, word in _OUTCOMES if done.count(name)]
    parts += [f"rights of {_many(done.rights_changed, 'file')} changed"] if done.rights_changed else []
    line(f"{', '.join(parts)}; {_many(done.clips, 'new clip')}, the catalogue holds {held}")


_OUTCOMES: tuple[tuple[FileOutcome, str], ...] = (
    ("new version", "in a new version"),
    ("moved", "moved"),
    ("copy", "copies left out"),
    ("unchanged", "unchanged"),
    ("refused", "refused"),
)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def added_as_json(done: Added) -> dict[str, Any]:
    """Return it for scripts."""
    return {
        "files": [one.__dict__ for one in done.files],
        "clips": done.clips,
        "refused": done.count("refused"),
        "without_rights": list(done.without_rights),
        "rights_changed": done.rights_changed,
    }


def clips(found: Sequence[Clip], *, files: Files, today: date) -> None:
    """Print clips, the poster of each drawn where this is a terminal."""
    from circletake.catalog import licence_in_words

    for number, clip in enumerate(found):
        if number:
            line("")
        console.print(f"[bold]{escape(clip.title)}[/bold]  [dim]{clip.clip_id}[/dim]")
        if clip.caption:
            console.print(escape(clip.caption))
        first = timecode(clip.first_frame, clip.fps)
        line(f"file       {clip.file}  ({clip.original})")
        line(f"stretch    from {first}, {float(clip.seconds):.2f} s at {float(clip.fps):.6g} pictures a second")
        version = f", version {clip.version}" if clip.version > 1 else ""
        old = ", superseded by a newer version" if clip.superseded else ""
        line(f"picture    {clip.width}x{clip.height}{version}{old}")
        for said in picture_in_words(clip):
            line(f"           {said}")
        line(f"sound      {f'{clip.look.loudness:.1f} LUFS' if clip.has_sound else 'silent'}")
        for place, said in enumerate(licence_in_words(clip.licence, today=today)):
            line(f"{'rights' if place == 0 else '':<10} {said}")
        _palette(clip)
        _poster(clip, files)


def picture_in_words(clip: Clip) -> list[str]:
    """Say what was done to the picture, and what will be cropped from it."""
    said = list(clip.notes)
    if clip.active.share < 1:
        said.append(f"{1 - clip.active.share:.0%} of it is cropped away: bars or burnt-in text")
    if clip.burnt_in:
        said.append("text is burnt in that cannot be cropped away")
    return said


def _palette(clip: Clip) -> None:
    strip = Text("palette    ")
    for colour in clip.look.palette:
        name = hexadecimal(colour)
        strip.append("     ", style=f"on {name}") if console.color_system else strip.append(f"{name} ")
    console.print(strip)


def _poster(clip: Clip, files: Files) -> None:
    """Draw the poster with half blocks: the upper half of a character is its ink, the lower half its ground."""
    path = files.path(clip.poster) if clip.poster else None
    if path is None or not path.exists():
        return
    line(f"poster     {path}")
    if not console.is_terminal or console.color_system != "truecolor":
        return
    from circletake.media.still import thumbnail

    rgb = thumbnail(path.read_bytes(), width=min(_COLUMNS, console.width))
    for upper, lower in zip(rgb[::2], rgb[1::2], strict=False):
        row = Text()
        for ink, ground in zip(upper.tolist(), lower.tolist(), strict=True):
            row.append("▀", style=f"rgb({','.join(map(str, ink))}) on rgb({','.join(map(str, ground))})")
        console.print(row)


def clip_as_json(clip: Clip, *, files: Files) -> dict[str, Any]:
    """Return a clip for scripts, with the paths of what was made of it."""
    paths = {name: str(files.path(uri)) for name in ("proxy", "preview", "poster") if (uri := getattr(clip, name))}
    return {**clip.model_dump(mode="json"), "seconds": round(float(clip.seconds), 3), "paths": paths}


def expiries(rows: Sequence[Expiry], *, within: timedelta | None) -> None:
    """Print a line a file."""
    if not rows:
        line("the catalogue holds no footage yet: circletake catalog add" if within is None else "nothing ends by then")
        return
    for one in rows:
        until, left = _until(one)
        line(
            f"{until:<11} {left:<19} {one.file:<28} {one.owner or 'owner unknown'}, {one.licence or 'licence unknown'}"
        )
        uses = ", ".join(use.replace("style_reference", "style") for use in one.uses) or "no known use"
        where = ", ".join(one.territories) or "no known place"
        media = ", ".join(one.media) or "no known medium"
        line(f"{'':<31} {uses}; {where}; {'all media' if media == 'all' else media}{_people(one)}")


def _people(one: Expiry) -> str:
    return "" if one.people_release in ("none_needed", "signed") else f"; people release {one.people_release}"


def _until(one: Expiry) -> tuple[str, str]:
    if one.expires is None:
        return "unknown", "revoked" if one.revoked else ""
    until = "for ever" if one.days is None else one.expires.isoformat()
    if one.revoked:
        return until, "revoked"
    if one.days is None:
        return until, ""
    return until, f"ended {-one.days} d ago" if one.days < 0 else f"in {one.days} days"


def revoked(done: Revoked, *, undo: bool) -> None:
    """Print what a revocation changed, and which films hold the footage."""
    what = "may be used again as its table says" if undo else "may not be used any more"
    line(f"{done.name}: {_many(len(done.files), 'file')}, {_many(done.clips, 'clip')} {what}")
    for one in done.held:
        where = f"published as {', '.join(one.films)}" if one.films else "not published"
        line(f"production {one.production} holds {', '.join(one.files)}; {where}")
