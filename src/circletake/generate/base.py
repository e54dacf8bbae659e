"""The Generator port: whatever makes takes, from the embedded re-cutter to a hosted video model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from pydantic import Field, JsonValue

from circletake.domain.brief import FRAME_SIZES, PREVIEW_SIZES, Aspect, Terms
from circletake.domain.clip import Clip
from circletake.domain.moments import Moment
from circletake.domain.money import Quote
from circletake.domain.plan import Plan, Shot
from circletake.domain.ports import Operator
from circletake.domain.reference import Reference
from circletake.domain.schema import Value
from circletake.domain.take import CircledTake, DigitalSourceType, Take

OnUnknown = Literal["replace", "wait"]
"""What becomes of takes that may have been paid for and did not come: ordered anew, or left to a person."""


class Capabilities(Value):
    """What a generator can do. What it cannot is said, never silently dropped."""

    aspects: tuple[Aspect, ...]
    max_frames: int
    """Longest take, in frames at 24 fps."""
    outputs: int = Field(ge=1)
    """Most takes that one operation may yield."""
    source_type: DigitalSourceType
    """What its takes honestly are."""
    mode: Literal["local", "remote"]
    """`local` work costs minutes and runs in the executor; `remote` is driven through submit, poll, fetch."""
    needs_footage: bool
    """Whether it cuts catalogue footage in."""
    model: str
    """Name and version of what makes the takes, as the record of steps shows it."""


@dataclass(frozen=True)
class HouseFormat:
    """How every take and master of the studio is made."""

    codec: str = "libx264"
    font: str = ""
    """Path of a font for titles; empty for the built-in face."""
    loudness: float = -14.0
    """Integrated loudness of masters, LUFS."""


@dataclass(frozen=True)
class ShotOrder:
    """What is asked of a generator for one shot."""

    plan: Plan
    shot: Shot
    starts_at: int
    """Frame of the film at which the shot begins."""
    takes: int
    """How many takes are wanted."""
    skip: int
    """How many operations of this shot and round came before: what is asked now must differ from them."""
    round: int
    seed: int
    cut_in: tuple[Clip, ...]
    """Clips that may be cut in, the most suitable first."""
    style: tuple[Clip, ...]
    """Clips that may steer the look, the most suitable first."""
    moments: tuple[Moment, ...]
    """Stretches of `cut_in` that takes of this shot may be cut from, and of no other shot, in the order to be shot."""
    format: HouseFormat

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film in pixels."""
        return FRAME_SIZES[self.plan.aspect]

    @property
    def preview_size(self) -> tuple[int, int]:
        """Width and height of takes that are made to be chosen from, by a generator that can make small ones first."""
        return PREVIEW_SIZES[self.plan.aspect]

    @property
    def fps(self) -> Fraction:
        """Frame rate of the film."""
        return self.plan.fps


@dataclass(frozen=True)
class Request:
    """One operation to be: what is asked for, as JSON, and how many takes it may yield."""

    payload: dict[str, JsonValue]
    outputs: int
    clips: tuple[str, ...] = ()
    """Catalogue clips that are cut in."""
    style_clips: tuple[str, ...] = ()


@dataclass(frozen=True)
class FinalOrder:
    """What is asked of a generator for a take that was circled: the same, as it goes into the film."""

    take: Take
    request: dict[str, JsonValue]
    """The operation that the take came of."""
    index: int
    """Which of its outputs the take is."""
    size: tuple[int, int]
    """Width and height of the film in pixels."""
    clips: Mapping[str, Clip]
    """The clips that are cut in, as the catalogue has them now."""


class Generator(Operator, Protocol):
    """Makes takes. Its `Operator` face is what the journal drives.

    An adapter is made with the file store and its options: the settings whose names begin with its own, e.g.
    `loopback_url` as `url`.
    """

    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        ...

    def ask(self, order: ShotOrder) -> tuple[Request, ...]:
        """Return the operations that should yield the wanted takes; the same order gives the same requests.

        Raises:
            Shortfall: there is no footage that it could use.
            InvalidRequest: the shot is beyond its capabilities.
        """
        ...

    def estimate(self, plan: Plan, takes: Mapping[str, int]) -> Quote:
        """Return what so many takes of each slate will cost at most, before any footage is looked for.

        Raises:
            InvalidRequest: it has no price for them, or a shot is beyond its capabilities.
        """
        ...

    def close(self) -> None:
        """Let go of connections; it can be used again."""
        ...

    def finish(self, order: FinalOrder) -> Request | None:
        """Return the operation that makes a circled take as it goes into the film; `None` when it is that already."""
        ...


class PlanSource(Protocol):
    """Plan versions."""

    def get(self, production: str, version: int) -> Plan:
        """Return one version."""
        ...


class TermsSource(Protocol):
    """How a production is made."""

    def terms(self, production: str) -> Terms:
        """Return the terms."""
        ...


class ReferenceSource(Protocol):
    """References that the catalogue found."""

    def of(self, production: str, version: int, slate: str) -> tuple[Reference, ...]:
        """Return those of a shot, best first."""
        ...


class ClipSource(Protocol):
    """Clips by id."""

    def many(self, clip_ids: list[str]) -> dict[str, Clip]:
        """Return those that exist."""
        ...


class Circles(Protocol):
    """What is circled now."""

    def current(self, production: str) -> dict[str, CircledTake]:
        """Return the circled take of every slate that has one."""
        ...


class FinalKeeper(Protocol):
    """Where circled takes are kept as they go into the film."""

    def keep(self, finals: list[Take]) -> None:
        """Store finals; one of the same take takes the place of the one before."""
        ...

    def finals(self, production: str) -> dict[str, Take]:
        """Return the finals that there are, by id of the take."""
        ...


class TakeKeeper(Protocol):
    """Where takes are kept."""

    def add(self, takes: list[Take]) -> None:
        """Store takes; one that is there already stands."""
        ...

    def takes(self, production: str, slate: str | None = None) -> tuple[Take, ...]:
        """Return takes in slate and number order."""
        ...
