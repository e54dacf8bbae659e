"""The cut: circled takes in story order, as events for the renderer and as an OpenTimelineIO timeline for editors.

The takes that were not circled travel in the timeline as further media references of their shot's clip, under their
take id (`12A-3`), so that an editor can swap them in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import opentimelineio as otio
from pydantic import JsonValue

from circletake.domain.cut import CutEvent
from circletake.domain.plan import Plan, Transition
from circletake.domain.take import CircledTake, Take
from circletake.domain.timing import frames_in
from circletake.errors import HandoffInvalid

DISSOLVE = Fraction(1, 2)
"""Seconds over which one shot dissolves into the next."""
FADE = Fraction(3, 4)
"""Seconds over which a shot comes from black or goes to it."""
_FIRST_TIMECODE = Fraction(3600)
"""Films begin at 01:00:00:00, as editors expect."""


def events_of(plan: Plan, *, circles: Mapping[str, CircledTake], takes: Sequence[Take]) -> tuple[CutEvent, ...]:
    """Return one event a shot, in story order: the first frames of the circled take, as many as the shot has.

    Raises:
        HandoffInvalid: a shot has no circled take, or its take is missing or too short.
    """
    by_id = {(take.slate, take.number): take for take in takes}
    events: list[CutEvent] = []
    for shot in plan.shots:
        circled = circles.get(shot.slate)
        if circled is None:
            raise HandoffInvalid(f"shot {shot.slate} has no circled take: pick one")
        take = by_id.get((shot.slate, circled.number))
        if take is None:
            raise HandoffInvalid(f"take {shot.slate}-{circled.number} is circled, but there is no such take")
        if take.frames < shot.frames:
            raise HandoffInvalid(f"take {take.id} has {take.frames} frames, its shot needs {shot.frames}: reshoot it")
        event = CutEvent(
            slate=shot.slate, take=take.number, uri=take.uri, in_frame=0, frames=shot.frames, transition=shot.transition
        )
        events.append(event)
    return tuple(events)


def transition_lengths(events: Sequence[CutEvent], *, fps: Fraction) -> tuple[int, ...]:
    """Return for each event how many frames its transition takes; 0 for a plain cut.

    A dissolve and a fade from black lie at the event's beginning; an event that fades to black begins with a cut, and
    its last frames fade. None takes more than half of a shot that it touches. Before the first shot there is nothing:
    a dissolve there is a fade from black.
    """
    lengths: list[int] = []
    for index, event in enumerate(events):
        wanted = {"cut": 0, "dissolve": frames_in(DISSOLVE, fps)}.get(event.transition, frames_in(FADE, fps))
        shortest = event.frames
        if event.transition == "dissolve" and index:
            shortest = min(shortest, events[index - 1].frames)
        lengths.append(min(wanted, shortest // 2))
    return tuple(lengths)


def timeline(
    plan: Plan,
    *,
    production: str,
    version: int,
    events: Sequence[CutEvent],
    takes: Sequence[Take],
    circles: Mapping[str, CircledTake],
    predicate_sha256: str,
) -> otio.schema.Timeline:
    """Return the cut as a timeline: picture and sound tracks, alternates, transitions and what they rest on.

    Times are exact at the plan's frame rate; media are named by their URI in the file store. The same cut gives the
    same text.
    """
    whole = otio.schema.Timeline(
        name=plan.title,
        global_start_time=otio.opentime.RationalTime(float(_FIRST_TIMECODE * plan.fps), float(plan.fps)),
    )
    facts: dict[str, JsonValue] = {
        "production": production,
        "cut_version": version,
        "logline": plan.logline,
        "aspect": plan.aspect,
        "fps": f"{plan.fps.numerator}/{plan.fps.denominator}",
        "frames": plan.frames,
        "rights_predicate_sha256": predicate_sha256,
        "rights": plan.rights.model_dump(mode="json"),
    }
    whole.metadata["circletake"] = facts
    picture = otio.schema.Track(name="Picture", kind=otio.schema.TrackKind.Video)
    sound = otio.schema.Track(name="Sound", kind=otio.schema.TrackKind.Audio)
    lengths = transition_lengths(events, fps=plan.fps)
    for event, length in zip(events, lengths, strict=True):
        of_slate = [take for take in takes if take.slate == event.slate]
        facts = {
            "production": production,
            "slate": event.slate,
            "take": event.take,
            "picked_by": circles[event.slate].by,
            "rights_predicate_sha256": predicate_sha256,
        }
        if length and event.transition != "fade_to_black":
            picture.append(_transition(event.transition, length, fps=plan.fps, at_end=not len(picture)))
        picture.append(_clip(event, of_slate, fps=plan.fps, facts=facts))
        if length and event.transition == "fade_to_black":
            picture.append(_transition(event.transition, length, fps=plan.fps, at_end=event is events[-1]))
        sound.append(_clip(event, of_slate, fps=plan.fps, facts=facts))
    whole.tracks.append(picture)
    whole.tracks.append(sound)
    return whole


def to_json(whole: otio.schema.Timeline) -> str:
    """Return a timeline as `.otio` text."""
    return whole.to_json_string(indent=2)


def _span(first: int, frames: int, fps: Fraction) -> otio.opentime.TimeRange:
    rate = float(fps)
    return otio.opentime.TimeRange(otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(frames, rate))


def _clip(event: CutEvent, takes: Sequence[Take], *, fps: Fraction, facts: dict[str, JsonValue]) -> otio.schema.Clip:
    """Return a clip whose media are all takes of its slate; the circled one is active."""
    active = f"{event.slate}-{event.take}"
    media: dict[str, otio.core.MediaReference] = {}
    for take in takes:
        reference = otio.schema.ExternalReference(target_url=take.uri, available_range=_span(0, take.frames, fps))
        reference.name = take.id
        told: dict[str, JsonValue] = {
            "production": take.production,
            "slate": take.slate,
            "take": take.number,
            "round": take.round,
            "circled": take.id == active,
            "generator": take.generator,
            "source_type": take.source_type,
            "sha256": take.sha256,
            "clips": list(take.clips),
            "style_clips": list(take.style_clips),
            "rights_predicate_sha256": facts["rights_predicate_sha256"],
            "passed": take.qc.passed,
            "reasons": list(take.qc.reasons),
        }
        reference.metadata["circletake"] = told
        media[take.id] = reference
    clip = otio.schema.Clip(name=active, source_range=_span(event.in_frame, event.frames, fps))
    clip.set_media_references(media, active)
    clip.metadata["circletake"] = facts
    return clip


def _transition(kind: Transition, frames: int, *, fps: Fraction, at_end: bool) -> otio.schema.Transition:
    """Return a transition; a dissolve and a fade from black lie after the edit, a fade to black before it.

    Other programs know dissolves between shots and fades at the two ends of a track; a fade in the middle is a custom
    transition to them.
    """
    plain = kind == "dissolve" or at_end
    before = frames if kind == "fade_to_black" else 0
    transition = otio.schema.Transition(
        name=kind,
        transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve if plain else otio.schema.TransitionTypes.Custom,
        in_offset=otio.opentime.RationalTime(before, float(fps)),
        out_offset=otio.opentime.RationalTime(frames - before, float(fps)),
    )
    transition.metadata["circletake"] = {"transition": kind}
    return transition
