"""Receipts: what went into a film, as JSON, as a page to read, and as a contact sheet of its takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Literal

from circletake.domain.continuity import join_of
from circletake.domain.cut import Cut
from circletake.domain.look import ShotSize
from circletake.domain.money import from_micros
from circletake.domain.operation import request_sha256
from circletake.domain.plan import Plan
from circletake.domain.ports import Clock, Files, TakeStore
from circletake.domain.take import Take
from circletake.errors import HandoffInvalid
from circletake.publish.base import (
    Approvals,
    Attempts,
    Circles,
    Clips,
    Films,
    Journal,
    PlanSource,
    Productions,
    References,
    Released,
)
from circletake.publish.page import page
from circletake.publish.record import (
    Approved,
    Costs,
    JoinRecord,
    OperationRecord,
    Receipt,
    ShotRecord,
    StepRecord,
    TakeRecord,
    credits_for,
    footage,
)
from circletake.publish.sheet import sheet
from circletake.reliability import turns
from circletake.runtime.clock import moment
from circletake.runtime.database.attempts import StepAttempt
from circletake.runtime.files import write_atomically

_WHOLE_BRIEF = ""
"""The slate of the references for the brief as a whole."""


class Receipts:
    """Writes to `<folder>/<production>/`: shows the dailies to review, and writes the receipt for publish."""

    def __init__(
        self,
        folder: Path,
        *,
        productions: Productions,
        plans: PlanSource,
        references: References,
        clips: Clips,
        takes: TakeStore,
        circles: Circles,
        decisions: Approvals,
        cuts: Films,
        releases: Released,
        operations: Journal,
        attempts: Attempts,
        files: Files,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._productions = productions
        self._plans = plans
        self._references = references
        self._clips = clips
        self._takes = takes
        self._circles = circles
        self._decisions = decisions
        self._cuts = cuts
        self._releases = releases
        self._operations = operations
        self._attempts = attempts
        self._files = files
        self._clock = clock

    def show(self, production: str) -> str:
        """Write the contact sheet with the takes as they stand now, circled ones marked, and return its path.

        Raises:
            HandoffInvalid: the production has no plan yet.
            MediaError: a poster cannot be read.
            HomeError: the folder cannot be written.
        """
        _, plan = self._plan(production)
        picture = sheet(
            plan,
            production=production,
            takes=self._takes.takes(production),
            circled=self._circles.current(production),
            files=self._files,
        )
        path = self._folder / production / "contact.png"
        write_atomically(path, picture)
        return str(path)

    def write(self, production: str) -> Path:
        """Write `receipt.json`, `receipt.html` and `contact.png` of a published film, and return the page's path.

        Writing it again replaces what is there; each file is whole at any moment.

        Raises:
            HandoffInvalid: nothing has been published yet.
            MediaError: a poster cannot be read.
            HomeError: the folder cannot be written.
        """
        receipt = self._receipt(production)
        folder = self._folder / production
        self.show(production)
        body = json.dumps(json.loads(receipt.to_json()), indent=2, sort_keys=True, ensure_ascii=False)
        write_atomically(folder / "receipt.json", (body + "\n").encode())
        path = folder / "receipt.html"
        write_atomically(path, page(receipt, files=self._files).encode())
        return path

    def _plan(self, production: str) -> tuple[int, Plan]:
        newest = self._plans.latest(production)
        if newest is None:
            raise HandoffInvalid(f"production {production} has no plan yet")
        return newest

    def _receipt(self, production: str) -> Receipt:
        number, plan = self._plan(production)
        cut_version = self._cuts.latest(production)
        cut, master = self._cuts.cut(production, cut_version), self._cuts.master(production, cut_version)
        released = tuple(one for one in self._releases.of(production) if master and one.sha256 == master.sha256)
        if cut is None or master is None or not released:
            raise HandoffInvalid(f"production {production} has no receipt yet: nothing of it has been published")
        shots = self._shots(production, number, plan, cut)
        return Receipt(
            production=production,
            program=f"circletake {version('circletake')}",
            written_at=moment(self._clock.now()),
            brief=self._productions.brief(production),
            terms=self._productions.terms(production),
            plan_version=number,
            plan=plan,
            approvals=self._approvals(production, number, cut_version),
            references=self._references.of(production, number, _WHOLE_BRIEF),
            shots=shots,
            joins=_joins(plan, shots),
            cut=cut,
            master=master,
            releases=released,
            credits=credits_for(one for shot in shots for one in shot.cut_in),
            costs=Costs(
                spent=self._operations.spent(production),
                operations=tuple(OperationRecord.of(one) for one in self._operations.of(production)),
            ),
            steps=_steps(self._attempts.all(production=production)),
        )

    def _approvals(self, production: str, plan_version: int, cut_version: int) -> tuple[Approved, ...]:
        asked: tuple[tuple[Literal["plan", "film"], int], ...] = (("plan", plan_version), ("film", cut_version))
        return tuple(
            Approved(point=point, version=number, by=found.by, who=found.who, note=found.note, at=found.at)
            for point, number in asked
            if (found := self._decisions.of(production, point, number)) is not None
        )

    def _shots(self, production: str, number: int, plan: Plan, cut: Cut) -> tuple[ShotRecord, ...]:
        circled = self._circles.current(production)
        shot = self._takes.takes(production)
        used = [take for take in shot if (choice := circled.get(take.slate)) and choice.number == take.number]
        clips = self._clips.many(name for take in used for name in (*take.clips, *take.style_clips))
        by_slate = {take.slate: take for take in used}
        events = {event.slate: event for event in cut.events}
        records: list[ShotRecord] = []
        for slate in (one.slate for one in plan.shots):
            take = by_slate.get(slate)
            record = ShotRecord(
                slate=slate,
                references=self._references.of(production, number, slate),
                takes=tuple(_record(one) for one in shot if one.slate == slate),
                circled=circled.get(slate),
                event=events.get(slate),
                cut_in=footage(take.clips if take else (), clips),
                style=footage(take.style_clips if take else (), clips),
            )
            records.append(record)
        return tuple(records)


def _steps(attempts: Sequence[StepAttempt]) -> tuple[StepRecord, ...]:
    """Return a record a turn, of the steps before this one."""
    return tuple(
        StepRecord(
            step=turn[-1].step,
            made_by=turn[-1].generator,
            model=turn[-1].model,
            fallback=bool(turn[-1].route),
            attempts=len(turn),
            faults=tuple(one.error_class or one.outcome for one in turn if one.outcome != "done"),
            seconds=sum(one.seconds for one in turn),
            spent=from_micros(sum(one.spent_micros for one in turn)),
        )
        for turn in turns(one for one in attempts if one.step != "publish")
    )


def _joins(plan: Plan, shots: tuple[ShotRecord, ...]) -> tuple[JoinRecord, ...]:
    """Return how the circled takes cut together."""
    sizes: dict[str, ShotSize] = {shot.slate: shot.size for shot in plan.shots}
    used = [shot.used for shot in shots if shot.used is not None]
    return tuple(
        JoinRecord(
            before=before.id,
            after=after.id,
            join=join_of(before, after, sizes=(sizes[before.slate], sizes[after.slate])),
        )
        for before, after in pairwise(used)
    )


def _record(take: Take) -> TakeRecord:
    return TakeRecord(take=take, recipe_sha256=request_sha256(take.recipe))
