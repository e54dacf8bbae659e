"""Casting: which footage each shot is offered, and which moments of it are that shot's alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from circletake.domain.clip import Clip
from circletake.domain.moments import Demand, Moment, Territory, allot, ground_of, moments_of
from circletake.domain.plan import Plan, Shot
from circletake.domain.reference import Reference
from circletake.domain.take import Take

_LONELY = re.compile(r"\b(?:empty|deserted|abandoned|nobody|no one|alone|lonely|silent|silence|stillness)\b")
"""Words of a shot's search that ask for a stretch in which nothing happens."""
_JOLT = 0.3
"""Motion that a shot asks for from which on something must happen, whatever it looks for."""


@dataclass(frozen=True)
class Cast:
    """What a shot may use, the most suitable first."""

    cut_in: tuple[Clip, ...]
    style: tuple[Clip, ...]


def cast(
    plan: Plan,
    references: Mapping[str, Sequence[Reference]],
    clips: Mapping[str, Clip],
    allowed: frozenset[str],
) -> dict[str, Cast]:
    """Offer clips to every shot of a plan.

    First what the shot was planned around, then its own references, then what was found for the brief as a whole
    (slate ""); a clip that another shot was planned around goes behind those that are free, and one with burnt-in text
    is offered only to a shot that was planned around it or has nothing else. A superseded clip is offered to nobody.

    Args:
        plan: the plan.
        references: slate -> references, best first.
        clips: the clips behind them.
        allowed: ids of the clips that may be cut in *now*.
    """
    claimed = {shot.grounded_in[0] for shot in plan.shots if shot.grounded_in}
    current = {name: clip for name, clip in clips.items() if not clip.superseded}
    offers: dict[str, Cast] = {}
    for shot in plan.shots:
        own = [one.clip_id for one in references.get(shot.slate, ())]
        whole = [one.clip_id for one in references.get("", ())]
        order = [*shot.grounded_in, *own, *whole]
        known = [name for name in dict.fromkeys(order) if name in current]
        home = set(shot.grounded_in[:1])
        free = [name for name in known if name in home or name not in claimed]
        taken = [name for name in known if name not in free]
        cut_in = [name for name in [*free, *taken] if name in allowed]
        clean = [name for name in cut_in if name in home or not current[name].burnt_in]
        offers[shot.slate] = Cast(
            cut_in=tuple(current[name] for name in clean or cut_in),
            style=tuple(current[name] for name in dict.fromkeys([*own, *whole]) if name in current),
        )
    return offers


def liveliness_of(shot: Shot) -> float:
    """Return how much must happen in a shot: -1 nothing, 1 as much as there is; a jolt jolts in an empty room too."""
    motion = shot.style.motion or 0.0
    if motion < _JOLT and _LONELY.search(shot.search.lower()):
        return -1.0
    return min(1.0, 0.2 + 1.8 * motion)


def share_out(plan: Plan, offers: Mapping[str, Cast], *, takes: Sequence[Take]) -> dict[str, tuple[Moment, ...]]:
    """Return the moments that every shot may be cut from, in the order to be shot; no two shots share a frame.

    Args:
        plan: the plan.
        offers: what every shot was cast with.
        takes: takes of earlier rounds; what they were cut from stays with their shot.
    """
    demands = [
        Demand(
            slate=shot.slate,
            frames=shot.frames,
            clips=tuple(clip.clip_id for clip in offers[shot.slate].cut_in),
            liveliness=liveliness_of(shot),
        )
        for shot in plan.shots
    ]
    clips = {clip.clip_id: clip for offer in offers.values() for clip in offer.cut_in}
    grounds = {name: ground_of(clip, plan.fps) for name, clip in clips.items()}
    held: dict[str, list[Territory]] = {}
    for take in takes:
        held.setdefault(take.slate, []).extend(_cut_from(take))
    given = allot(demands, list(grounds.values()), held=held)
    return {demand.slate: moments_of(demand, given[demand.slate], grounds) for demand in demands}


def _cut_from(take: Take) -> Iterator[Territory]:
    """Yield the stretches that a take was cut from; none for a take that shows no footage."""
    segments = take.recipe.get("segments")
    for segment in segments if isinstance(segments, list) else []:
        if isinstance(segment, dict):
            name, first, last = segment.get("clip"), segment.get("first_frame"), segment.get("last_frame")
            if isinstance(name, str) and isinstance(first, int) and isinstance(last, int):
                yield Territory(clip_id=name, first=first, last=last)


def seconds_of_footage(clips: Sequence[Clip]) -> Fraction:
    """Return how long these clips are together, in seconds."""
    return sum((clip.seconds for clip in clips), Fraction(0))
