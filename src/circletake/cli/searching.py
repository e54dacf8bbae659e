"""`circletake catalog search`, and the commands that keep its index in order."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from circletake.cli import show
from circletake.cli.parsing import as_json_option, between, day, listed
from circletake.domain.look import CAMERA_MOVES, SHOT_SIZES
from circletake.errors import UsageError

_BRIGHTNESS = {"dark": (None, 0.2), "mid": (0.2, 0.55), "bright": (0.55, None)}


def _brightness(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float | None, float | None]:
    if value in _BRIGHTNESS:
        return _BRIGHTNESS[value]
    return between(context, parameter, value)


@click.command()
@click.argument("text", required=False, default="")
@click.option("--use", "uses", callback=listed, required=True, metavar="U[,U]", help="style_reference, derivative, ...")
@click.option("--territory", "territories", callback=listed, required=True, metavar="T[,T]", help="DE,FR or WORLD.")
@click.option("--media", callback=listed, default="all", show_default=True, metavar="M[,M]", help="web, social, ...")
@click.option("--at", callback=day, metavar="DATE", help="First day of use (default: today).")
@click.option("--until", callback=day, metavar="DATE", help="Last day of use (default: the first).")
@click.option("--like", default="", metavar="CLIP", help="Look like this clip, or the first clip of this file.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Look like this JPEG or PNG.")
@click.option("--palette", callback=listed, metavar="#RRGGBB[,...]", help="Show these colours.")
@click.option(
    "--size", "sizes", callback=listed, metavar="S[,S]", help=f"Shot size, as its words say: {', '.join(SHOT_SIZES)}."
)
@click.option(
    "--move", "moves", callback=listed, metavar="M[,M]", help="Camera move, as measured: static, pan_left, ..."
)
@click.option("--duration", "seconds", callback=between, metavar="S-S", help="Seconds, e.g. 2-6, 2- or -6.")
@click.option("--brightness", "luma", callback=_brightness, metavar="B", help="dark, mid, bright, or e.g. 0.1-0.4.")
@click.option("--per-owner", type=click.IntRange(1), metavar="N", help="At most N of one owner while others are left.")
@click.option("-k", type=click.IntRange(1, 1000), default=8, show_default=True, help="How many.")
@click.option(
    "--sheet", type=click.Path(path_type=Path), metavar="FILE", help="Also write a contact sheet, .html or .png."
)
@as_json_option
def search(
    text: str, as_json: bool, at: date | None, until: date | None, k: int, sheet: Path | None, **asked: Any
) -> None:
    """Find clips for TEXT that may be used for all of this, everywhere named, on every day of it."""
    from pydantic import ValidationError

    from circletake.cli.settle import opened
    from circletake.domain.reference import Filters
    from circletake.domain.rights import RightsContext, Window
    from circletake.domain.schema import first_problem
    from circletake.studio import searching

    rights = {name: asked.pop(name) for name in ("uses", "territories", "media")}
    filters = {name: asked.pop(name) for name in ("sizes", "moves", "seconds", "luma")}
    _known("shot size", filters["sizes"], SHOT_SIZES)
    _known("camera move", filters["moves"], CAMERA_MOVES)
    with opened() as studio:
        first = at or studio.clock.today()
        try:
            context = RightsContext(**rights, window=Window(first=first, last=until or first))
            chosen = Filters(**{name: value for name, value in filters.items() if value})
        except ValidationError as error:
            raise UsageError(first_problem(error)) from error
        wish = searching.Wish(text=text, filters=chosen, **{**asked, "palette": asked["palette"] or ()})
        found = searching.find(studio, wish, rights=context, k=k)
        if sheet is not None:
            searching.sheet(studio, found, wish, rights=context, path=sheet)
    if as_json:
        hits = [one.model_dump(mode="json") for one in found.references]
        show.as_json({"hits": hits, "shortfall": found.shortfall, "sheet": str(sheet) if sheet else None})
    else:
        show.found(found)
        if sheet is not None:
            show.line(f"contact sheet: {sheet}")


def _known(what: str, given: tuple[str, ...] | None, names: tuple[str, ...]) -> None:
    for one in given or ():
        if one not in names:
            raise UsageError(f"there is no {what} {one!r}: use {', '.join(names)}")


@click.command()
@as_json_option
def reindex(as_json: bool) -> None:
    """Fill the search index again from the record."""
    from circletake.cli.settle import opened
    from circletake.studio import searching

    with opened() as studio:
        clips = searching.reindex(studio)
    show.as_json({"clips": clips}) if as_json else show.line(f"the search index was filled again: {clips} clips")


@click.command()
@as_json_option
def reembed(as_json: bool) -> None:
    """Embed every clip that has no vector of the embedder of the settings; may be stopped and run again."""
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching
    from circletake.studio import searching

    with opened() as studio, watching(studio, quiet=as_json):
        studio.told("reembed", "begins")
        clips = searching.reembed(studio)
        studio.told("reembed", "done")
    show.as_json({"clips": clips}) if as_json else show.line(f"{clips} clip{'' if clips == 1 else 's'} embedded")


COMMANDS = (search, reindex, reembed)
