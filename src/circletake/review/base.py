"""What the review department needs: small Protocols that the studio fills."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from circletake.domain.brief import Terms
from circletake.domain.cut import Master
from circletake.domain.money import Quote
from circletake.domain.plan import Plan
from circletake.domain.take import Choice, CircledTake


class PlanSource(Protocol):
    """Plan versions."""

    def get(self, production: str, version: int) -> Plan:
        """Return one version."""
        ...

    def latest(self, production: str) -> tuple[int, Plan] | None:
        """Return the newest version and its number."""
        ...


class TermsSource(Protocol):
    """How a production is made."""

    def terms(self, production: str) -> Terms:
        """Return the terms."""
        ...


class Approval(Protocol):
    """An approval on record."""

    @property
    def by(self) -> Literal["person", "provisional"]:
        """Who kind of approver."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...


class Approvals(Protocol):
    """Decisions on plan and film."""

    def of(self, production: str, point: Literal["plan", "film"], round: int) -> Approval | None:
        """Return the approval, or `None`."""
        ...

    def record(
        self, production: str, point: Literal["plan", "film"], round: int, *, by: str, who: str, note: str, at: float
    ) -> None:
        """Store an approval; one that is there already stands."""
        ...


class Circles(Protocol):
    """Who circled what."""

    def current(self, production: str) -> dict[str, CircledTake]:
        """Return slate -> circled take."""
        ...

    def circle(self, production: str, choice: Choice) -> None:
        """Append a circling; the same idempotency key twice is one event."""
        ...


class Films(Protocol):
    """Masters."""

    def master(self, production: str, cut_version: int) -> Master | None:
        """Return the master of a cut, or `None`."""
        ...


class Dailies(Protocol):
    """Shows a person the takes of a production."""

    def show(self, production: str) -> str:
        """Write the contact sheet as it stands now and return its path."""
        ...


class Purse(Protocol):
    """What a plan will cost, and what may be spent."""

    def estimate(self, production: str, plan: Plan) -> Quote:
        """Return what the takes of a plan will cost at most, and put it on record.

        Raises:
            InvalidRequest: the generator has no price for it, or cannot make it.
        """
        ...

    def left(self, production: str) -> Decimal:
        """Return what a production may still spend, in USD."""
        ...
