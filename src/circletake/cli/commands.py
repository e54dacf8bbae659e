"""One function a command."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from circletake import __version__
from circletake.cli.catalog import catalog
from circletake.cli.finishing import finish
from circletake.cli.parsing import as_json_option, day, dollars, listed, seconds
from circletake.cli.turning import COMMANDS
from circletake.errors import BriefError, PlanError, UsageError

if TYPE_CHECKING:
    from circletake.domain.brief import Brief


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="circletake")
def cli() -> None:
    """Take a brief to a published film: plan, catalogue, takes, circled takes, cut, release.

    The studio's state lies in CIRCLETAKE_HOME (default: ./studio).
    """


@cli.command()
@as_json_option
def init(as_json: bool) -> None:
    """Make the studio's home: database, keys, folders."""
    from circletake.cli import show
    from circletake.cli.settle import opened

    with opened() as studio:
        told = {"home": str(studio.home), "clips": studio.clips.count(), "keys": str(studio.home / "keys")}
    show.as_json(told) if as_json else show.line(
        f'{told["home"]}: ready, {told["clips"]} clips. Next: circletake make "cold open, 20s, dread tone"'
    )


@cli.command()
@as_json_option
def doctor(as_json: bool) -> None:
    """Look over the studio: home, record, search index, embedder, originals, money in doubt.

    Brings the search index up to date. The exit code is 1 where something is broken.
    """
    from dataclasses import asdict

    from circletake.cli import show
    from circletake.cli.settle import opened
    from circletake.studio.doctor import examine

    with opened() as studio:
        found = examine(studio)
    show.as_json([asdict(one) for one in found]) if as_json else show.findings(found)
    if any(one.state == "broken" for one in found):
        raise click.exceptions.Exit(1)


@cli.command()
@click.argument("brief")
@click.option("--takes", type=click.IntRange(1), help="Takes in all, spread over the shots (default 24, or 3 a shot).")
@click.option("--takes-per-shot", type=click.IntRange(1), help="Takes of every shot; excludes --takes.")
@click.option("--generator", default="ripomatic", show_default=True, help="What makes the takes.")
@click.option("--planner", default="storyboard", show_default=True, help="What makes the plan.")
@click.option(
    "--pick",
    type=click.Choice(["human", "provisional"]),
    default="human",
    show_default=True,
    help="Who decides on plan, takes and film; provisional is marked 'not by a person'.",
)
@click.option("--budget", callback=dollars, metavar="USD", help="Most that may be spent (default: nothing).")
@click.option("--aspect", type=click.Choice(["16:9", "9:16", "1:1", "4:5"]), help="Frame (default: from the brief).")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=1,
    show_default=True,
    help="Same brief, catalogue and seed: same film.",
)
@click.option("--duration", callback=seconds, metavar="S", help="Seconds (default: from the brief).")
@click.option("--territory", "territories", callback=listed, metavar="T[,T]", help="Where it will be shown.")
@click.option("--media", callback=listed, metavar="M[,M]", help="In which media: web, social, broadcast, cinema, ...")
@click.option("--use", "uses", callback=listed, metavar="U[,U]", help="What for: derivative, publish, ...")
@click.option("--release", callback=day, metavar="DATE", help="First day of release (default: today).")
@click.option("--until", callback=day, metavar="DATE", help="Last day of release (default: a year later).")
@as_json_option
def make(brief: str, as_json: bool, **options: Any) -> None:
    """Make a film of a BRIEF, or of the text in @FILE."""
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching

    if options["takes"] is not None and options["takes_per_shot"] is not None:
        raise UsageError("--takes and --takes-per-shot exclude each other: give one of them")
    said = ("duration", "aspect", "territories", "media", "uses", "release", "until")
    asked = _brief(_text(brief), {name: options.pop(name) for name in said})
    with opened() as studio:
        with watching(studio, quiet=as_json):
            made = studio.make(asked, **options)
        finish(made, as_json)


def _text(brief: str) -> str:
    if not brief.startswith("@"):
        return brief
    try:
        return Path(brief[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BriefError(f"cannot read the brief {brief[1:]}: {error}") from error


def _brief(text: str, said: dict[str, Any]) -> Brief:
    from pydantic import ValidationError

    from circletake.domain.brief import Brief
    from circletake.domain.schema import first_problem

    try:
        return Brief(text=text, **said)
    except ValidationError as error:
        raise BriefError(first_problem(error)) from error


@cli.command()
@as_json_option
def productions(as_json: bool) -> None:
    """List the productions, the newest first."""
    from circletake.cli import show
    from circletake.cli.settle import opened

    with opened() as studio:
        standings = studio.productions.all()
    show.as_json([one.__dict__ for one in standings]) if as_json else show.productions(standings)


@cli.command("show")
@click.argument("production", metavar="ID")
@as_json_option
def show_(production: str, as_json: bool) -> None:
    """Show a production: where it stands, its takes, who circled what."""
    from circletake.cli import show
    from circletake.cli.account import account, whole
    from circletake.cli.settle import opened

    with opened() as studio:
        made = studio.film(production)
        if as_json:
            show.as_json({**account(made), **whole(studio, production)})
            return
        show.film(made)
        if made.message:
            show.line(f"{'next' if made.waiting else 'stopped':<14} {made.message}")
        show.takes(studio.takes.takes(production), studio.choices.current(production))


@cli.command()
@click.argument("production", metavar="ID")
@click.option(
    "--edit",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Store the plan in FILE (edited from `circletake plan ID --json`) as a new version.",
)
@as_json_option
def plan(production: str, edit: str | None, as_json: bool) -> None:
    """Show the plan, or replace it by an edited one before it is approved."""
    import json

    from circletake.cli import show
    from circletake.cli.settle import opened

    with opened() as studio:
        if edit is None:
            version, current = studio.plan(production)
        else:
            try:
                text = Path(edit).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise PlanError(f"cannot read the plan {edit}: {error}") from error
            version, current = studio.edit_plan(production, text)
    show.as_json(json.loads(current.to_json())) if as_json else show.plan(version, current)


@cli.command()
@click.argument("production", metavar="ID")
@click.argument("point", type=click.Choice(["plan", "film"]))
@click.option("--note", default="", help="A word for the receipt.")
@as_json_option
def approve(production: str, point: Any, note: str, as_json: bool) -> None:
    """Approve the plan or the film that a production waits with."""
    from circletake.cli import show
    from circletake.cli.settle import opened

    with opened() as studio:
        studio.approve(production, point, note=note)
    told = {"production": production, "approved": point, "next": f"circletake resume {production}"}
    show.as_json(told) if as_json else show.line(f"{point} approved. Next: {told['next']}")


@cli.command()
@click.argument("production", metavar="ID")
@click.argument("slate")
@click.argument("take", type=click.IntRange(1))
@click.option("--reason", default="", help="Why this one.")
@as_json_option
def pick(production: str, slate: str, take: int, reason: str, as_json: bool) -> None:
    """Circle TAKE of SLATE: it is the one that is used."""
    from circletake.cli import show
    from circletake.cli.settle import opened

    with opened() as studio:
        left = studio.pick(production, slate.upper(), take, reason=reason)
    after = f"circletake pick {production} {left[0]} TAKE" if left else f"circletake resume {production}"
    told = {"production": production, "slate": slate.upper(), "take": take, "left": list(left), "next": after}
    show.as_json(told) if as_json else show.line(f"{slate.upper()}-{take} circled. Next: {after}")


@cli.command()
@click.argument("production", metavar="ID")
@click.option("--budget", callback=dollars, metavar="USD", help="Most that it may spend from now on.")
@as_json_option
def resume(production: str, budget: Decimal | None, as_json: bool) -> None:
    """Take a production up wherever it stands: killed, failed, or waiting for what was decided meanwhile."""
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching

    with opened() as studio:
        with watching(studio, quiet=as_json):
            made = studio.resume(production, budget=budget)
        finish(made, as_json)


@cli.command()
@click.option("--since", callback=day, metavar="DATE", help="Only attempts from that day on.")
@as_json_option
def reliability(since: date | None, as_json: bool) -> None:
    """Show how reliable every step is, multiplied out, and where to invest first.

    Writes the same with charts to reliability.html in the home.
    """
    from circletake.cli import show
    from circletake.cli.settle import opened

    begin = 0.0 if since is None else datetime.fromisoformat(f"{since}T00:00:00+00:00").timestamp()
    with opened() as studio:
        found, page = studio.reliability(since=begin)
    show.as_json(found.as_json() | {"page": str(page)}) if as_json else show.reliability(found, page)


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False))
@as_json_option
def verify(file: str, as_json: bool) -> None:
    """Read the provenance of FILE back; exit 1 unless it is signed by this studio and unchanged."""
    from dataclasses import asdict

    from circletake.cli import show
    from circletake.cli.settle import opened
    from circletake.errors import ProvenanceError

    with opened() as studio:
        read = studio.verify(Path(file))
    show.as_json(asdict(read)) if as_json else show.verification(file, read)
    if read.state != "trusted":
        raise ProvenanceError(f"{file} is {read.state}: it is not, unchanged, what this studio signed")


for one in (catalog, *COMMANDS):
    cli.add_command(one)
