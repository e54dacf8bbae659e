"""Continuity: what an editor would call a good cut scores higher, and is told in an editor's words."""

from __future__ import annotations

import pytest

from circletake.domain.continuity import Join, join
from circletake.domain.look import Look, ShotSize
from tests.domain.examples import LOOK


def look(light: float = 0.4, **changed: object) -> Look:
    return LOOK.model_copy(update={"oklab_mean": (light, 0.0, 0.0), "pan": 0.0, "tilt": 0.0, **changed})


def cut(before: Look, after: Look, *, sizes: tuple[ShotSize, ShotSize] = ("LS", "CU"), same: bool = False) -> Join:
    return join(before, after, sizes=sizes, same_footage=same)


def test_looks_that_are_alike_cut_better_than_day_after_night():
    assert cut(look(0.2), look(0.2)).score == pytest.approx(1.0)
    assert cut(look(0.2), look(0.25)).score > 0.9
    night_to_day = cut(look(0.1), look(0.8))
    assert night_to_day.score < 0.45
    assert night_to_day.notes == ("much brighter",)


def test_a_palette_of_other_colours_costs_although_its_mean_is_the_same():
    grey = look(palette=((0.5, 0.0, 0.0),) * 5)
    loud = look(palette=((0.5, 0.2, 0.1), (0.5, -0.2, -0.1)) * 2)
    assert cut(grey, loud).look < 0.8 * cut(grey, grey).look


def test_motion_that_goes_on_beats_motion_that_turns_round():
    right, left, still = look(pan=0.2), look(pan=-0.2), look()
    assert cut(right, right).direction == 1.0
    assert cut(right, still).direction == 1.0
    assert cut(right, left).direction < 0.85
    assert "the motion turns round" in cut(right, left).notes
    assert cut(look(tilt=0.2), right).direction == pytest.approx(1.0)


def test_the_same_footage_at_the_same_size_is_a_jump_cut():
    assert cut(look(), look(), sizes=("MS", "MS"), same=True).size < 0.8
    assert "jump cut" in cut(look(), look(), sizes=("MS", "MS"), same=True).notes[0]
    assert cut(look(), look(), sizes=("MS", "CU"), same=True).size == 1.0
    assert cut(look(), look(), sizes=("MS", "MS"), same=False).size == 1.0


def test_the_eye_is_carried_over_a_cut_or_must_search():
    here, there = look(subject=(0.2, 0.5)), look(subject=(0.9, 0.5))
    assert cut(here, here).position == 1.0
    assert cut(here, there).position < 0.95
    assert "the eye has far to go" in cut(here, there).notes


def test_a_cut_scores_the_same_backwards():
    before, after = look(0.3, pan=0.1, subject=(0.3, 0.4)), look(0.5, pan=-0.1, subject=(0.6, 0.5))
    assert cut(before, after).score == pytest.approx(cut(after, before, sizes=("CU", "LS")).score)
