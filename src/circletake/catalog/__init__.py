"""Catalog: shots -> references. Finds what every shot may look like and keeps it with the licences as they stood.

The search index is `catalog.lance`, the starter catalogue `catalog.starter`; both are imported where they are needed,
because their libraries are slow to load.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from circletake.catalog.base import Catalogue, Clearance, Embedder, Index
from circletake.catalog.rights_csv import RightsRow, read_rights
from circletake.catalog.search import Search
from circletake.catalog.words import context_in_words, licence_in_words, places_in_words, rights_in_words
from circletake.domain.look import StyleTarget
from circletake.domain.plan import Plan
from circletake.domain.production import Production, Update
from circletake.domain.reference import Query, Reference
from circletake.domain.rights import CUT_IN, RightsContext, Use
from circletake.errors import Shortfall
from circletake.runtime.database.plans import Plans
from circletake.runtime.database.productions import Productions
from circletake.runtime.database.references import WHOLE_BRIEF, References

__all__ = [
    "Catalogue",
    "Clearance",
    "Embedder",
    "Index",
    "RightsRow",
    "Search",
    "context_in_words",
    "licence_in_words",
    "places_in_words",
    "read_rights",
    "rights_in_words",
    "run",
]

log = logging.getLogger(__name__)

_STEERS: tuple[Use, ...] = ("style_reference",)
_STEERS_AND_CUTS: tuple[Use, ...] = ("style_reference", *CUT_IN)
_REASONS = 6
"""How many reasons a shortfall lists."""


def run(
    state: Production,
    *,
    plans: Plans,
    productions: Productions,
    references: References,
    search: Catalogue,
    k: int = 8,
) -> Update:
    """Find `k` references for every shot of the plan and for the brief as a whole, and store them.

    A shot may look at whatever may steer its look; at least half of its references may also be cut in, where the
    catalogue holds so many. Running it again for the same plan version replaces what was found.

    Raises:
        Shortfall: not one clip may be cut into this film.
        UnknownId: there is no such production or plan version.
    """
    plan = plans.get(state.production, state.plan_version)
    _enough_or_say_why(plan, search)
    queries = {WHOLE_BRIEF: _whole(productions.brief(state.production).text, plan)}
    for shot in plan.shots:
        queries[shot.slate] = Query(text=shot.search, style=shot.style)
    found = {slate: _found(query, rights=plan.rights, search=search, k=k) for slate, query in queries.items()}
    references.save(state.production, state.plan_version, found)
    return {"referenced_version": state.plan_version}


def _found(query: Query, *, rights: RightsContext, search: Catalogue, k: int) -> tuple[Reference, ...]:
    """Return `k` hits, the last of them replaced by clips that may be cut in until these are half of all."""
    best = search.find(query, rights=rights.for_uses(*_STEERS), k=k).references
    needed = max(1, k // 2) - sum(one.may_cut_in for one in best)
    if needed <= 0:
        return best
    held = {one.clip_id for one in best}
    cuttable = search.find(query, rights=rights.for_uses(*_STEERS_AND_CUTS), k=k).references
    extra = [one for one in cuttable if one.clip_id not in held][:needed]
    surplus = max(0, len(best) + len(extra) - k)
    dropped = {one.clip_id for one in [one for one in best if not one.may_cut_in][::-1][:surplus]}
    return (*(one for one in best if one.clip_id not in dropped), *extra)


def _whole(text: str, plan: Plan) -> Query:
    """Return the query for the brief as a whole: its words, those of the plan, and the mean look of the shots."""
    said = [text[:2_000], *plan.subject, *plan.style_words, *(shot.search for shot in plan.shots)]
    return Query(text="\n".join(dict.fromkeys(said)), style=_mean([shot.style for shot in plan.shots]))


def _mean(styles: Sequence[StyleTarget]) -> StyleTarget:
    means: dict[str, float] = {}
    for name in StyleTarget.model_fields:
        named = [value for style in styles if (value := getattr(style, name)) is not None]
        if named:
            means[name] = sum(named) / len(named)
    return StyleTarget(**means)


def _enough_or_say_why(plan: Plan, search: Catalogue) -> None:
    rights = plan.rights.for_cut_in()
    if search.find(Query(), rights=rights, k=1).references:
        return
    clearance = search.clearance(rights)
    if clearance.cleared:  # the index lags behind; the database knows better
        log.warning("%d clips may be cut in, but the index does not know them yet", clearance.cleared)
        return
    if not clearance.total:
        raise Shortfall("the catalogue is empty: add footage with `circletake catalog add`, or `catalog starter`")
    listed = list(clearance.refusals.items())
    why = "; ".join(f"{reason} ({count})" for reason, count in listed[:_REASONS])
    more = f"; and {len(listed) - _REASONS} other reasons" if len(listed) > _REASONS else ""
    raise Shortfall(
        f"0 of {clearance.total} clips may be cut into this film: it needs {context_in_words(rights)}; "
        f"refused because: {why}{more}. Add footage that is cleared for this, or ask for less in the brief"
    )
