"""Spending: what a production, or the whole studio, may spend and has spent. USD."""

from __future__ import annotations

from decimal import Decimal

from circletake.domain.money import Usd
from circletake.domain.schema import Value


class Spending(Value):
    """The sums of one budget."""

    cap: Usd | None = None
    """Most that may be spent; `None` when it has no cap of its own."""
    reserved: Usd = Decimal(0)
    """Set aside for calls that are under way."""
    spent: Usd = Decimal(0)
    unknown: Usd = Decimal(0)
    """Quotes of calls that may have been charged: nobody can tell. Counted against the cap."""
    left: Usd = Decimal(0)
    """What may still be spent: 0 without any cap."""
