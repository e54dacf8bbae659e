"""Print values for people. Everything that is shown here is also in --json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from circletake.domain.timing import seconds_of

if TYPE_CHECKING:
    from circletake.assemble import Verification
    from circletake.domain.plan import Plan
    from circletake.domain.reference import Found
    from circletake.domain.take import CircledTake, Take
    from circletake.reliability import Interval, Rate, Report
    from circletake.runtime.database.productions import Standing
    from circletake.studio.doctor import Finding
    from circletake.studio.room import Film

console = Console(highlight=False, soft_wrap=False)


def as_json(value: object) -> None:
    """Print JSON."""
    console.print_json(
        json.dumps(value, ensure_ascii=False, default=str), highlight=False
    ) if console.is_terminal else (
        console.print(json.dumps(value, indent=2, ensure_ascii=False, default=str), markup=False, soft_wrap=True)
    )


def line(text: str) -> None:
    """Print one line, never broken and never read as markup."""
    console.print(text, markup=False, soft_wrap=True)


def grid(*columns: str, title: str = "") -> Table:
    """Return an empty table without lines."""
    table = Table(box=None, title=title or None, title_justify="left", header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def film(made: Film) -> None:
    """Print how a production stands; the film's path comes last."""
    line(f"production     {made.production}  ({made.status})")
    for name, path in (("receipt", made.receipt), ("contact sheet", made.contact_sheet), ("film", made.film)):
        if path is not None:
            line(f"{name:<14} {path}")


def productions(standings: Sequence[Standing]) -> None:
    """Print a line a production."""
    if not standings:
        line('no productions yet: circletake make "your brief"')
        return
    table = grid("production", "begun", "status", "brief")
    for one in standings:
        begun = datetime.fromtimestamp(one.created_at, UTC).strftime("%Y-%m-%d %H:%M")
        status = f"waits with {one.waiting_at}" if one.waiting_at else one.status
        table.add_row(one.id, begun, status, escape(_shortened(one.text, 70)))
    console.print(table)


def _shortened(text: str, length: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def plan(version: int, plan: Plan) -> None:
    """Print a plan as a shot list."""
    seconds = float(seconds_of(plan.frames, plan.fps))
    console.print(f"[bold]{escape(plan.title)}[/bold]  [dim]plan {version}, {escape(plan.planner)}[/dim]")
    console.print(escape(plan.logline))
    console.print(
        f"[dim]{escape(plan.form)}, {escape(plan.tone)}, {seconds:g} s, {plan.aspect}, {plan.fps} fps; "
        f"{', '.join(plan.rights.territories)}, {', '.join(plan.rights.media)}, "
        f"{plan.rights.window.first} to {plan.rights.window.last}[/dim]"
    )
    for reading in plan.assumed:
        console.print(f"[yellow]assumed[/yellow] {escape(reading.field)}: {escape(reading.value)}", soft_wrap=True)
    for conflict in plan.conflicts:
        console.print(f"[red]conflict[/red] {escape(conflict)}", soft_wrap=True)
    for scene in plan.scenes:
        console.print(f"\n[bold]{scene.number}. {escape(scene.heading)}[/bold]  {escape(scene.summary)}")
        table = grid("slate", "sec", "size", "move", "action")
        for shot in scene.shots:
            words = f"  [title: {shot.title}]" if shot.title else ""
            length = f"{float(seconds_of(shot.frames, plan.fps)):.2f}"
            table.add_row(shot.slate, length, shot.size, shot.move.replace("_", " "), escape(shot.action + words))
        console.print(table)


def takes(found: Sequence[Take], circled: Mapping[str, CircledTake]) -> None:
    """Print a line a take."""
    table = grid("take", "circled", "quality control", "cut in", "look from")
    for take in found:
        choice = circled.get(take.slate)
        mark = ""
        if choice is not None and choice.number == take.number:
            mark = "by " + choice.who + ("" if choice.by == "person" else " (not by a person)")
        verdict = "passed" if take.qc.passed else "[red]" + escape("; ".join(take.qc.reasons)) + "[/red]"
        table.add_row(
            take.id, escape(mark), verdict, escape(", ".join(take.files)), escape(", ".join(take.style_clips))
        )
    console.print(table)


def found(result: Found) -> None:
    """Print search hits."""
    table = grid("clip", "file", "score", "use", "owner", "title")
    for one in result.references:
        use = "cut in" if one.may_cut_in else "style only"
        table.add_row(
            one.clip_id, escape(one.file), f"{one.score:.2f}", use, escape(one.licence.owner), escape(one.title)
        )
    console.print(table)
    if result.shortfall:
        line(f"shortfall: {result.shortfall} fewer than asked for; nothing else may be used for this")


def findings(found: Sequence[Finding]) -> None:
    """Print what the doctor found, a line each."""
    for one in found:
        line(f"{one.state:<7} {one.what:<13} {one.told}")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f} %"


def _rate(rate: Rate, interval: Interval) -> str:
    return "-" if rate.value is None else _percent(rate.value) + _between(interval)


def reliability(found: Report, page: Path) -> None:
    """Print the steps, multiplied out; the page with the charts comes last."""
    from circletake.reliability import LEVELS

    table = grid("step", "turns", "first attempt", "in the end", "median s", "one point buys")
    for one in found.steps:
        table.add_row(
            one.step,
            str(one.turns),
            escape(_rate(one.first, one.first_interval)),
            escape(_rate(one.recovered, one.recovered_interval)),
            f"{one.seconds:.2f}",
            f"{one.one_point:.2f} points" if one.one_point else "-",
        )
    console.print(table)
    line("")
    line(f"multiplied out over {found.productions} production{'' if found.productions == 1 else 's'}:")
    intervals = {LEVELS[0]: found.first_interval, LEVELS[-1]: found.recovered_interval}
    for name, value in zip(LEVELS, found.levels, strict=True):
        line(f"  {name:<16} {_percent(value):>7}{_between(intervals.get(name))}")
    for what, amounts in (
        ("refused, rightly", {one.step: str(one.refused) for one in found.steps if one.refused}),
        ("charged, USD", {one.step: f"{one.spent:.2f}" for one in found.steps if one.spent}),
        ("failed with", {one.step: _counted(one.failures) for one in found.steps if one.failures}),
    ):
        if amounts:
            line(f"{what}: " + "; ".join(f"{step} {amount}" for step, amount in amounts.items()))
    if found.invest_here:
        line(f"invest here first: {found.invest_here}")
    line(f"page: {page}")


def _counted(failures: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {times}" for name, times in failures.items())


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f"  [{interval.low * 100:.0f}-{interval.high * 100:.0f}]"


def verification(path: str, read: Verification) -> None:
    """Print what a signature says."""
    line(f"{path}: {read.state}")
    for name in ("signer", "source_type"):
        if getattr(read, name):
            line(f"{name.replace('_', ' '):<14} {getattr(read, name)}")
    for title, rows in (("actions", read.actions), ("ingredients", read.ingredients), ("problems", read.problems)):
        for row in rows:
            line(f"{title:<14} {row}")
