"""The offline planner: reads the brief, paces and frames the film, and grounds every shot in footage of the house."""

from __future__ import annotations

import logging
from datetime import date
from random import Random

from circletake.domain.brief import Brief
from circletake.domain.plan import Plan
from circletake.domain.ports import ReferenceSearch
from circletake.plan.drafting import draft_shots, slots_of, spread_beats
from circletake.plan.grammar import story_of
from circletake.plan.grounding import cast_shots, find_footage
from circletake.plan.pacing import count_shots, shot_frames
from circletake.plan.reading import read_brief
from circletake.plan.scenes import write_plan
from circletake.plan.titles import working_title

log = logging.getLogger(__name__)

VERSION = 1
"""Goes up when the same brief, seed and catalogue would give another plan than before."""


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
            Shortfall: the catalogue holds nothing that may be used for it.
        """
        wanted = read_brief(brief, today=today)
        rng = Random(seed)
        pool = find_footage(wanted, references)
        count = count_shots(wanted, longest_clip=max(one.seconds for one in pool), rng=rng)
        story = story_of(wanted, count.shots, rng=rng)
        beats = spread_beats(wanted, count.shots)
        slots = slots_of(wanted, story, frames=shot_frames(wanted, story, rng=rng), beats=beats)
        castings = cast_shots(wanted, slots, pool, references, joined=count.joined, rng=rng)
        last = castings[-1].footage
        title = working_title(wanted, place=last.place, time=last.time, rng=rng)
        drafts = draft_shots(wanted, story, slots, castings, beats=beats, title=title, joined=count.joined, rng=rng)
        plan = write_plan(wanted, drafts, count=count, title=title, planner=f"{self.name}/{VERSION}", seed=seed)
        log.info("planned %d shots in %d scenes from %d clips", len(drafts), len(plan.scenes), len(pool))
        return plan
