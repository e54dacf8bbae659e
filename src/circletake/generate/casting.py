"""Casting: which footage each shot is offered, so that a film does not live on one clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circletake.domain.clip import Clip
from circletake.domain.plan import Plan
from circletake.domain.reference import Reference


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
    (slate ""); a clip that another shot was planned around goes behind those that are free.

    Args:
        plan: the plan.
        references: slate -> references, best first.
        clips: the clips behind them.
        allowed: ids of the clips that may be cut in *now*.
    """
    claimed = {shot.grounded_in[0]: shot.slate for shot in plan.shots if shot.grounded_in}
    offers: dict[str, Cast] = {}
    for shot in plan.shots:
        own = [one.clip_id for one in references.get(shot.slate, ())]
        whole = [one.clip_id for one in references.get("", ())]
        order = [*shot.grounded_in, *own, *whole]
        known = [name for name in dict.fromkeys(order) if name in clips]
        free = [name for name in known if claimed.get(name, shot.slate) == shot.slate]
        taken = [name for name in known if name not in free]
        offers[shot.slate] = Cast(
            cut_in=tuple(clips[name] for name in [*free, *taken] if name in allowed),
            style=tuple(clips[name] for name in dict.fromkeys([*own, *whole]) if name in clips),
        )
    return offers
