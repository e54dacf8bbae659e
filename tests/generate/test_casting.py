"""Which footage a shot is offered."""

from __future__ import annotations

from itertools import combinations

from circletake.domain.clip import Clip
from circletake.domain.look import StyleTarget
from circletake.domain.reference import Reference
from circletake.domain.take import Take
from circletake.generate.casting import Cast, cast, liveliness_of, share_out
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


def test_two_shots_planned_around_one_clip_both_have_it_first():
    offers = cast(grounded("a", "a"), {"": references("b")}, clips("a", "b"), frozenset("ab"))
    assert [[clip.clip_id for clip in offers[slate].cut_in] for slate in ("1A", "1B")] == [["a", "b"], ["a", "b"]]


def test_a_superseded_clip_is_offered_to_nobody():
    known = clips("a", "b")
    known["a"] = known["a"].model_copy(update={"superseded": True})
    offers = cast(grounded("a"), {"1A": references("a", "b")}, known, frozenset("ab"))
    assert [clip.clip_id for clip in offers["1A"].cut_in] == ["b"]
    assert [clip.clip_id for clip in offers["1A"].style] == ["b"]


def test_burnt_in_text_is_offered_only_to_the_shot_that_was_planned_around_it_or_has_nothing_else():
    known = clips("a", "b")
    known["a"] = known["a"].model_copy(update={"burnt_in": True})
    found = {"1A": references("b", "a"), "1B": references("b", "a")}
    offers = cast(grounded("a", "b"), found, known, frozenset("ab"))
    assert [clip.clip_id for clip in offers["1A"].cut_in] == ["a", "b"]
    assert [clip.clip_id for clip in offers["1B"].cut_in] == ["b"]
    alone = cast(plan(24), {"1A": references("a")}, known, frozenset("a"))
    assert [clip.clip_id for clip in alone["1A"].cut_in] == ["a"]


def frames_of(moments, name: str) -> set[int]:
    return {frame for moment in moments if moment.clip_id == name for frame in range(moment.first, moment.last)}


def test_whichever_takes_are_circled_no_moment_comes_twice_also_in_a_plan_made_by_hand():
    known = {name: clip.model_copy(update={"frames": 300}) for name, clip in clips("a", "b").items()}
    asked = grounded("a", "a", "b", "a")
    offers = cast(asked, {"": references("a", "b")}, known, frozenset("ab"))
    moments = share_out(asked, offers, takes=())
    assert all(moments.values())
    for one, other in combinations(moments.values(), 2):
        assert not any(frames_of(one, name) & frames_of(other, name) for name in known)


def test_a_shot_that_is_shot_again_never_takes_what_another_shows_already():
    known = {name: clip.model_copy(update={"frames": 200}) for name, clip in clips("a", "b").items()}
    asked = grounded("a", "b")
    first = share_out(asked, cast(asked, {}, known, frozenset("ab")), takes=())
    shown = first["1B"][0]
    take = EXAMPLES["take"]
    assert isinstance(take, Take)
    segment = {"clip": shown.clip_id, "first_frame": shown.first, "last_frame": shown.last}
    kept = take.model_copy(update={"slate": "1B", "recipe": {"segments": [segment]}})
    only = Cast((known["b"],), ())
    again = share_out(asked, {"1A": only, "1B": only}, takes=[kept])
    assert again["1A"]
    assert not frames_of(again["1A"], "b") & set(range(shown.first, shown.last))


def test_a_shot_that_looks_for_emptiness_wants_nothing_to_happen_and_a_quick_one_wants_much():
    shot = plan(24).shots[0]
    lonely = shot.model_copy(update={"search": "an empty room"})
    quick = shot.model_copy(update={"search": "a dog", "style": StyleTarget(motion=0.5)})
    assert liveliness_of(lonely) == -1
    assert liveliness_of(lonely.model_copy(update={"style": StyleTarget(motion=0.4)})) > 0
    assert liveliness_of(quick) == 1
    assert 0 < liveliness_of(shot.model_copy(update={"search": "a field", "style": StyleTarget(motion=0.05)})) < 0.5
