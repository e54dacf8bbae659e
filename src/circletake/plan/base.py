"""What planning needs and what a planner must honour; a new planner is tested against `check_plan`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from circletake.domain.brief import Brief, Terms
from circletake.domain.plan import Plan, Reading, Shot
from circletake.domain.ports import Planner
from circletake.domain.rights import CUT_IN
from circletake.domain.timing import frames_in
from circletake.errors import HandoffInvalid

__all__ = ["BriefSource", "PlanStore", "Planner", "check_plan", "contradictions"]


class BriefSource(Protocol):
    """What productions were asked for."""

    def brief(self, production: str) -> Brief:
        """Return the brief.

        Raises:
            UnknownId: there is no such production.
        """
        ...

    def terms(self, production: str) -> Terms:
        """Return the terms.

        Raises:
            UnknownId: there is no such production.
        """
        ...


class PlanStore(Protocol):
    """The plans of productions; every version is kept."""

    def latest(self, production: str) -> tuple[int, Plan] | None:
        """Return the newest version and its number, or `None` before there is a plan."""
        ...

    def get(self, production: str, version: int) -> Plan:
        """Return one version.

        Raises:
            UnknownId: there is no such plan.
        """
        ...

    def add(self, production: str, plan: Plan, *, by: Literal["planner", "person"]) -> int:
        """Store a plan as the next version and return its number, counted from 1."""
        ...


def contradictions(plan: Plan, brief: Brief) -> Iterator[str]:
    """Yield where a plan contradicts what was said beside the brief's text: length, frame, rights."""
    if brief.duration is not None and plan.frames != frames_in(brief.duration, plan.fps):
        asked = frames_in(brief.duration, plan.fps)
        yield f"the film has {plan.frames} frames; {float(brief.duration):g} s at {plan.fps} fps are {asked}"
    if brief.aspect is not None and plan.aspect != brief.aspect:
        yield f"the aspect is {plan.aspect}, {brief.aspect} is asked for"
    for name in ("territories", "media", "uses"):
        asked_for, planned = getattr(brief, name), getattr(plan.rights, name)
        if asked_for is not None and set(asked_for) != set(planned):
            yield f"the {name} are {', '.join(planned)}; {', '.join(asked_for)} are asked for"
    if brief.release is not None and plan.rights.window.first != brief.release:
        yield f"the release begins on {plan.rights.window.first}, {brief.release} is asked for"
    if brief.until is not None and plan.rights.window.last != brief.until:
        yield f"the release ends on {plan.rights.window.last}, {brief.until} is asked for"


def _shot_faults(shot: Shot, *, first: bool, last: bool) -> Iterator[str]:
    for field in ("action", "prompt", "search"):
        if not getattr(shot, field).strip():
            yield f"shot {shot.slate} has no {field}"
    if shot.transition == "fade_to_black" and not last:
        yield f"shot {shot.slate} fades to black, which only the last shot may"
    if shot.transition == "fade_from_black" and not first:
        yield f"shot {shot.slate} fades from black, which only the first shot may"
    if not shot.title.isprintable():
        yield f"the words on the screen of shot {shot.slate} hold a control character"


def _faults(plan: Plan, brief: Brief) -> Iterator[str]:
    yield from contradictions(plan, brief)
    for field in ("title", "logline", "form", "tone", "planner"):
        if not getattr(plan, field).strip():
            yield f"the plan has no {field}"
    if brief.uses is None and plan.rights.uses != CUT_IN:
        yield f"the film's uses are {', '.join(plan.rights.uses)}; a film is cut from footage and released"
    yield from _reading_faults(plan.readings)
    for scene in plan.scenes:
        if not scene.heading.strip():
            yield f"scene {scene.number} has no heading"
    numbers = [scene.number for scene in plan.scenes]
    if numbers != sorted(set(numbers)):
        yield f"the scenes are numbered {', '.join(map(str, numbers))}; numbers must rise"
    shots = plan.shots
    for index, shot in enumerate(shots):
        yield from _shot_faults(shot, first=index == 0, last=index == len(shots) - 1)


def _reading_faults(readings: tuple[Reading, ...]) -> Iterator[str]:
    known = {reading.field for reading in readings}
    for field in ("duration", "aspect", "form", "tone", "territories", "media", "window"):
        if field not in known:
            yield f"the plan does not say where its {field} came from"


def check_plan(plan: Plan, *, brief: Brief) -> Plan:
    """Return the plan if the next step may be given it.

    The domain value already holds that durations add up, slates and bible ids resolve and the window is in order; a
    plan that was copied with changes has skipped that, so it is read again from its own JSON.

    Args:
        plan: what a planner returned.
        brief: what was asked for.

    Raises:
        HandoffInvalid: it does not hold together, or contradicts what was said beside the brief.
    """
    whole = Plan.from_json(plan.to_json())
    fault = next(_faults(whole, brief), None)
    if fault:
        raise HandoffInvalid(f"plan: {fault}")
    return whole
