"""The offline planner: reads the brief, paces and frames the film, and grounds every shot in footage of the house."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from circletake.domain.brief import Brief
from circletake.domain.moments import SLOWEST, least_frames
from circletake.domain.plan import Plan
from circletake.domain.ports import ReferenceSearch
from circletake.errors import Shortfall
from circletake.plan.casting import Casting, Slot, cast_shots
from circletake.plan.drafting import draft_shots, slots_of, spread_beats
from circletake.plan.grammar import story_of
from circletake.plan.grounding import Footage, find_footage, too_little
from circletake.plan.lexicon import Role
from circletake.plan.pacing import LONGEST_SHOT, SHORTEST_SHOT, Count, count_shots, shot_frames
from circletake.plan.reading import Requirements, read_brief
from circletake.plan.scenes import write_plan
from circletake.plan.titles import working_title

log = logging.getLogger(__name__)

VERSION = 2
"""Goes up when the same brief, seed and catalogue would give another plan than before."""


@dataclass(frozen=True)
class _Cast:
    """A film whose shots have their footage, and the randomness it goes on with."""

    count: Count
    story: tuple[Role, ...]
    beats: tuple[str, ...]
    slots: tuple[Slot, ...]
    castings: tuple[Casting, ...]
    rng: Random


class Storyboard:
    """`domain.ports.Planner` that needs no model and no network: rules, tables and the house's own footage."""

    name = "storyboard"

    def plan(self, brief: Brief, *, seed: int, today: date, references: ReferenceSearch) -> Plan:
        """Return a plan that holds together; the same arguments over the same catalogue give the same plan.

        Args:
            brief: what the client asked for.
            seed: another seed gives another take on the same brief: other clips, other framing, another rhythm.
            today: first day of release when nobody says another.
            references: the catalogue.

        Raises:
            BriefError: the brief is empty, asks for no length at all, or for a release that cannot be.
            Shortfall: the catalogue holds too little that may be used for it; no moment is shown twice.
        """
        wanted = read_brief(brief, today=today)
        pool = find_footage(wanted, references)
        cast = _cast(wanted, pool, references, seed=seed)
        count, story, beats, rng = cast.count, cast.story, cast.beats, cast.rng
        slots, castings = cast.slots, cast.castings
        last = castings[-1].footage
        title = working_title(wanted, place=last.place, time=last.time, rng=rng)
        drafts = draft_shots(wanted, story, slots, castings, beats=beats, title=title, joined=count.joined, rng=rng)
        plan = write_plan(wanted, drafts, count=count, title=title, planner=f"{self.name}/{VERSION}", seed=seed)
        log.info("planned %d shots in %d scenes from %d clips", len(drafts), len(plan.scenes), len(pool))
        return plan


def _cast(wanted: Requirements, pool: Sequence[Footage], references: ReferenceSearch, *, seed: int) -> _Cast:
    """Pace and cast the film; where the clips are too short for its shots, with more and shorter ones.

    Raises:
        Shortfall: the footage does not last for the film, however it is cut.
    """
    if sum(one.room for one in pool) < least_frames(wanted.frames):
        raise Shortfall(too_little(wanted, pool))
    longest_shot = min(LONGEST_SHOT, int(max(one.room for one in pool) / SLOWEST))
    while True:
        try:
            return _paced(wanted, pool, references, longest_shot=longest_shot, rng=Random(seed))
        except Shortfall:
            if longest_shot <= SHORTEST_SHOT:
                raise
            longest_shot = max(SHORTEST_SHOT, longest_shot * 3 // 4)
            log.info("the clips are too short for the shots: cut anew with shots of at most %d frames", longest_shot)


def _paced(
    wanted: Requirements, pool: Sequence[Footage], references: ReferenceSearch, *, longest_shot: int, rng: Random
) -> _Cast:
    longest_clip = max(one.seconds for one in pool)
    count = count_shots(wanted, longest_clip=longest_clip, rng=rng, longest_shot=longest_shot)
    story = story_of(wanted, count.shots, rng=rng)
    beats = spread_beats(wanted, count.shots)
    frames = shot_frames(wanted, story, rng=rng, longest_shot=longest_shot)
    slots = slots_of(wanted, story, frames=frames, beats=beats)
    castings = cast_shots(wanted, slots, pool, references, joined=count.joined, rng=rng)
    return _Cast(count, story, beats, slots, castings, rng)
