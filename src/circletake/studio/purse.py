"""What a plan will cost with the generator that will shoot it, and what may be spent."""

from __future__ import annotations

from decimal import Decimal

from circletake.domain.money import Quote
from circletake.domain.plan import Plan
from circletake.generate import Generator
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.productions import Productions


class Purse:
    """Implements `review.base.Purse`."""

    def __init__(self, productions: Productions, budgets: Budgets, *, generator: Generator) -> None:
        self._productions = productions
        self._budgets = budgets
        self._generator = generator

    def estimate(self, production: str, plan: Plan) -> Quote:
        """Return what the takes of a plan will cost at most, and put it on record."""
        takes = self._productions.terms(production).takes_for([shot.slate for shot in plan.shots])
        quote = self._generator.estimate(plan, takes)
        self._productions.set_estimate(production, quote)
        return quote

    def left(self, production: str) -> Decimal:
        """Return what a production may still spend, in USD."""
        return self._budgets.of(production).left
