"""A plan that a person edited as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from circletake.domain.brief import Brief
from circletake.domain.plan import Plan
from circletake.errors import PlanError
from circletake.plan.editing import edit_plan

TEXT = "20 s teaser, calm, a lake: water, light, for Germany"


@pytest.fixture
def current(plan_of: Callable[..., Plan]) -> Plan:
    return plan_of(TEXT)


def body_of(plan: Plan) -> dict[str, Any]:
    return json.loads(plan.to_json())


def refused(body: dict[str, Any] | str, current: Plan, **flags: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(PlanError) as error:
        edit_plan(text, current=current, brief=Brief.model_validate({"text": TEXT, **flags}))
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2
    return str(error.value)


def test_an_unchanged_plan_comes_back_the_same(current: Plan):
    assert edit_plan(current.to_json(), current=current, brief=Brief(text=TEXT)) == current
    pretty = json.dumps(body_of(current), indent=2, ensure_ascii=False)
    assert edit_plan(pretty, current=current, brief=Brief(text=TEXT)) == current


def test_words_sizes_and_lengths_may_be_edited_as_long_as_they_add_up(current: Plan):
    body = body_of(current)
    shots = [shot for scene in body["scenes"] for shot in scene["shots"]]
    shots[0]["frames"] += 5
    shots[1]["frames"] -= 5
    shots[0]["action"] = "A heron, not moving."
    shots[0]["title"] = "Later"
    edited = edit_plan(json.dumps(body), current=current, brief=Brief(text=TEXT))
    assert edited.shots[0].frames == current.shots[0].frames + 5
    assert edited.shots[0].title == "Later"
    assert edited.readings == current.readings


def test_a_shot_may_be_removed_and_its_time_given_to_another(current: Plan):
    body = body_of(current)
    scene = next(scene for scene in body["scenes"] if scene["shots"])
    gone = body["scenes"].pop(0) if len(scene["shots"]) == 1 else {"shots": [scene["shots"].pop(0)]}
    body["scenes"][0]["shots"][0]["frames"] += sum(shot["frames"] for shot in gone["shots"])
    body["scenes"][0]["shots"][0]["transition"] = "cut"
    edited = edit_plan(json.dumps(body), current=current, brief=Brief(text=TEXT))
    assert len(edited.shots) == len(current.shots) - 1


def test_what_was_assumed_may_be_changed_and_its_reading_says_so(current: Plan):
    body = body_of(current)
    body["aspect"] = "9:16"
    body["rights"]["media"] = ["web"]
    edited = edit_plan(json.dumps(body), current=current, brief=Brief(text=TEXT))
    notes = {reading.field: (reading.value, reading.note) for reading in edited.readings}
    assert notes["aspect"] == ("9:16", "changed by a person in an edited plan")
    assert notes["media"][0] == "web"
    body = body_of(edited)
    body["aspect"] = "1:1"
    assert edit_plan(json.dumps(body), current=edited, brief=Brief(text=TEXT)).aspect == "1:1"


def test_what_is_not_json_is_refused_with_its_line(current: Plan):
    assert "line 2" in refused('{"schema":\n oops}', current)
    assert "JSON object" in refused("[]", current)
    assert "circletake.plan/1 is needed" in refused('{"schema": "circletake.cut/1"}', current)
    assert "circletake.plan/1 is needed" in refused("{}", current)


def test_a_wrong_field_is_named_with_its_slate(current: Plan):
    slate = current.shots[0].slate
    for change in ({"frames": 0}, {"size": "HUGE"}, {"move": 3}, {"colour": "red"}):
        body = body_of(current)
        body["scenes"][0]["shots"][0] |= change
        message = refused(body, current)
        assert message.startswith("scenes") or f"shot {slate}" in message
        assert f"shot {slate}" in message
        assert next(iter(change)) in message


def test_lengths_that_do_not_add_up_are_refused(current: Plan):
    body = body_of(current)
    body["scenes"][0]["shots"][0]["frames"] += 1
    assert "add up to 481 frames, the film has 480" in refused(body, current)


def test_what_the_brief_said_cannot_be_edited_away(current: Plan):
    longer = body_of(current)
    longer["scenes"][0]["shots"][0]["frames"] += 24
    longer["frames"] += 24
    assert "duration: the brief says 20 s" in refused(longer, current)
    wider = body_of(current)
    wider["rights"]["territories"] = ["WORLD"]
    assert "territories: the brief says DE" in refused(wider, current)
    upright = body_of(current)
    upright["aspect"] = "9:16"
    assert "16:9 is asked for" in refused(upright, current, aspect="16:9")


def test_where_a_plan_came_from_cannot_be_edited(current: Plan):
    for field, value in {"seed": 99, "planner": "me/1", "fps": "25/1", "conflicts": ["none"]}.items():
        body = body_of(current)
        body[field] = value
        assert refused(body, current).startswith(field)
    body = body_of(current)
    body["readings"][0]["value"] = "a year"
    assert refused(body, current).startswith("readings")


def test_a_shot_may_not_name_what_the_bible_does_not_know(current: Plan):
    body = body_of(current)
    body["scenes"][0]["shots"][0]["bible"] = ["kraken"]
    assert "kraken" in refused(body, current)


def test_an_empty_prompt_is_refused_as_a_planners_would_be(current: Plan):
    body = body_of(current)
    body["scenes"][0]["shots"][0]["prompt"] = ""
    assert f"shot {current.shots[0].slate} has no prompt" in refused(body, current)
