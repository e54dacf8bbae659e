"""`circletake catalog ...`: the footage and its rights."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circletake.cli.parsing import as_json_option, day, listed
from circletake.errors import UsageError


@click.group()
def catalog() -> None:
    """The footage, and what it may be used for."""


@catalog.command()
@as_json_option
def starter(as_json: bool) -> None:
    """Make the procedural starter catalogue; does nothing where it is there already."""
    from circletake.cli import show
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching

    with opened() as studio, watching(studio, quiet=as_json):
        studio.told("starter", "begins")
        clips = studio.starter()
        studio.told("starter", "done")
    show.as_json({"clips": clips}) if as_json else show.line(f"the catalogue holds {clips} clips")


@catalog.command()
@click.argument("text")
@click.option("--use", "uses", callback=listed, required=True, metavar="U[,U]", help="style_reference, derivative, ...")
@click.option("--territory", "territories", callback=listed, required=True, metavar="T[,T]", help="DE,FR or WORLD.")
@click.option("--media", callback=listed, default="all", show_default=True, metavar="M[,M]", help="web, social, ...")
@click.option("--at", callback=day, metavar="DATE", help="First day of use (default: today).")
@click.option("--until", callback=day, metavar="DATE", help="Last day of use (default: the first).")
@click.option("-k", type=click.IntRange(1, 1000), default=8, show_default=True, help="How many.")
@as_json_option
def search(text: str, as_json: bool, at: date | None, until: date | None, k: int, **rights: Any) -> None:
    """Find clips for TEXT that may be used for all of this, everywhere named, on every day of it."""
    from pydantic import ValidationError

    from circletake.cli import show
    from circletake.cli.settle import opened
    from circletake.domain.reference import Query
    from circletake.domain.rights import RightsContext, Window
    from circletake.domain.schema import first_problem

    with opened() as studio:
        first = at or studio.clock.today()
        try:
            context = RightsContext(**rights, window=Window(first=first, last=until or first))
        except ValidationError as error:
            raise UsageError(first_problem(error)) from error
        found = studio.search.find(Query(text=text), rights=context, k=k)
    if as_json:
        hits = [one.model_dump(mode="json") for one in found.references]
        show.as_json({"hits": hits, "shortfall": found.shortfall})
    else:
        show.found(found)
