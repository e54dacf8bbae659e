"""Write the plan: scenes with their shots, the bible, and what a person should know before approving it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from circletake.domain.plan import Plan, Reading, Scene, Shot
from circletake.plan.bible import (
    heading_of,
    place_entries,
    place_id,
    scene_runs,
    slate_of,
    told_entries,
    told_ids,
)
from circletake.plan.demands import DemandSet
from circletake.plan.grammar import transition_of
from circletake.plan.grounding import pictures
from circletake.plan.pacing import Count
from circletake.plan.reading import FPS, Requirements
from circletake.plan.writing import (
    Draft,
    action_of,
    negative_prompt_of,
    prompt_of,
    search_of,
    seen_in,
    sound_of,
    style_of,
)

_SAID: tuple[tuple[str, str], ...] = (
    ("no_text", "no text on the screen"),
    ("no_music", "no music"),
    ("no_faces", "no recognisable faces"),
    ("no_voice", "no voice"),
    ("black_and_white", "black and white"),
    ("loop", "loops"),
    ("sound_off", "reads with the sound off"),
    ("intertitles", "intertitles"),
    ("subtitles", "subtitles"),
    ("black_before_title", "cut to black before the title"),
    ("question", "ends on a question"),
)


def write_plan(
    wanted: Requirements, drafts: Sequence[Draft], *, count: Count, title: str, planner: str, seed: int
) -> Plan:
    """Return the plan of a film whose shots are drafted.

    Args:
        wanted: what the film must be.
        drafts: the shots in order.
        count: how they were counted, with what could not be met.
        title: the film's title.
        planner: planner and version.
        seed: what the randomness began with.
    """
    footage = [draft.casting.footage for draft in drafts]
    places = place_entries(footage)
    asked = [picture for picture in (wanted.topic, *pictures(wanted)) if picture]
    told = told_entries(asked, wanted.language, taken=[entry.id for entry in places])
    known = [entry.id for entry in (*places, *told)]
    runs = scene_runs(footage, joined=count.joined)
    scenes = [
        _scene(wanted, drafts, run, number=at, known=known, joined=count.joined) for at, run in enumerate(runs, 1)
    ]
    black_and_white = ("black and white",) if wanted.demands.black_and_white else ()
    return Plan(
        title=title,
        logline=_logline(wanted, drafts, runs, title=title),
        form=wanted.as_form.name,
        tone=wanted.as_tone.name,
        style_words=(*wanted.as_tone.style_words, *black_and_white),
        subject=wanted.subject,
        language=wanted.language,
        aspect=wanted.aspect,
        fps=FPS,
        frames=wanted.frames,
        rights=wanted.rights,
        readings=(*wanted.readings, *_demand_reading(wanted.demands), *_stand_in_reading(drafts)),
        conflicts=(*wanted.conflicts, *count.conflicts, *_unspoken(wanted.demands)),
        bible=(*places, *told),
        scenes=tuple(scenes),
        planner=planner,
        seed=seed,
    )


def _scene(
    wanted: Requirements, drafts: Sequence[Draft], run: range, *, number: int, known: Sequence[str], joined: bool
) -> Scene:
    first = drafts[run[0]].casting.footage
    shots = [
        _shot(
            wanted, drafts[at], slate=slate_of(number, at - run[0]), new_scene=at == run[0], known=known, joined=joined
        )
        for at in run
    ]
    beats = dict.fromkeys(drafts[at].beat for at in run if drafts[at].beat)
    tells = f"; tells {', '.join(chr(34) + beat + chr(34) for beat in beats)}" if beats else ""
    summary = f"{seen_in(first.clip.caption)[:1].upper()}{seen_in(first.clip.caption)[1:]}{tells}."
    return Scene(number=number, heading=heading_of(first), summary=summary, shots=tuple(shots))


def _shot(
    wanted: Requirements, draft: Draft, *, slate: str, new_scene: bool, known: Sequence[str], joined: bool
) -> Shot:
    named = told_ids(draft.beat or (wanted.topic if draft.casting.shows else ""), wanted.language, known=known)
    return Shot(
        slate=slate,
        frames=draft.frames,
        size=draft.size,
        angle=draft.angle,
        move=draft.move,
        action=action_of(wanted, draft),
        sound=sound_of(wanted, draft),
        prompt=prompt_of(wanted, draft),
        negative_prompt=negative_prompt_of(wanted),
        bible=tuple(dict.fromkeys((place_id(draft.casting.footage), *named))),
        transition=transition_of(
            wanted, index=draft.index, count=draft.count, new_scene=new_scene and draft.index > 0, joined=joined
        ),
        title=draft.title,
        search=search_of(wanted, draft),
        style=style_of(wanted, draft),
        grounded_in=draft.casting.nearest,
    )


def _logline(wanted: Requirements, drafts: Sequence[Draft], runs: Sequence[range], *, title: str) -> str:
    seconds = float(Fraction(wanted.frames) / FPS)
    asked = wanted.topic or ", ".join(wanted.beats[:3])
    about = f' about "{asked}"' if asked else ""
    places = list(dict.fromkeys(drafts[run[0]].casting.footage.place for run in runs))
    path = f"from {places[0]} to {places[-1]}" if len(places) > 1 else f"all in one place: {places[0]}"
    end = f', ending on "{drafts[-1].title}"' if drafts[-1].title else ""
    form = wanted.as_form.name
    article = "an" if form[0] in "aeiou" else "a"
    return f"{title}: {article} {form} of {seconds:g} s{about}, {wanted.as_tone.name}, {path}{end}."


def _demand_reading(demands: DemandSet) -> tuple[Reading, ...]:
    """Return everything else that the brief demands, as one reading."""
    values = demands.model_dump()
    said = [name for field, name in _SAID if values[field]]
    said += [f"{demands.pace} cutting"] if demands.pace else []
    said += [f"{demands.shot_count} shots"] if demands.shot_count else []
    said += [f"{demands.shot_seconds} s a shot"] if demands.shot_seconds else []
    said += [f'"{line}" on screen for {float(demands.line_seconds):g} s or more' for line in demands.lines]
    said += [f"room for the logo, {float(demands.logo_seconds):g} s"] if demands.logo_seconds else []
    said += [f"begins on {demands.opening}"] if demands.opening else []
    said += [f"ends on {demands.closing}"] if demands.closing else []
    said += [f"no {demands.withheld} before {float(demands.withheld_until):.0%}"] if demands.withheld else []
    said += [f"shot {number}: {picture}" for number, picture in sorted(demands.numbered.items())]
    said += [*demands.always, *(f"not: {thing}" for thing in demands.refused)]
    return (Reading(field="demands", value="; ".join(said), origin="brief"),) if said else ()


def _stand_in_reading(drafts: Sequence[Draft]) -> tuple[Reading, ...]:
    """Return which pictures of the brief no usable footage shows, so that a person knows before money is spent."""
    missing = dict.fromkeys(draft.beat for draft in drafts if draft.beat and not draft.casting.shows)
    shown = {draft.beat for draft in drafts if draft.beat and draft.casting.shows}
    lacking = [beat for beat in missing if beat not in shown]
    if not lacking:
        return ()
    note = "no footage that may be used shows this; other pictures stand in for it"
    return (Reading(field="footage", value="; ".join(lacking), origin="assumed", note=note),)


def _unspoken(demands: DemandSet) -> tuple[str, ...]:
    if demands.subtitles and not demands.spoken and not demands.no_text:
        return ("subtitles are wanted, but the brief gives no spoken words; planned without subtitles",)
    return ()
