"""Provisional ranking: the best *sequence* of takes, by match to the shot and continuity with the neighbours.

It stands in for an editor when nobody looks, and is marked so. Maximises, over one take a shot,

    sum(match) + 0.6 * sum(continuity of neighbours, `domain.continuity`) - repeats

with dynamic programming (Viterbi 1967) for the neighbours, then exchanges single takes as long as that helps, because
"the same moment twice in one film" is not a matter of neighbours.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circletake.domain.continuity import join_of
from circletake.domain.look import Look, ShotSize
from circletake.domain.plan import Plan, Shot
from circletake.domain.take import Take

CONTINUITY_WEIGHT = 0.6
SAME_CLIP = 0.05
"""Taken off for every further use of a clip in the film: little, since the plan means it where it names the clip."""
SAME_MOMENT = 1.0
"""Taken off when two takes show overlapping moments of a clip."""


@dataclass(frozen=True)
class Ranked:
    """The take chosen for a shot, and why."""

    take: Take
    match: float
    """0..1."""
    continuity: float
    """Mean with its neighbours, 0..1; 1 for a film of one shot."""
    rivals: int
    """How many takes it was chosen from."""

    @property
    def reason(self) -> str:
        """Why, in one line."""
        return f"match {self.match:.2f}, continuity {self.continuity:.2f}, best sequence of {self.rivals} takes"


def match(take: Take, shot: Shot) -> float:
    """Return how well a take suits its shot: what it shows, its look, and that it moves as the shot asks; 0..1."""
    return 0.3 * _shows(take, shot) + 0.5 * shot.style.match(take.look) + 0.2 * _moves_as_asked(take.look, shot)


def _shows(take: Take, shot: Shot) -> float:
    """Return 1 for the footage that the shot was planned around, 0.4 for what the plan names beside it, 0 for other.

    A take that nothing was cut into, or of a shot without footage in the plan, is taken to show what it should.
    """
    if not shot.grounded_in or not take.clips or shot.grounded_in[0] in take.clips:
        return 1.0
    return 0.4 if set(take.clips) & set(shot.grounded_in) else 0.0


def _moves_as_asked(look: Look, shot: Shot) -> float:
    drift = abs(look.pan) + abs(look.tilt) + abs(look.zoom)
    still = math.exp(-drift / 0.05)
    return still if shot.move == "static" else 1.0 - 0.5 * still


def _moments(take: Take) -> list[tuple[str, float, float]]:
    found = []
    segments = take.recipe.get("segments")
    for segment in segments if isinstance(segments, list) else []:
        if isinstance(segment, dict):
            first, last = segment.get("first_frame"), segment.get("last_frame")
            if isinstance(first, int | float) and isinstance(last, int | float):
                found.append((str(segment.get("clip")), float(first), float(last)))
    return found


def repeats(chosen: Sequence[Take]) -> float:
    """Return what repeated clips and moments cost a film."""
    cost = 0.0
    seen: list[tuple[str, float, float]] = []
    for take in chosen:
        for clip, first, last in _moments(take):
            for other, begin, end in seen:
                if other == clip:
                    cost += SAME_CLIP + (SAME_MOMENT if first < end and begin < last else 0.0)
        seen += _moments(take)
    return cost


def best_sequence(plan: Plan, takes: Mapping[str, Sequence[Take]]) -> dict[str, Ranked]:
    """Choose one take for every shot that has at least one; ties go to the lower take number.

    A stand-in is chosen only where no take shows what the plan names: a viewer forgives a picture that is too dark,
    not a dog in a film about a telescope.
    """
    shots = [shot for shot in plan.shots if takes.get(shot.slate)]
    if not shots:
        return {}
    continuity = _Continuity(shots)
    options = [sorted(_no_stand_ins(takes[shot.slate], shot), key=lambda take: take.number) for shot in shots]
    scores = [[match(take, shot) for take in row] for row, shot in zip(options, shots, strict=True)]
    chosen = _exchange(options, scores, _viterbi(options, scores, continuity), continuity)
    film = [row[index] for row, index in zip(options, chosen, strict=True)]
    ranked: dict[str, Ranked] = {}
    for at, shot in enumerate(shots):
        joins = [continuity.at(first, film) for first in (at - 1, at) if 0 <= first < len(film) - 1]
        ranked[shot.slate] = Ranked(
            take=film[at],
            match=scores[at][chosen[at]],
            continuity=sum(joins) / len(joins) if joins else 1.0,
            rivals=len(takes[shot.slate]),
        )
    return ranked


def _no_stand_ins(takes: Sequence[Take], shot: Shot) -> Sequence[Take]:
    return [take for take in takes if _shows(take, shot) > 0.0] or takes


class _Continuity:
    """How well takes of neighbouring shots cut together; each pair is looked at once."""

    def __init__(self, shots: Sequence[Shot]) -> None:
        self._sizes: list[tuple[ShotSize, ShotSize]] = [
            (before.size, after.size) for before, after in itertools.pairwise(shots)
        ]
        self._known: dict[tuple[int, str, str], float] = {}

    def between(self, at: int, before: Take, after: Take) -> float:
        """Return it for a take of shot `at` and one of the next, 0..1."""
        pair = at, before.id, after.id
        if pair not in self._known:
            self._known[pair] = join_of(before, after, sizes=self._sizes[at]).score
        return self._known[pair]

    def at(self, at: int, film: Sequence[Take]) -> float:
        """Return it for the cut after shot `at` of a film."""
        return self.between(at, film[at], film[at + 1])


def _viterbi(
    options: Sequence[Sequence[Take]], scores: Sequence[Sequence[float]], continuity: _Continuity
) -> list[int]:
    best = list(scores[0])
    back: list[list[int]] = []
    for at in range(1, len(options)):
        row, trail = [], []
        for index, take in enumerate(options[at]):
            joined = [
                total + CONTINUITY_WEIGHT * continuity.between(at - 1, before, take)
                for total, before in zip(best, options[at - 1], strict=True)
            ]
            source = max(range(len(joined)), key=joined.__getitem__)
            row.append(joined[source] + scores[at][index])
            trail.append(source)
        best = row
        back.append(trail)
    path = [max(range(len(best)), key=best.__getitem__)]
    for trail in reversed(back):
        path.append(trail[path[-1]])
    return path[::-1]


def _exchange(
    options: Sequence[Sequence[Take]], scores: Sequence[Sequence[float]], start: list[int], continuity: _Continuity
) -> list[int]:
    def worth(chosen: Sequence[int]) -> float:
        film = [row[index] for row, index in zip(options, chosen, strict=True)]
        joins = sum(continuity.at(at, film) for at in range(len(film) - 1))
        return sum(row[i] for row, i in zip(scores, chosen, strict=True)) + CONTINUITY_WEIGHT * joins - repeats(film)

    chosen, total = list(start), worth(start)
    improved = True
    while improved:
        improved = False
        for at, row in enumerate(options):
            for index in range(len(row)):
                other = [*chosen[:at], index, *chosen[at + 1 :]]
                if (value := worth(other)) > total + 1e-9:
                    chosen, total, improved = other, value, True
    return chosen
