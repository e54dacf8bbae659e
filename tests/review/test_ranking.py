"""Provisional ranking chooses the best sequence, not the best take of every shot."""

from __future__ import annotations

from fractions import Fraction

from circletake.domain.look import Look, StyleTarget
from circletake.domain.plan import Plan, Scene
from circletake.domain.quality import Finding, QcReport
from circletake.domain.take import Take
from circletake.review import best_sequence
from circletake.review.ranking import match
from tests.domain.examples import EXAMPLES, LOOK, PLAN, SHOT

PASSED = QcReport(findings=(Finding(check="decodes", passed=True, measured="all"),))


def look(light: float, *, pan: float = 0.0) -> Look:
    return LOOK.model_copy(update={"oklab_mean": (light, 0.0, 0.0), "luma": light, "pan": pan})


def take(slate: str, number: int, light: float, *, clip: str = "") -> Take:
    base = EXAMPLES["take"]
    assert isinstance(base, Take)
    segment = {"clip": clip or f"{slate}{number}", "first_frame": 0, "last_frame": 48}
    changes = {
        "slate": slate, "number": number, "look": look(light), "qc": PASSED, "recipe": {"segments": [segment]},
    }  # fmt: skip
    return base.model_copy(update=changes)


def plan(*targets: float) -> Plan:
    shots = tuple(
        SHOT.model_copy(update={"slate": f"1{letter}", "style": StyleTarget(luma=target), "move": "static"})
        for letter, target in zip("ABCDEF", targets, strict=False)
    )
    scene = Scene(number=1, heading="INT. - NIGHT", summary="", shots=shots)
    return PLAN.model_copy(update={"scenes": (scene,), "frames": 48 * len(shots), "fps": Fraction(24)})


def chosen(asked: Plan, takes: list[Take]) -> list[int]:
    by_slate = {shot.slate: [one for one in takes if one.slate == shot.slate] for shot in asked.shots}
    found = best_sequence(asked, by_slate)
    return [found[shot.slate].take.number for shot in asked.shots]


def test_the_take_that_looks_as_the_shot_asks_is_chosen():
    takes = [take("1A", 1, 0.8), take("1A", 2, 0.2), take("1A", 3, 0.5)]
    assert chosen(plan(0.2), takes) == [2]


def test_a_take_that_cuts_with_its_neighbours_beats_one_that_matches_slightly_better():
    takes = [take("1A", 1, 0.2), take("1B", 1, 0.62), take("1B", 2, 0.25), take("1C", 1, 0.2)]
    assert chosen(plan(0.2, 0.46, 0.2), takes) == [1, 2, 1]


def test_the_same_moment_is_not_used_twice_even_far_apart():
    takes = [
        take("1A", 1, 0.30, clip="x"), take("1B", 1, 0.3), take("1C", 1, 0.30, clip="x"), take("1C", 2, 0.33),
    ]  # fmt: skip
    assert chosen(plan(0.3, 0.3, 0.3), takes) == [1, 1, 2]


def test_ties_go_to_the_lower_number_whatever_the_order():
    takes = [take("1A", 2, 0.3), take("1A", 1, 0.3)]
    assert chosen(plan(0.3), takes) == [1]


def test_a_moving_picture_is_a_worse_static_shot():
    still, moving = take("1A", 1, 0.3), take("1A", 2, 0.3).model_copy(update={"look": look(0.3, pan=0.3)})
    shot = plan(0.3).shots[0]
    assert match(still, shot) > match(moving, shot)


def test_a_stand_in_is_chosen_only_where_nothing_shows_what_the_plan_names():
    asked = plan(0.2)
    named = asked.shots[0].model_copy(update={"grounded_in": ("mirror", "hall")})
    scene = asked.scenes[0].model_copy(update={"shots": (named,)})
    asked = asked.model_copy(update={"scenes": (scene,)})
    dog, hall = (
        take("1A", number, light, clip=clip).model_copy(update={"clips": (clip,)})
        for number, light, clip in ((1, 0.2, "dog"), (2, 0.9, "hall"))
    )
    assert match(dog, named) > match(hall, named)
    assert chosen(asked, [dog, hall]) == [2]
    assert chosen(asked, [dog]) == [1]
