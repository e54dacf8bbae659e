"""The price table: dated data, so that a quote says what it rests on."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from circletake.domain.money import Quote, Usd
from circletake.domain.schema import Value
from circletake.errors import InvalidRequest


class Price(Value):
    """What one unit costs."""

    name: str
    usd: Usd
    per: str
    """The unit: `second` of what is delivered."""
    as_of: date
    source: str

    def quote(self, units: Decimal | int) -> Quote:
        """Return what so many units cost at most."""
        return Quote(amount=self.usd * units, price=f"{self.name}: {self.usd} USD a {self.per}", as_of=self.as_of)


@cache
def _table() -> dict[str, Price]:
    text = files("circletake.generate").joinpath("prices.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["price"]
    return {row["name"]: Price(**{**row, "usd": Decimal(row["usd"])}) for row in rows}


def price_of(name: str) -> Price:
    """Return a price.

    Raises:
        InvalidRequest: it is not known, so nothing may be spent on it.
    """
    found = _table().get(name)
    if found is None:
        raise InvalidRequest(f"the price of {name} is not known, so nothing is spent on it")
    return found
