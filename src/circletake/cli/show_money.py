"""Print money, and the calls that it went to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.markup import escape

from circletake.cli.show import console, grid, line
from circletake.domain.money import dollars

if TYPE_CHECKING:
    from circletake.domain.operation import Operation
    from circletake.studio.control import Stopped
    from circletake.studio.spending import Cost


def stopped(what: Stopped) -> None:
    """Print what a cancellation came to."""
    if what.driver:
        line(f"{what.production} is cancelled; {what.driver} drives it, begins nothing more and collects what is paid")
        return
    line(f"{what.production} is cancelled: {what.cancelled} operations were never begun")
    if what.collected or what.spent:
        line(f"collected {what.collected} paid operations, {dollars(what.spent)}")
    if what.unknown:
        line(f"{what.unknown} may have been charged: circletake operations {what.production} --unknown")


def operations(found: Sequence[Operation], *, unknown: bool) -> None:
    """Print a line an operation."""
    if not found:
        line("no operation is unknown" if unknown else "no operations yet")
        return
    table = grid("operation", "state", "generator", "quote", "spent", "why")
    table.columns[0].no_wrap = True
    for one in found:
        quote = "free" if one.quote == 0 else dollars(one.quote)
        spent = "" if one.spent is None or one.quote == 0 else dollars(one.spent)
        table.add_row(escape(one.key), one.state, escape(one.generator), quote, spent, escape(one.error or ""))
    console.print(table)
    if unknown:
        total = sum((one.quote for one in found), Decimal(0))
        line(f"{len(found)} may have been charged, {dollars(total)} at most. Look at the provider's bill, then:")
        line(f"circletake reconcile {found[0].key} --charged, or --not-charged")


def reconciled(one: Operation) -> None:
    """Print what an operation was booked as."""
    line(f"{one.key} is {one.state}: {dollars(one.spent or Decimal(0))} spent")


def cost(found: Cost) -> None:
    """Print what was spent, and what came of it."""
    for name, text in _rows(found):
        line(f"{name:<22} {text}")


def _rows(found: Cost) -> list[tuple[str, str]]:
    rows: list[tuple[str, str | None]] = [
        ("production", found.production) if found.production else ("productions", str(found.productions)),
        ("estimate", dollars(found.estimate) + (f"  ({found.price})" if found.price else "")),
        ("cap", _cap(found)),
        ("reserved", dollars(found.reserved)),
        ("spent", dollars(found.spent)),
        ("unknown", dollars(found.unknown) + ("  circletake operations --unknown" if found.unknown else "")),
        ("left", dollars(found.left) if found.production or found.cap is not None else None),
        ("saved by taking up", f"{dollars(found.saved)}  ({found.taken_up} operations not done again)"),
        ("circled takes", _each(found.circled, found.a_circled_take)),
        ("assets", _each(found.assets, found.an_asset)),
    ]
    if found.baseline is not None:
        rows.append(("by hand", f"{dollars(found.baseline)} an asset"))
        if found.saved_an_asset is not None:
            word = "saved" if found.saved_an_asset >= 0 else "lost"
            rows.append((word, f"{dollars(abs(found.saved_an_asset))} an asset"))
        if found.break_even is not None:
            rows.append(("break-even", f"when {found.break_even:.1%} of the productions end as an asset"))
    return [(name, text) for name, text in rows if text is not None]


def _cap(found: Cost) -> str:
    if found.cap is not None:
        return dollars(found.cap)
    return "none: nothing may be spent" if found.production else "none for the studio; --budget caps each production"


def _each(count: int, each: Decimal | None) -> str:
    return str(count) + (f"  ({dollars(round(each, 2))} each)" if each is not None else "")
