"""Money: USD as Decimals with a fixed scale, and quotes that say what they rest on."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from circletake.domain.schema import Value

Usd = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=6), PlainSerializer(str, return_type=str)]
"""An amount in US dollars, to the millionth; stored as text so that it is never a float."""


class Quote(Value):
    """What an operation will cost at most, and the price that this rests on."""

    amount: Usd
    """Upper bound in USD."""
    price: str
    """Name of the price, e.g. `ripomatic: free`."""
    as_of: date
    """Day on which the price was taken down."""

    @property
    def is_free(self) -> bool:
        """Whether nothing at all is charged."""
        return self.amount == 0


def to_micros(amount: Decimal) -> int:
    """Return an amount as whole millionths of a dollar, rounded up: a cap is never passed by rounding."""
    return int((amount * 1_000_000).to_integral_value(rounding=ROUND_CEILING))


def from_micros(micros: int) -> Decimal:
    """Return millionths of a dollar as an amount."""
    return Decimal(micros).scaleb(-6)


def dollars(amount: Decimal) -> str:
    """Return an amount as people write it: `1.50 USD`, and more digits only where they say something."""
    whole, _, parts = f"{amount:.6f}".partition(".")
    return f"{whole}.{parts.rstrip('0').ljust(2, '0')} USD"
