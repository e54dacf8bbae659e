"""The receipt as a value: what went into a film, what it rests on, and who decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from circletake.domain.brief import Brief, Terms
from circletake.domain.clip import Clip
from circletake.domain.continuity import Join
from circletake.domain.cut import Cut, CutEvent, Master, Release
from circletake.domain.money import Usd
from circletake.domain.operation import Operation, OperationState, request_sha256
from circletake.domain.plan import Plan
from circletake.domain.reference import Reference
from circletake.domain.rights import Licence
from circletake.domain.schema import Stored, Value
from circletake.domain.take import CircledTake, Take


class Approved(Value):
    """An approval of plan or film."""

    point: Literal["plan", "film"]
    version: int
    """Version of the plan, or of the cut."""
    by: Literal["person", "provisional"]
    """`provisional` means: not by a person."""
    who: str
    note: str
    at: datetime


class TakeRecord(Value):
    """One take, and what identifies how it was made."""

    take: Take
    recipe_sha256: str
    """Hash of the recipe's canonical JSON: the same recipe has the same."""


class Footage(Value):
    """A clip of the catalogue as it stands in the database of record now."""

    clip_id: str
    file: str
    title: str
    licence: Licence


class ShotRecord(Value):
    """What became of one shot."""

    slate: str
    references: tuple[Reference, ...]
    """Each with its licence as it stood when it was found."""
    takes: tuple[TakeRecord, ...]
    circled: CircledTake | None
    event: CutEvent | None
    """Where and how much of the circled take is in the cut."""
    cut_in: tuple[Footage, ...]
    """Footage in the circled take."""
    style: tuple[Footage, ...]
    """Footage that steered the look of the circled take, and is not in it."""

    @property
    def used(self) -> Take | None:
        """The circled take itself."""
        if self.circled is None:
            return None
        return next((one.take for one in self.takes if one.take.number == self.circled.number), None)


class JoinRecord(Value):
    """One cut of the film: how well the takes on either side of it go together."""

    before: str
    """E.g. `1A-2`."""
    after: str
    join: Join


class OperationRecord(Value):
    """One journalled call."""

    key: str
    step: str
    generator: str
    state: OperationState
    request_sha256: str
    quote: Usd
    spent: Usd | None
    error: str | None

    @classmethod
    def of(cls, one: Operation) -> OperationRecord:
        """Return what the receipt keeps of an operation."""
        return cls(
            key=one.key,
            step=one.step,
            generator=one.generator,
            state=one.state,
            request_sha256=request_sha256(one.request),
            quote=one.quote,
            spent=one.spent,
            error=one.error,
        )


class Costs(Value):
    """What it cost."""

    spent: Usd
    """What was charged, in USD."""
    operations: tuple[OperationRecord, ...]

    @property
    def unknown(self) -> tuple[OperationRecord, ...]:
        """Operations that may have been charged without our knowing."""
        return tuple(one for one in self.operations if one.state == "unknown")


class StepRecord(Value):
    """One turn of a step: how it was taken, and what it took."""

    step: str
    made_by: str
    """Planner or generator that took it in the end; empty where there is no choice."""
    model: str
    """Name and version of the model behind that."""
    fallback: bool
    """Whether that was the one that is set up to take over."""
    attempts: int
    faults: tuple[str, ...]
    """Error classes of the attempts that failed, in order; `lost` where the process died."""
    seconds: float
    """Of all attempts together, without waiting for people."""
    spent: Usd


class Receipt(Stored):
    """What went into a published film."""

    SCHEMA = "receipt"

    production: str
    program: str
    """Name and version of the program that wrote it."""
    written_at: datetime
    brief: Brief
    terms: Terms
    plan_version: int
    plan: Plan
    approvals: tuple[Approved, ...]
    references: tuple[Reference, ...]
    """For the brief as a whole."""
    shots: tuple[ShotRecord, ...]
    joins: tuple[JoinRecord, ...] = ()
    """The cuts of the film, in order."""
    cut: Cut
    master: Master
    releases: tuple[Release, ...]
    """Of this master, the first one first."""
    credits: tuple[str, ...]
    """Lines that are owed wherever the film is shown."""
    costs: Costs
    steps: tuple[StepRecord, ...] = ()
    """Up to the publication, in order."""

    @property
    def decided_by_a_person(self) -> bool:
        """Whether a person decided on the plan, on every take and on the film."""
        picks = [shot.circled.by for shot in self.shots if shot.circled is not None]
        return all(by == "person" for by in (*picks, *(one.by for one in self.approvals)))

    @property
    def cut_in(self) -> tuple[Footage, ...]:
        """All footage in the film, each clip once, in the order it is first seen."""
        return tuple({one.clip_id: one for shot in self.shots for one in shot.cut_in}.values())


def footage(names: Iterable[str], clips: dict[str, Clip]) -> tuple[Footage, ...]:
    """Return those of the clips that the catalogue has, in the order of `names`, each once."""
    found = (clips[name] for name in dict.fromkeys(names) if name in clips)
    return tuple(Footage(clip_id=c.clip_id, file=c.file, title=c.title, licence=c.licence) for c in found)


def credits_for(used: Iterable[Footage]) -> tuple[str, ...]:
    """Return the credit lines that footage asks for, each once, with the licence they are owed under.

    A Creative Commons `BY` licence owes a credit also where no line was given: then title and owner are named.
    """
    lines: dict[str, None] = {}
    for one in used:
        terms = one.licence
        attribution = "BY" in terms.licence.upper().replace(" ", "-").split("-")
        line = terms.credit or (f"{one.title} by {terms.owner}" if attribution else "")
        if line:
            lines[f"{line} ({terms.licence})"] = None
    return tuple(lines)
