"""The step: brief -> plan, once for every production."""

from __future__ import annotations

import logging

from circletake.domain.ports import Clock, Planner, ReferenceSearch
from circletake.domain.production import Production, Update
from circletake.plan.base import BriefSource, PlanStore, check_plan

log = logging.getLogger(__name__)


def run(
    state: Production,
    *,
    planner: Planner,
    references: ReferenceSearch,
    productions: BriefSource,
    plans: PlanStore,
    clock: Clock,
) -> Update:
    """Plan a production and return the version to work from; one that has a plan is not planned again unasked.

    Args:
        state: names the production.
        planner: makes the plan; the seed is that of the production's terms.
        references: the catalogue.
        productions: holds brief and terms.
        plans: keeps the plan.
        clock: says which day it is.

    Raises:
        BriefError: the brief cannot be meant.
        HandoffInvalid: the planner returned a plan that does not hold together.
        Shortfall: the catalogue holds nothing that may be used.
        UnknownId: there is no such production.
        UsageError: the terms ask for fewer takes than three a shot.
    """
    existing = plans.latest(state.production)
    if existing is not None and existing[0] > state.plans_before:
        return {"plan_version": existing[0]}
    brief, terms = productions.brief(state.production), productions.terms(state.production)
    plan = planner.plan(brief, seed=terms.seed, today=clock.today(), references=references)
    terms.takes_for([shot.slate for shot in plan.shots])  # too few takes are refused before anything is kept
    version = plans.add(state.production, check_plan(plan, brief=brief), by="planner")
    log.info("production %s has plan %d of %s: %d shots", state.production, version, planner.name, len(plan.shots))
    return {"plan_version": version}
