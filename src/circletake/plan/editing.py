"""A plan that a person edited: read it back, say in one line what is wrong with it, and never accept half of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from pydantic import JsonValue, ValidationError

from circletake.domain.brief import Brief
from circletake.domain.plan import Plan, Reading
from circletake.errors import HandoffInvalid, PlanError
from circletake.plan.base import check_plan, contradictions

_SCHEMA = f"circletake.{Plan.SCHEMA}/{Plan.VERSION}"
_KEPT = ("planner", "seed", "fps", "language", "conflicts")
"""Where the plan came from; a person's edit does not change that."""
_EDITED = "changed by a person in an edited plan"


def edit_plan(text: str, *, current: Plan, brief: Brief) -> Plan:
    """Return the plan that a person made out of `current`, checked as a planner's is.

    What the brief or a flag said stays (length, frame, rights); what was assumed may be changed, and is marked so.

    Args:
        text: the file's content: JSON as `circletake plan ID --json` prints it.
        current: the plan that was edited.
        brief: what was asked for.

    Raises:
        PlanError: it is no plan, does not hold together, or contradicts the brief; one line, with the slate or field.
    """
    body = _body(text)
    try:
        edited = Plan.from_json(json.dumps(body))
    except HandoffInvalid as error:
        cause = error.__cause__
        raise PlanError(_where(cause, body) if isinstance(cause, ValidationError) else str(error)) from error
    fault = next(_faults(edited, current=current, brief=brief), None)
    if fault:
        raise PlanError(fault)
    edited = edited.model_copy(update={"readings": _readings(edited, current)})
    try:
        return check_plan(edited, brief=brief)
    except HandoffInvalid as error:
        raise PlanError(str(error)) from error


def _body(text: str) -> dict[str, JsonValue]:
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanError(
            f"the edited plan is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    if not isinstance(body, dict):
        raise PlanError("the edited plan is not a JSON object: edit what `circletake plan ID --json` prints")
    if body.get("schema") != _SCHEMA:
        raise PlanError(f"the edited plan has schema {body.get('schema')!r}; {_SCHEMA} is needed, leave it as printed")
    return cast("dict[str, JsonValue]", body)


def _where(error: ValidationError, body: dict[str, JsonValue]) -> str:
    """Return the first problem in one line, naming the shot by its slate instead of its place in a list."""
    problem = error.errors(include_url=False, include_input=False)[0]
    path: list[str] = []
    here: JsonValue = cast("JsonValue", body)
    for part in problem["loc"]:
        if isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
            path.append(_named(here, part, list_name=path.pop() if path else ""))
        else:
            here = here.get(str(part)) if isinstance(here, dict) else None
            path.append(str(part))
    message = problem["msg"].removeprefix("Value error, ")
    more = error.error_count() - 1
    where = ", ".join(path)
    return f"{where + ': ' if where else ''}{message}" + (f" (and {more} more)" if more else "")


def _named(item: JsonValue, index: int, *, list_name: str) -> str:
    if isinstance(item, dict) and isinstance(item.get("slate"), str):
        return f"shot {item['slate']}"
    if isinstance(item, dict) and isinstance(item.get("number"), int):
        return f"scene {item['number']}"
    if isinstance(item, dict) and isinstance(item.get("id"), str):
        return f"{list_name} {item['id']}"
    return f"{list_name}[{index}]"


def _values(plan: Plan) -> dict[str, object]:
    """Return what the readings of a plan are about."""
    rights = plan.rights
    return {
        "duration": plan.frames,
        "aspect": plan.aspect,
        "territories": frozenset(rights.territories),
        "media": frozenset(rights.media),
        "uses": frozenset(rights.uses),
        "window": (rights.window.first, rights.window.last),
        "form": plan.form,
        "tone": plan.tone,
    }


def _faults(edited: Plan, *, current: Plan, brief: Brief) -> Iterator[str]:
    for field in _KEPT:
        if getattr(edited, field) != getattr(current, field):
            was = getattr(current, field)
            yield f"{field}: an edit keeps {field} as it is ({was if not isinstance(was, tuple) else 'as printed'})"
    if edited.readings != current.readings:
        yield "readings: they say where the plan came from; change the plan, not its readings"
    yield from contradictions(edited, brief)
    said = {reading.field: reading for reading in current.readings if reading.origin != "assumed"}
    new, old = _values(edited), _values(current)
    for field in ("duration", "aspect", "territories", "media", "uses", "window"):
        if field in said and new[field] != old[field]:
            reading = said[field]
            yield f"{field}: the {reading.origin} says {reading.value}; write a new brief to change that"


def _readings(edited: Plan, current: Plan) -> tuple[Reading, ...]:
    new, old = _values(edited), _values(current)
    shown = {
        "duration": f"{float(edited.frames / edited.fps):g} s, {edited.frames} frames",
        "aspect": edited.aspect,
        "territories": ", ".join(edited.rights.territories),
        "media": ", ".join(edited.rights.media),
        "uses": ", ".join(edited.rights.uses),
        "window": f"{edited.rights.window.first} to {edited.rights.window.last}",
        "form": edited.form,
        "tone": edited.tone,
    }
    return tuple(
        reading.model_copy(update={"value": shown[reading.field], "note": _EDITED})
        if reading.field in shown and new[reading.field] != old[reading.field]
        else reading
        for reading in current.readings
    )
