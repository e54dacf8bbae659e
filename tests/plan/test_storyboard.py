"""Plans as an editor would read them: grammar, pacing, grounding, and the same plan for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circletake.domain.brief import Brief
from circletake.domain.clip import Clip
from circletake.domain.moments import least_frames
from circletake.domain.plan import Plan
from circletake.domain.rights import permits
from circletake.errors import Shortfall
from circletake.plan import Storyboard, check_plan
from circletake.plan.lexicon import forms, tones
from circletake.plan.pacing import spread
from tests.plan.footage import ROWS, TODAY, InMemoryCatalogue, make_clip
from tests.plan.test_reading import BRIEFS

ARTICLE = "A24-style cold-open, 20s, dread tone"
FOOTAGE_SECONDS = sum(row[4] for row in ROWS)
PlanOf = Callable[..., Plan]


@pytest.mark.parametrize("text", [row[0] for row in BRIEFS])
def test_every_brief_becomes_a_plan_that_may_be_handed_on(text: str, catalogue: InMemoryCatalogue):
    brief = Brief(text=text)
    for seed in (0, 1, 7):
        plan = Storyboard().plan(brief, seed=seed, today=TODAY, references=catalogue)
        assert check_plan(plan, brief=brief) == plan
        assert sum(shot.frames for shot in plan.shots) == plan.frames
        assert 3 <= len(plan.shots) <= 20
        assert all(24 <= shot.frames <= 192 for shot in plan.shots)
        assert plan.shots[-1].frames >= 36


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_take(plan_of: PlanOf):
    first, again = plan_of(ARTICLE, seed=3), plan_of(ARTICLE, seed=3)
    assert first.to_json() == again.to_json()
    takes = {tuple((shot.grounded_in[0], shot.size, shot.frames) for shot in plan_of(ARTICLE, seed=s).shots)
             for s in range(8)}  # fmt: skip
    assert len(takes) == 8
    openings = {plan_of(ARTICLE, seed=seed).shots[0].grounded_in[0] for seed in range(8)}
    assert len(openings) > 1


def test_the_articles_cold_open_holds_then_jolts_then_ends_on_its_title(plan_of: PlanOf):
    plan = plan_of(ARTICLE)
    frames = [shot.frames for shot in plan.shots]
    assert plan.frames == 480
    assert (plan.form, plan.tone, plan.aspect) == ("cold open", "dread", "16:9")
    assert plan.shots[0].transition == "fade_from_black"
    assert frames[-2] == min(frames)
    assert frames[-3] > frames[0]
    assert plan.shots[-1].title == plan.title != ""
    assert all(shot.style.luma is not None and shot.style.luma < 0.2 for shot in plan.shots)
    assert all(shot.move in {"static", "push_in", "pull_out", "handheld"} for shot in plan.shots)


def test_no_jump_scare_means_no_jolt(plan_of: PlanOf):
    frames = [shot.frames for shot in plan_of(f"{ARTICLE}, no jump scare").shots]
    assert frames[-2] > frames[0]


def test_a_trailer_quickens(plan_of: PlanOf):
    frames = [shot.frames for shot in plan_of("40 s trailer, tense: rain, a street, a clock").shots[:-1]]
    half = len(frames) // 2
    assert sum(frames[:half]) / half > 1.5 * sum(frames[half:]) / (len(frames) - half)


def test_a_quick_brief_has_more_shots_than_a_slow_one(plan_of: PlanOf):
    quick, slow = (plan_of(f"30 s spot for a bakery, {pace}") for pace in ("quick cuts", "slow"))
    assert len(quick.shots) > len(slow.shots)


@pytest.mark.parametrize("form", sorted(forms()))
@pytest.mark.parametrize("tone", sorted(tones()))
def test_every_form_in_every_tone_holds_together(form: str, tone: str, plan_of: PlanOf):
    plan = plan_of(f"{forms()[form].words[0]}, 20 s, {tones()[tone].words[0].strip('*')} tone: rain, hands")
    assert (plan.form, plan.tone) == (forms()[form].name, tones()[tone].name)
    assert plan.frames == 480
    sizes = [shot.size for shot in plan.shots]
    assert len(set(sizes)) > 1
    assert all("  " not in shot.prompt and shot.action.endswith(".") for shot in plan.shots)


@settings(max_examples=60, deadline=None)
@given(
    tenths=st.integers(min_value=10, max_value=6000),
    form=st.sampled_from(sorted(forms())),
    tone=st.sampled_from(sorted(tones())),
    seed=st.integers(min_value=0, max_value=2**31 - 1),
)
def test_any_length_adds_up_to_the_frame(tenths: int, form: str, tone: str, seed: int):
    catalogue = InMemoryCatalogue(make_clip(row) for row in ROWS)
    text = f"{forms()[form].words[0]}, {tones()[tone].words[0].strip('*')} tone"
    brief = Brief.model_validate({"text": text, "duration": f"{tenths}/10"})
    try:
        plan = check_plan(Storyboard().plan(brief, seed=seed, today=TODAY, references=catalogue), brief=brief)
    except Shortfall:
        assert tenths > FOOTAGE_SECONDS * 10 * 1.5
        return
    assert tenths <= FOOTAGE_SECONDS * 10 * 2
    assert sum(shot.frames for shot in plan.shots) == plan.frames == int(tenths * 24 / 10 + 0.5)
    assert all(shot.frames <= 192 for shot in plan.shots)


@given(
    weights=st.lists(st.floats(min_value=0.01, max_value=50), min_size=1, max_size=40),
    low=st.integers(min_value=1, max_value=24),
    width=st.integers(min_value=0, max_value=200),
    share=st.floats(min_value=0, max_value=1),
)
def test_frames_are_shared_out_within_bounds_and_exactly(weights: list[float], low: int, width: int, share: float):
    count = len(weights)
    total = round(count * (low + share * width))
    frames = spread(weights, total=total, low=[low] * count, high=[low + width] * count)
    assert sum(frames) == total
    assert all(low <= one <= low + width for one in frames)


def test_exact_shots_are_exact_and_a_numbered_shot_shows_what_it_must(plan_of: PlanOf):
    plan = plan_of(
        "Exactly 6 seconds, 9:16, three shots of exactly two seconds each, shot 2 must be a red cup, no text"
    )
    assert [shot.frames for shot in plan.shots] == [48, 48, 48]
    assert "red" in plan.shots[1].search
    assert "cup" in plan.shots[1].search
    assert all(shot.title == "" for shot in plan.shots)
    assert plan.bible[-1].id == "cup"
    assert "cup" in plan.shots[1].bible


def test_a_line_is_on_screen_long_enough_and_a_logo_has_its_room(plan_of: PlanOf):
    line = plan_of("Square 10 second cut-down: one bud, the line 'Say it now' held for at least three seconds").shots[
        -1
    ]
    assert (line.title, line.frames >= 72) == ("Say it now", True)
    logo = plan_of("30 second spot for a bakery, logo space in the last three seconds").shots[-1]
    assert (logo.title, logo.frames >= 72) == ("", True)
    assert "logo" in logo.action


def test_a_question_is_asked_in_the_briefs_language(plan_of: PlanOf):
    assert plan_of("Teaser, 12 Sekunden, ein Hund im Garten, endet mit einer Frage").shots[-1].title.endswith("?")
    assert plan_of("Avance de 12 segundos, un perro, termina con una pregunta").shots[-1].title.startswith("¿")


def test_intertitles_tell_the_beats_in_order(plan_of: PlanOf):
    plan = plan_of("30 s trailer: a tramp, a policeman, a misunderstanding; black and white, intertitles")
    assert [shot.title for shot in plan.shots if shot.title][:3] == ["A tramp.", "A policeman.", "A misunderstanding."]
    assert all(shot.style.saturation == 0 for shot in plan.shots)
    assert all("black and white" in shot.prompt for shot in plan.shots)


def test_beats_are_told_by_footage_that_shows_them_in_the_briefs_order(plan_of: PlanOf, catalogue: InMemoryCatalogue):
    plan = plan_of("30-Sekunden-Spot für einen Saatguthändler: Acker, Traktor, Blüte, ruhig")
    files = [catalogue.clip(shot.grounded_in[0]).file for shot in plan.shots]
    assert "field.mp4" in files
    assert "flower.mp4" in files
    assert files.index("field.mp4") < files.index("flower.mp4")
    assert "tractor" in " ".join(shot.search for shot in plan.shots)


def test_what_no_footage_shows_is_said_before_money_is_spent(plan_of: PlanOf):
    plan = plan_of("20 s spot: a submarine, hands round a cup")
    lacking = next(reading for reading in plan.readings if reading.field == "footage")
    assert lacking.value == "a submarine"
    assert lacking.origin == "assumed"


def test_what_is_held_back_is_not_seen_before_halfway(plan_of: PlanOf, catalogue: InMemoryCatalogue):
    for seed in range(6):
        plan = plan_of("40 s trailer, tense: a dark hall, a street; hold back the tractor until halfway", seed=seed)
        starts = plan.starts()
        early = [shot for shot in plan.shots if starts[shot.slate] * 2 < plan.frames]
        assert all(catalogue.clip(shot.grounded_in[0]).file != "field.mp4" for shot in early)


def test_a_film_begins_and_ends_on_what_the_brief_says(plan_of: PlanOf, catalogue: InMemoryCatalogue):
    for seed in range(5):
        shots = plan_of(
            "20 s recap of a concert, starts on a coffee cup and builds to the phone lights", seed=seed
        ).shots
        files = [catalogue.clip(shot.grounded_in[0]).file for shot in (shots[0], shots[-1])]
        assert files == ["coffee.mp4", "lights.mp4"]


def test_neighbours_are_not_from_one_clip_while_there_are_others(plan_of: PlanOf):
    for seed in range(5):
        clips = [shot.grounded_in[0] for shot in plan_of("30 s mood film, calm, water and light", seed=seed).shots]
        assert all(one != other for one, other in pairwise(clips))


def test_a_clip_that_is_seen_again_is_framed_otherwise(plan_of: PlanOf):
    seen: set[tuple[str, str]] = set()
    for shot in plan_of("30 second spot for a small-batch coffee roaster: hands, steam, morning light").shots[:6]:
        assert (shot.grounded_in[0], shot.size) not in seen
        seen.add((shot.grounded_in[0], shot.size))


def test_a_loop_ends_where_it_began(plan_of: PlanOf):
    plan = plan_of("12 s loop, calm, water, bottles as characters")
    assert plan.shots[0].grounded_in[0] == plan.shots[-1].grounded_in[0]
    assert "black" not in plan.shots[0].transition


def test_a_continuous_take_is_one_shot_if_it_can_be(plan_of: PlanOf):
    assert len(plan_of("9 s mood film, one continuous take, a lake").shots) == 1
    soft = plan_of("20 s mood film, one continuous take if possible, a lake")
    assert len(soft.shots) > 1
    assert "10.0 s" in soft.conflicts[0]
    assert len({shot.move for shot in soft.shots}) == 1
    assert len(soft.scenes) == 1


def test_a_brief_that_contradicts_itself_becomes_a_plan_that_says_so(plan_of: PlanOf):
    plan = plan_of(
        "One continuous unbroken 30 second take with at least twelve cuts, calm and frantic at once, for a bank."
    )
    assert len(plan.shots) == 13
    assert len(plan.conflicts) == 2
    many = plan_of("40 shots in 10 seconds, frantic")
    assert len(many.shots) == 10
    assert "40 shots" in many.conflicts[0]


def test_only_cleared_clips_are_planned_around(catalogue: InMemoryCatalogue):
    rows = [make_clip(row) for row in ROWS]
    barred = [make_clip(row, territories=("US",)) for row in ROWS[:6]]
    mixed = InMemoryCatalogue([*barred, *rows[6:]])
    brief = Brief(text="20 s teaser, dread tone, corridor, stairs, for Germany")
    plan = Storyboard().plan(brief, seed=1, today=TODAY, references=mixed)
    for shot in plan.shots:
        assert shot.grounded_in
        assert all(permits(mixed.clip(name).licence, plan.rights).allowed for name in shot.grounded_in)
    assert all(set(asked.uses) == {"derivative", "publish"} for asked in mixed.asked)
    assert len(catalogue.asked) == 0


def test_a_catalogue_with_nothing_that_may_be_used_is_a_shortfall_that_says_what_for():
    barred = InMemoryCatalogue(make_clip(row, uses=("style_reference",)) for row in ROWS)
    with pytest.raises(Shortfall, match=r"derivative and publish in DE, AT, CH .*2026-11-22 to 2027-11-22"):
        Storyboard().plan(Brief(text="20 s teaser for DACH"), seed=1, today=TODAY, references=barred)


def test_one_usable_clip_is_enough_for_a_film_that_it_lasts_for():
    lone = InMemoryCatalogue([make_clip(ROWS[0])])
    brief = Brief.model_validate({"text": ARTICLE, "duration": "10"})
    plan = Storyboard().plan(brief, seed=1, today=date(2026, 1, 1), references=lone)
    assert {shot.grounded_in[0] for shot in plan.shots} == set(lone.clips)


def test_a_film_longer_than_the_footage_allows_says_how_much_there_is_and_what_would_help():
    few = InMemoryCatalogue(make_clip(row) for row in ROWS[:2])
    with pytest.raises(
        Shortfall, match=r"the film is 60 s long.* 2 clips of 11\.0 s in all.* in DE .*at most 11 s"
    ) as told:
        Storyboard().plan(Brief(text="60 s teaser, dread tone, for Germany"), seed=1, today=TODAY, references=few)
    assert "\n" not in str(told.value)


def planned(plan: Plan) -> Counter[str]:
    frames: Counter[str] = Counter()
    for shot in plan.shots:
        frames[shot.grounded_in[0]] += least_frames(shot.frames)
    return frames


def test_no_clip_is_planned_for_more_than_it_holds_at_half_speed():
    few = InMemoryCatalogue(make_clip(row) for row in ROWS[:4])
    for seed in range(4):
        for seconds in (12, 24, 36, 44):
            brief = Brief.model_validate({"text": "cold open, a corridor at night, dread", "duration": str(seconds)})
            plan = Storyboard().plan(brief, seed=seed, today=TODAY, references=few)
            assert all(frames <= few.clip(name).frames for name, frames in planned(plan).items())


def test_many_short_clips_make_a_film_of_short_shots():
    short = [make_clip((f"{row[0]}{n}", *row[1:4], 1.5, *row[5:])) for row in ROWS for n in range(3)]
    plan = Storyboard().plan(
        Brief(text="30 s calm mood film"), seed=1, today=TODAY, references=InMemoryCatalogue(short)
    )
    assert all(shot.frames <= 72 for shot in plan.shots)


def cut_up(row, *, shots: int) -> list[Clip]:
    """Return the shots of one file that was edited before."""
    whole = make_clip(row)
    prints = ["0123456789abcdef", "fedcba9876543210", "00ff00ff00ff00ff", "f0f0f0f00f0f0f0f"]
    return [
        whole.model_copy(
            update={"clip_id": f"{whole.sha256[:12]}-{n * 48}", "first_frame": n * 48, "frames": 48, "phash": prints[n]}
        )
        for n in range(shots)
    ]


def test_two_shots_of_one_file_do_not_stand_side_by_side_while_there_are_others():
    clips = [clip for row in ROWS[:5] for clip in cut_up(row, shots=4)]
    catalogue = InMemoryCatalogue(clips)
    for seed in range(4):
        plan = Storyboard().plan(Brief(text=ARTICLE), seed=seed, today=TODAY, references=catalogue)
        files = [catalogue.clip(shot.grounded_in[0]).file for shot in plan.shots]
        assert all(one != other for one, other in pairwise(files))


def test_burnt_in_text_is_planned_only_where_nothing_else_shows_the_picture():
    marked = [make_clip(row).model_copy(update={"burnt_in": row[0] in {"corridor", "field"}}) for row in ROWS]
    catalogue = InMemoryCatalogue([*marked, make_clip(("corridor2", *ROWS[0][1:]))])
    for seed in range(4):
        brief = Brief(text="20 s cold open, dread: an empty corridor, a staircase")
        plan = Storyboard().plan(brief, seed=seed, today=TODAY, references=catalogue)
        names = [name for shot in plan.shots for name in shot.grounded_in]
        assert not any(catalogue.clip(name).burnt_in for name in names)
    only = Storyboard().plan(Brief(text="20 s spot: a tractor, calm"), seed=1, today=TODAY, references=catalogue)
    assert any(catalogue.clip(shot.grounded_in[0]).file == "field.mp4" for shot in only.shots)


def test_a_red_lift_does_not_stand_for_a_red_cup(plan_of: PlanOf):
    lift = make_clip(("lift", "A red lift", "A red lift in a hall.", "red|lift", 9, 0.5, 0.2, 0.1, 0.0, 0.02, 0.0))
    catalogue = InMemoryCatalogue([lift, *(make_clip(row) for row in ROWS if row[0] not in {"cups", "coffee"})])
    plan = Storyboard().plan(Brief(text="12 s spot: a red cup, an umbrella"), seed=1, today=TODAY,
                             references=catalogue)  # fmt: skip
    lacking = next(reading for reading in plan.readings if reading.field == "footage")
    assert "umbrella" not in lacking.value
    assert "red cup" in lacking.value


def test_one_camera_in_one_room_is_cut_from_that_room_alone_when_nothing_else_shows_it():
    room = make_clip(("room", "Empty room", "A security camera watches an empty room.", "room|empty|security", 120,
                      0.4, 0.1, 0.05, 0.0, 0.01, 0.0))  # fmt: skip
    catalogue = InMemoryCatalogue([room, *(make_clip(row) for row in ROWS[2:])])
    plan = Storyboard().plan(
        Brief(text="20 s cold open, uneasy: an empty room"), seed=1, today=TODAY, references=catalogue
    )
    shown = [catalogue.clip(shot.grounded_in[0]).file for shot in plan.shots]
    assert any(one == other == "room.mp4" for one, other in pairwise(shown))


def test_a_superseded_clip_is_not_planned_around():
    old = [make_clip(row).model_copy(update={"superseded": True}) for row in ROWS[:4]]
    catalogue = InMemoryCatalogue([*old, *(make_clip(row) for row in ROWS[4:])])
    plan = Storyboard().plan(Brief(text=ARTICLE), seed=1, today=TODAY, references=catalogue)
    assert not any(catalogue.clip(shot.grounded_in[0]).superseded for shot in plan.shots)


def test_an_upright_film_prefers_upright_sources_and_a_wide_one_wide_ones():
    wide = [make_clip(row) for row in ROWS]
    upright = [make_clip((f"{row[0]}_up", *row[1:])).model_copy(update={"width": 540, "height": 960}) for row in ROWS]
    catalogue = InMemoryCatalogue([*wide, *upright])
    for aspect, tall in (("9:16", True), ("16:9", False)):
        brief = Brief.model_validate({"text": "20 s mood film, calm, water and light", "aspect": aspect})
        plans = [Storyboard().plan(brief, seed=seed, today=TODAY, references=catalogue) for seed in range(5)]
        shown = [catalogue.clip(shot.grounded_in[0]) for plan in plans for shot in plan.shots]
        fitting = sum((one.height > one.width) == tall for one in shown)
        assert fitting > 0.7 * len(shown)


def test_a_film_without_faces_keeps_people_out_when_it_can(plan_of: PlanOf, catalogue: InMemoryCatalogue):
    plan = plan_of("20 s mood film, no faces, dusk and sea")
    assert all("woman" not in catalogue.clip(shot.grounded_in[0]).caption for shot in plan.shots)
    assert all("recognisable faces" in shot.negative_prompt for shot in plan.shots)


def test_what_is_refused_goes_into_the_negative_prompt_and_rules_into_every_prompt(plan_of: PlanOf):
    plan = plan_of("30 s information film, friendly, no blood, hands always fully in frame, no music")
    assert all("blood" in shot.negative_prompt for shot in plan.shots)
    assert all("hands always fully in frame" in shot.prompt for shot in plan.shots)
    assert all(shot.sound.music == "" for shot in plan.shots)


def test_scenes_are_one_place_and_time_with_sluglines_and_bible(plan_of: PlanOf):
    plan = plan_of("45 s documentary opening about a telescope: dark hall, gold mirror, slow, awe")
    ids = {entry.id: entry.kind for entry in plan.bible}
    assert {"mirror", "telescope"} <= set(ids)
    for scene in plan.scenes:
        assert scene.heading.startswith(("INT. ", "EXT. "))
        places = {name for shot in scene.shots for name in shot.bible if ids[name] == "place"}
        assert len(places) == 1
    assert any(scene.heading.startswith("INT. HALL") for scene in plan.scenes)


def test_fades_stand_at_the_ends_only(plan_of: PlanOf):
    for text, *_ in BRIEFS:
        shots = plan_of(text).shots
        assert all(shot.transition != "fade_from_black" for shot in shots[1:])
        assert all(shot.transition != "fade_to_black" for shot in shots[:-1])


def test_a_cut_to_black_before_the_title_is_a_cut_to_a_dark_frame(plan_of: PlanOf):
    last = plan_of("40 s trailer, tense: a street; hard cut to black before the title").shots[-1]
    assert last.transition == "cut"
    assert last.title
    assert last.style.luma is not None
    assert last.style.luma < 0.1
