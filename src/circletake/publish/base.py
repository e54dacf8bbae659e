"""What publish asks of others: the channel port, and the repositories it reads and writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, Protocol

from circletake.domain.brief import Brief, Terms
from circletake.domain.clip import Clip
from circletake.domain.cut import Cut, Master, Release
from circletake.domain.operation import Operation
from circletake.domain.plan import Plan
from circletake.domain.reference import Reference
from circletake.domain.take import CircledTake
from circletake.runtime.database.attempts import StepAttempt


class Channel(Protocol):
    """Where a film goes. Publishing the same bytes under the same name twice is one release."""

    name: str
    """E.g. `folder`."""

    def publish(self, source: Path, *, name: str, sha256: str) -> str:
        """Put a film where its viewers find it, exactly once, and return its address: a path or URI.

        Args:
            source: the signed master; it is read, never moved or changed.
            name: file name with its ending; no folder.
            sha256: of the film, in hex: what arrives must have it.

        Raises:
            HomeError: there is no room, it may not be written, or other bytes are published under that name.
            MediaError: the source is not the film that `sha256` names.
        """
        ...


class PlanSource(Protocol):
    """Plan versions."""

    def get(self, production: str, version: int) -> Plan:
        """Return one version."""
        ...

    def latest(self, production: str) -> tuple[int, Plan] | None:
        """Return the newest version and its number."""
        ...


class Productions(Protocol):
    """What was asked for."""

    def brief(self, production: str) -> Brief:
        """Return the brief."""
        ...

    def terms(self, production: str) -> Terms:
        """Return the terms."""
        ...


class References(Protocol):
    """What each shot may look like."""

    def of(self, production: str, version: int, slate: str) -> tuple[Reference, ...]:
        """Return the references of a shot, best first."""
        ...


class Clips(Protocol):
    """The catalogue's database of record."""

    def many(self, clip_ids: Iterable[str]) -> dict[str, Clip]:
        """Return the clips that exist, by id."""
        ...


class Circles(Protocol):
    """What is circled now."""

    def current(self, production: str) -> dict[str, CircledTake]:
        """Return slate -> circled take."""
        ...


class Approval(Protocol):
    """An approval on record."""

    @property
    def by(self) -> Literal["person", "provisional"]:
        """What kind of approver."""
        ...

    @property
    def who(self) -> str:
        """Name of the person, or of the rule."""
        ...

    @property
    def note(self) -> str:
        """What they said with it."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...


class Approvals(Protocol):
    """Decisions on plan and film."""

    def of(self, production: str, point: Literal["plan", "film"], round: int) -> Approval | None:
        """Return the approval, or `None`; the round is the plan's or the cut's version."""
        ...


class Films(Protocol):
    """Cuts and masters."""

    def latest(self, production: str) -> int:
        """Return the newest cut's version; 0 before there is one."""
        ...

    def cut(self, production: str, version: int) -> Cut | None:
        """Return a cut, or `None`."""
        ...

    def master(self, production: str, cut_version: int) -> Master | None:
        """Return the master of a cut, or `None`."""
        ...


class Released(Protocol):
    """What has left, to be read."""

    def of(self, production: str) -> tuple[Release, ...]:
        """Return the releases of a production, the first one first."""
        ...


class Releases(Released, Protocol):
    """What has left, to be read and written."""

    def save(self, release: Release) -> None:
        """Store a release; the same address that is there already stands."""
        ...


class Journal(Protocol):
    """The operations of a production."""

    def of(self, production: str) -> tuple[Operation, ...]:
        """Return them in the order they were planned."""
        ...

    def spent(self, production: str) -> Decimal:
        """Return what was charged, in USD."""
        ...


class Attempts(Protocol):
    """The steps of a production, as they were measured."""

    def all(self, *, production: str) -> tuple[StepAttempt, ...]:
        """Return every attempt, in the order they were made."""
        ...


class ReceiptWriter(Protocol):
    """Writes down what went into a film."""

    def write(self, production: str) -> Path:
        """Write the receipt of a published production and return where it lies."""
        ...
