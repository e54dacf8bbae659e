"""The handoff contract of a plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from circletake.domain.brief import Brief
from circletake.domain.plan import Plan
from circletake.errors import HandoffInvalid
from circletake.plan import check_plan

TEXT = "20 s teaser, calm, a lake: water, light"


@pytest.fixture
def plan(plan_of: Callable[..., Plan]) -> Plan:
    return plan_of(TEXT)


def changed(plan: Plan, fields: dict[str, object]) -> Plan:
    """Return the plan with fields of the first shot changed, unchecked, as careless code would."""
    shots = list(plan.scenes[0].shots)
    shots[0] = shots[0].model_copy(update=fields)
    scene = plan.scenes[0].model_copy(update={"shots": tuple(shots)})
    return plan.model_copy(update={"scenes": (scene, *plan.scenes[1:])})


def test_a_good_plan_passes_unchanged(plan: Plan):
    assert check_plan(plan, brief=Brief(text=TEXT)) == plan


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"frames": 1}, "add up"),
        ({"prompt": " "}, "no prompt"),
        ({"action": ""}, "no action"),
        ({"search": ""}, "no search"),
        ({"bible": ("nobody",)}, "not in the bible"),
        ({"slate": "9A"}, "does not belong"),
        ({"slate": "1I"}, "slate"),
        ({"transition": "fade_to_black"}, "only the last"),
        ({"title": "two\nlines"}, "control character"),
    ],
)
def test_a_shot_that_does_not_hold_is_refused_in_one_line(plan: Plan, fields: dict[str, object], words: str):
    with pytest.raises(HandoffInvalid, match=words) as refused:
        check_plan(changed(plan, fields), brief=Brief(text=TEXT))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"duration": "15/1"}, "480 frames; 15 s"),
        ({"aspect": "9:16"}, "9:16 is asked for"),
        ({"territories": ["DE"]}, "DE are asked for"),
        ({"media": ["web"]}, "web are asked for"),
        ({"uses": ["train"]}, "train are asked for"),
        ({"release": "2027-01-01"}, "2027-01-01 is asked for"),
        ({"until": "2027-01-01"}, "2027-01-01 is asked for"),
    ],
)
def test_a_plan_that_contradicts_a_flag_is_refused(plan: Plan, flags: dict[str, object], words: str):
    with pytest.raises(HandoffInvalid, match=words):
        check_plan(plan, brief=Brief.model_validate({"text": TEXT, **flags}))


def test_a_plan_without_scenes_or_readings_is_refused(plan: Plan):
    with pytest.raises(HandoffInvalid, match="scenes"):
        check_plan(plan.model_copy(update={"scenes": ()}), brief=Brief(text=TEXT))
    with pytest.raises(HandoffInvalid, match="where its duration came from"):
        check_plan(plan.model_copy(update={"readings": ()}), brief=Brief(text=TEXT))


def test_a_later_fade_from_black_is_refused(plan: Plan):
    last = plan.scenes[-1]
    shot = last.shots[-1].model_copy(update={"transition": "fade_from_black"})
    scene = last.model_copy(update={"shots": (*last.shots[:-1], shot)})
    with pytest.raises(HandoffInvalid, match="only the first"):
        check_plan(plan.model_copy(update={"scenes": (*plan.scenes[:-1], scene)}), brief=Brief(text=TEXT))
