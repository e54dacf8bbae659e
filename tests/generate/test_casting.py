"""Which footage a shot is offered."""

from __future__ import annotations

from circletake.domain.clip import Clip
from circletake.domain.reference import Reference
from circletake.generate.casting import cast
from tests.domain.examples import EXAMPLES
from tests.generate.footage import plan


def clips(*names: str) -> dict[str, Clip]:
    base = EXAMPLES["clip"]
    assert isinstance(base, Clip)
    return {name: base.model_copy(update={"clip_id": name}) for name in names}


def references(*names: str) -> list[Reference]:
    base = EXAMPLES["reference"]
    assert isinstance(base, Reference)
    return [base.model_copy(update={"clip_id": name}) for name in names]


def grounded(*names: str):
    asked = plan(*(24 for _ in names))
    (scene,) = asked.scenes
    shots = tuple(
        shot.model_copy(update={"grounded_in": (name,)}) for shot, name in zip(scene.shots, names, strict=True)
    )
    return asked.model_copy(update={"scenes": (scene.model_copy(update={"shots": shots}),)})


def test_a_clip_that_may_not_be_cut_in_is_only_offered_for_its_look():
    offers = cast(plan(24), {"1A": references("a", "b")}, clips("a", "b"), frozenset({"b"}))
    assert [clip.clip_id for clip in offers["1A"].cut_in] == ["b"]
    assert [clip.clip_id for clip in offers["1A"].style] == ["a", "b"]


def test_what_a_shot_was_planned_around_comes_first_and_what_another_needs_comes_last():
    found = {"1A": references("b", "c"), "1B": references("a", "c")}
    offers = cast(grounded("a", "b"), found, clips("a", "b", "c"), frozenset("abc"))
    assert [clip.clip_id for clip in offers["1A"].cut_in] == ["a", "c", "b"]
    assert [clip.clip_id for clip in offers["1B"].cut_in] == ["b", "c", "a"]


def test_what_was_found_for_the_whole_brief_fills_up():
    offers = cast(plan(24), {"": references("z"), "1A": references("a")}, clips("a", "z"), frozenset("az"))
    assert [clip.clip_id for clip in offers["1A"].cut_in] == ["a", "z"]
