"""`circletake catalog ...`: the footage and its rights."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from circletake.cli import show
from circletake.cli.parsing import as_json_option, span
from circletake.cli.searching import COMMANDS


@click.group()
def catalog() -> None:
    """The footage, and what it may be used for."""


@catalog.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--rights", "table", required=True, type=click.Path(path_type=Path), metavar="CSV", help="Rights table.")
@as_json_option
def add(paths: tuple[Path, ...], table: Path, as_json: bool) -> None:
    """Take video files and folders into the catalogue, with the rights that CSV gives them.

    Originals are only read. A file that cannot be used is refused with one line, the rest is taken in; the exit code is
    then 1. Running it again reads what is new or changed.
    """
    from circletake.cli import show_footage
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching
    from circletake.studio import footage

    with opened() as studio, watching(studio, quiet=as_json, counts="bytes"):
        studio.told("add", "begins")
        added = footage.add(studio, paths, table=table)
        studio.told("add", "done")
        held = studio.clips.count()
    show.as_json(show_footage.added_as_json(added)) if as_json else show_footage.added(added, held=held)
    if added.count("refused"):
        raise click.exceptions.Exit(1)


@catalog.command("show")
@click.argument("clip")
@as_json_option
def show_(clip: str, as_json: bool) -> None:
    """Show a clip, or all clips of a file: rights in words, palette, poster, what was done to the picture."""
    from circletake.cli import show_footage
    from circletake.cli.settle import opened
    from circletake.studio import footage

    with opened() as studio:
        clips = footage.find(studio, clip)
        if as_json:
            show.as_json([show_footage.clip_as_json(one, files=studio.files) for one in clips])
        else:
            show_footage.clips(clips, files=studio.files, today=studio.clock.today())


@catalog.command()
@click.option("--expiring", callback=span, metavar="DAYS", help="Only what ends within e.g. 90d or 12w.")
@as_json_option
def rights(expiring: timedelta | None, as_json: bool) -> None:
    """List the rights of every file, the soonest to end first."""
    from circletake.cli import show_footage
    from circletake.cli.settle import opened
    from circletake.studio import footage

    with opened() as studio:
        rows = footage.expiries(studio, within=expiring)
    show.as_json([one.__dict__ for one in rows]) if as_json else show_footage.expiries(rows, within=expiring)


@catalog.command()
@click.argument("name", metavar="OWNER|LICENCE")
@click.option("--undo", is_flag=True, help="Lift the revocation: the rights are again what the table said.")
@as_json_option
def revoke(name: str, undo: bool, as_json: bool) -> None:
    """Revoke all footage of an owner, or under a licence: nothing may use it from now on.

    Holds for footage that is added later too, whatever its table says. Names the films that already hold some.
    """
    from circletake.cli import show_footage
    from circletake.cli.settle import opened
    from circletake.studio import footage

    with opened() as studio:
        done = footage.revoke(studio, name, undo=undo)
    show.as_json(asdict(done)) if as_json else show_footage.revoked(done, undo=undo)


@catalog.command()
@as_json_option
def starter(as_json: bool) -> None:
    """Make the procedural starter catalogue; does nothing where it is there already."""
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching

    with opened() as studio, watching(studio, quiet=as_json):
        studio.told("starter", "begins")
        clips = studio.starter()
        studio.told("starter", "done")
    show.as_json({"clips": clips}) if as_json else show.line(f"the catalogue holds {clips} clips")


for _command in COMMANDS:
    catalog.add_command(_command)
