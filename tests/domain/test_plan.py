"""A plan holds together, or it is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from circletake.domain.brief import Terms
from circletake.domain.plan import Shot
from circletake.errors import UsageError
from tests.domain.examples import PLAN, SHOT


def _with_shots(*shots: Shot) -> dict[str, object]:
    body = PLAN.model_dump()
    body["scenes"][0]["shots"] = [shot.model_dump() for shot in shots]
    return body


def test_durations_add_up_to_the_frame_or_the_plan_is_refused():
    with pytest.raises(ValidationError, match="add up to 47 frames, the film has 48"):
        type(PLAN).model_validate(_with_shots(SHOT.model_copy(update={"frames": 47})))


def test_a_slate_is_used_once():
    half = SHOT.model_copy(update={"frames": 24})
    with pytest.raises(ValidationError, match="slate 1A is used twice"):
        type(PLAN).model_validate(_with_shots(half, half))


def test_a_slate_belongs_to_its_scene():
    with pytest.raises(ValidationError, match="slate 2A does not belong to scene 1"):
        type(PLAN).model_validate(_with_shots(SHOT.model_copy(update={"slate": "2A"})))


def test_bible_ids_resolve():
    with pytest.raises(ValidationError, match="'ghost', which is not in the bible"):
        type(PLAN).model_validate(_with_shots(SHOT.model_copy(update={"bible": ("ghost",)})))


def test_takes_are_spread_evenly_and_the_first_shots_get_what_is_left():
    assert Terms(takes=11).takes_for(["1A", "1B", "2A"]) == {"1A": 4, "1B": 4, "2A": 3}


def test_without_a_number_it_is_twenty_four_or_three_a_shot():
    assert sum(Terms().takes_for(["1A", "1B"]).values()) == 24
    assert sum(Terms().takes_for([f"1{letter}" for letter in "ABCDEFGHJK"]).values()) == 30


def test_fewer_than_three_takes_a_shot_are_refused_with_what_to_type():
    with pytest.raises(UsageError, match="--takes 6 or more"):
        Terms(takes=5).takes_for(["1A", "1B"])
