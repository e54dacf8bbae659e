"""The cut as an OpenTimelineIO file: exact times, alternates, transitions, and what it rests on."""

from __future__ import annotations

import json
from fractions import Fraction

import opentimelineio as otio
import pytest

from circletake.assemble.timeline import events_of, timeline, to_json, transition_lengths
from circletake.domain.plan import Plan
from circletake.domain.take import Take
from circletake.errors import HandoffInvalid
from tests.assemble.film import PRODUCTION, a_plan, a_take, an_event, circled

PREDICATE = "cd" * 32
PICTURED = a_plan([(48, "fade_from_black"), (36, "cut"), (60, "dissolve"), (48, "fade_to_black")])
POOL = tuple(
    a_take(slate, number, frames=72, clips=(f"{slate}-clip",), style_clips=("fog-0",))
    for slate in ("1A", "1B", "1C", "1D")
    for number in (1, 2, 3)
)
CHOSEN = tuple(take for take in POOL if take.number == 2)


def written(plan: Plan = PICTURED, *, pool: tuple[Take, ...] = POOL) -> otio.schema.Timeline:
    """Return the timeline as it is read back from its text."""
    picks = circled(*CHOSEN)
    whole = timeline(
        plan,
        production=PRODUCTION,
        version=3,
        events=events_of(plan, circles=picks, takes=pool),
        takes=pool,
        circles=picks,
        predicate_sha256=PREDICATE,
    )
    read = otio.adapters.read_from_string(to_json(whole), "otio_json")
    assert isinstance(read, otio.schema.Timeline)
    return read


def test_the_timeline_is_read_back_with_exact_times():
    read = written()
    clips = list(read.find_clips())
    assert read.name == "The Door"
    assert [track.kind for track in read.tracks] == ["Video", "Audio"]
    assert read.tracks[0].duration() == otio.opentime.RationalTime(192, 24)
    assert read.tracks[1].duration() == otio.opentime.RationalTime(192, 24)
    assert [clip.name for clip in clips[:4]] == ["1A-2", "1B-2", "1C-2", "1D-2"]
    assert [clip.trimmed_range().duration.value for clip in clips[:4]] == [48, 36, 60, 48]
    assert read.global_start_time is not None
    assert read.global_start_time.to_timecode(24, drop_frame=False) == "01:00:00:00"


def test_takes_that_were_not_circled_travel_as_alternates():
    clip = next(iter(written().find_clips()))
    media = clip.media_references()
    assert sorted(media) == ["1A-1", "1A-2", "1A-3"]
    assert clip.active_media_reference_key == "1A-2"
    told = {name: dict(reference.metadata["circletake"]) for name, reference in media.items()}
    assert [told[name]["circled"] for name in sorted(media)] == [False, True, False]
    assert list(told["1A-3"]["clips"]) == ["1A-clip"]
    assert told["1A-3"]["source_type"] == "composite"
    for take in POOL[:3]:
        reference = media[take.id]
        assert isinstance(reference, otio.schema.ExternalReference)
        assert reference.target_url == take.uri
        assert reference.available_range is not None
        assert reference.available_range.duration.value == 72


def test_an_editor_can_swap_an_alternate_in():
    clip = next(iter(written().find_clips()))
    clip.active_media_reference_key = "1A-3"
    assert clip.media_reference.metadata["circletake"]["take"] == 3
    assert clip.trimmed_range().duration.value == 48


def test_the_timeline_says_what_it_rests_on():
    read = written()
    facts = read.metadata["circletake"]
    assert facts["production"] == PRODUCTION
    assert facts["cut_version"] == 3
    assert facts["fps"] == "24/1"
    assert facts["rights_predicate_sha256"] == PREDICATE
    assert list(facts["rights"]["territories"]) == ["DE", "FR"]
    assert {clip.metadata["circletake"]["picked_by"] for clip in read.find_clips()} == {"person"}


def test_transitions_lie_where_they_are_seen():
    track = written().tracks[0]
    kinds = [(type(item).__name__, item.name) for item in track]
    assert kinds == [
        ("Transition", "fade_from_black"),
        ("Clip", "1A-2"),
        ("Clip", "1B-2"),
        ("Transition", "dissolve"),
        ("Clip", "1C-2"),
        ("Clip", "1D-2"),
        ("Transition", "fade_to_black"),
    ]
    offsets = {item.name: (item.in_offset.value, item.out_offset.value) for item in track if "_" in kinds_of(item)}
    assert offsets == {"fade_from_black": (0, 18), "dissolve": (0, 12), "fade_to_black": (18, 0)}


def kinds_of(item: otio.core.Composable) -> str:
    return "a_transition" if isinstance(item, otio.schema.Transition) else "clip"


def test_the_same_cut_gives_the_same_text():
    assert to_json(written()) == to_json(written())
    assert json.loads(to_json(written()))["OTIO_SCHEMA"].startswith("Timeline.")


def test_a_fractional_frame_rate_keeps_its_frames():
    plan = a_plan([(48, "cut"), (36, "cut"), (60, "dissolve"), (48, "cut")], fps=Fraction(24_000, 1001))
    read = written(plan)
    assert read.metadata["circletake"]["fps"] == "24000/1001"
    assert read.tracks[0].duration().value == 192


def test_no_transition_takes_more_than_half_of_a_shot():
    takes = [a_take("1A", 1, frames=100), a_take("1B", 1, frames=100), a_take("1C", 1, frames=100)]
    events = (
        an_event(takes[0], 10, transition="fade_from_black"),
        an_event(takes[1], 60, transition="dissolve"),
        an_event(takes[2], 5, transition="fade_to_black"),
    )
    assert transition_lengths(events, fps=Fraction(24)) == (5, 5, 2)


def test_a_shot_without_a_usable_circled_take_is_named():
    short = tuple(take.model_copy(update={"frames": 30}) if take.id == "1B-2" else take for take in POOL)
    with pytest.raises(HandoffInvalid, match=r"shot 1A has no circled take"):
        events_of(PICTURED, circles=circled(*CHOSEN[1:]), takes=POOL)
    with pytest.raises(HandoffInvalid, match=r"take 1D-2 is circled, but there is no such take"):
        events_of(PICTURED, circles=circled(*CHOSEN), takes=POOL[:9])
    with pytest.raises(HandoffInvalid, match=r"take 1B-2 has 30 frames, its shot needs 36"):
        events_of(PICTURED, circles=circled(*CHOSEN), takes=short)
