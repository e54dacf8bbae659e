"""Commands that turn productions and answer for their money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

from circletake.cli.finishing import finish
from circletake.cli.parsing import as_json_option, dollars

_STEPS = ("plan", "catalog", "generate", "review", "conform", "assemble", "publish")


@click.command()
@click.argument("production", metavar="ID")
@as_json_option
def cancel(production: str, as_json: bool) -> None:
    """Begin nothing more for a production; what was paid for is collected."""
    from dataclasses import asdict

    from circletake.cli import show, show_money
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching
    from circletake.studio.control import cancel as stop

    with opened() as studio, watching(studio, quiet=as_json):
        stopped = stop(studio, production)
    show.as_json(asdict(stopped)) if as_json else show_money.stopped(stopped)


@click.command()
@click.argument("production", metavar="ID")
@click.option("--from", "step", type=click.Choice(_STEPS), required=True, help="The step that is to run again.")
@as_json_option
def rerun(production: str, step: Any, as_json: bool) -> None:
    """Take a production back to a step, in a new round; what was made before is kept."""
    from circletake.cli.settle import opened
    from circletake.cli.watch import watching
    from circletake.studio.control import rerun as again

    with opened() as studio:
        with watching(studio, quiet=as_json):
            made = again(studio, production, step)
        finish(made, as_json)


@click.command()
@click.option("--slots", type=click.IntRange(1, 64), default=1, show_default=True, help="Productions at a time.")
@click.option("--until-idle", is_flag=True, help="End when there is nothing left to do.")
@as_json_option
def work(slots: int, until_idle: bool, as_json: bool) -> None:
    """Drive productions that nobody drives: whose process died, or whose person has decided."""
    from circletake.cli import show
    from circletake.cli.settle import opened
    from circletake.studio.working import Work

    driven: list[dict[str, str]] = []

    def told(production: str, what: str) -> None:
        driven.append({"production": production, "what": what})
        if not as_json:
            show.line(f"{production}  {what}")

    with opened() as studio:
        count = Work(studio, slots=slots, told=told).run(until_idle=until_idle)
    if as_json:
        show.as_json({"driven": count, "events": driven})


@click.command()
@click.argument("production", metavar="[ID]", required=False)
@click.option("--unknown", is_flag=True, help="Only those that may have been charged: nobody can tell.")
@as_json_option
def operations(production: str | None, unknown: bool, as_json: bool) -> None:
    """List journalled calls and their money, of one production or of all."""
    from circletake.cli import show, show_money
    from circletake.cli.settle import opened

    with opened() as studio:
        if production is not None:
            studio.productions.standing(production)
        found = studio.operations.listed(production=production, state="unknown" if unknown else None)
    if as_json:
        show.as_json([one.model_dump(mode="json", exclude={"request"}) for one in found])
    else:
        show_money.operations(found, unknown=unknown)


@click.command()
@click.argument("key")
@click.option("--charged/--not-charged", "charged", default=None, help="What the provider's bill says.")
@as_json_option
def reconcile(key: str, charged: bool | None, as_json: bool) -> None:
    """Say what became of an operation that is unknown: KEY as `circletake operations --unknown` shows it."""
    from circletake.cli import show, show_money
    from circletake.cli.settle import opened
    from circletake.errors import UsageError
    from circletake.studio.control import reconcile as book

    if charged is None:
        raise UsageError("say what the provider's bill says: --charged or --not-charged")
    with opened() as studio:
        one = book(studio, key, charged=charged)
    if as_json:
        show.as_json(one.model_dump(mode="json", exclude={"request"}))
    else:
        show_money.reconciled(one)


@click.command()
@click.argument("production", metavar="[ID]", required=False)
@click.option("--baseline", callback=dollars, metavar="USD", help="What an asset costs by hand, to compare with.")
@as_json_option
def cost(production: str | None, baseline: Decimal | None, as_json: bool) -> None:
    """Show what a production cost, or all of them: estimated, reserved, spent, unknown, saved, for each asset."""
    from dataclasses import asdict

    from circletake.cli import show, show_money
    from circletake.cli.settle import opened
    from circletake.studio.spending import cost as add_up

    with opened() as studio:
        found = add_up(studio, production, baseline=baseline)
    show.as_json(asdict(found)) if as_json else show_money.cost(found)


COMMANDS = (cancel, rerun, work, operations, reconcile, cost)
