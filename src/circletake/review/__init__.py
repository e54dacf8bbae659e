"""Review: the three points at which a person decides: the plan, the takes, the film."""

from __future__ import annotations

from circletake.domain.money import dollars
from circletake.domain.plan import Plan
from circletake.domain.ports import Clock, Files, TakeStore
from circletake.domain.production import Production, Update
from circletake.domain.take import Choice, Take
from circletake.errors import BudgetRefused, HandoffInvalid, Shortfall, UnknownId, UsageError, WaitingForPerson
from circletake.review.base import Approvals, Circles, Dailies, Films, PlanSource, Purse, TermsSource
from circletake.review.ranking import Ranked, best_sequence

__all__ = ["MAX_ROUNDS", "Ranked", "approve_plan", "best_sequence", "pick", "run", "screen"]

MAX_ROUNDS = 3
"""Rounds after which a shot without a usable take is given up."""
NOBODY = "provisional ranking"
"""Who is on record where nobody looked."""


def approve_plan(
    state: Production, *, plans: PlanSource, terms: TermsSource, purse: Purse, approvals: Approvals, clock: Clock
) -> Update:
    """Let a person approve the newest plan, and what it will cost, before money is spent.

    An edited plan first gets its references.

    Raises:
        WaitingForPerson: nobody has approved it yet.
        BudgetRefused: it would cost more than may be spent.
    """
    newest = plans.latest(state.production)
    if newest is None:
        raise HandoffInvalid("there is no plan to approve")
    version, plan = newest
    if version != state.referenced_version:
        return {"plan_version": version}
    if approvals.of(state.production, "plan", version) is None:
        costs = _affordable(state.production, plan, purse=purse)
        if terms.terms(state.production).pick == "human":
            raise WaitingForPerson(
                "plan",
                version,
                f"{costs}read the plan: circletake plan {state.production}; approve it: circletake approve "
                f"{state.production} plan; then: circletake resume {state.production}",
            )
        approvals.record(
            state.production, "plan", version, by="provisional", who=NOBODY, note="not by a person", at=clock.now()
        )
    return {"plan_version": version}


def _affordable(production: str, plan: Plan, *, purse: Purse) -> str:
    """Return in words what a plan will cost; nothing when it is free.

    Raises:
        BudgetRefused: it is more than may be spent.
    """
    quote, left = purse.estimate(production, plan), purse.left(production)
    if quote.is_free:
        return ""
    costs = f"may cost {dollars(quote.amount)} ({quote.price}, as of {quote.as_of})"
    if quote.amount > left:
        raise BudgetRefused(
            f"the takes of {production} {costs} and {dollars(left)} may be spent; nothing was sent. Allow more: "
            f"circletake resume {production} --budget {dollars(quote.amount).split()[0]}"
        )
    return f"the takes {costs}, of {dollars(left)} that may be spent; "


def run(
    state: Production,
    *,
    plans: PlanSource,
    terms: TermsSource,
    takes: TakeStore,
    circles: Circles,
    dailies: Dailies,
    clock: Clock,
) -> Update:
    """See to it that every shot has a circled take, or name the slates that must be shot again.

    Raises:
        WaitingForPerson: a person has not yet picked a take for every shot.
        Shortfall: a shot has no usable take after three rounds.
    """
    plan = plans.get(state.production, state.plan_version)
    usable = _usable(plan, takes.takes(state.production))
    missing = [shot.slate for shot in plan.shots if not usable[shot.slate]]
    if missing:
        return _reshoot(state, missing)
    if terms.terms(state.production).pick == "provisional":
        for slate, ranked in best_sequence(plan, usable).items():
            choice = Choice(
                slate=slate,
                take=ranked.take.number,
                round=state.round,
                by="provisional",
                who=NOBODY,
                reason=ranked.reason,
                at=clock.now(),
                idempotency_key=f"provisional/{state.plan_version}/{state.round}/{slate}",
            )
            circles.circle(state.production, choice)
    circled = circles.current(state.production)
    unpicked = [shot.slate for shot in plan.shots if shot.slate not in circled]
    sheet = dailies.show(state.production)
    if unpicked:
        raise WaitingForPerson(
            "takes",
            state.round,
            f"look at the takes: {sheet}; pick one for each of {', '.join(unpicked)}: circletake pick "
            f"{state.production} {unpicked[0]} TAKE; then: circletake resume {state.production}",
        )
    return {"reshoot": []}


def _usable(plan: Plan, takes: tuple[Take, ...]) -> dict[str, list[Take]]:
    usable: dict[str, list[Take]] = {shot.slate: [] for shot in plan.shots}
    for take in takes:
        shot = plan.shot(take.slate)
        if shot is not None and take.qc.passed and take.frames >= shot.frames:
            usable[take.slate].append(take)
    return usable


def _reshoot(state: Production, missing: list[str]) -> Update:
    if state.round - state.first_round + 1 >= MAX_ROUNDS:
        raise Shortfall(
            f"no take of {', '.join(missing)} passed quality control in {MAX_ROUNDS} rounds; "
            f"see why: circletake show {state.production}"
        )
    return {"reshoot": missing, "round": state.round + 1}


def screen(
    state: Production, *, terms: TermsSource, approvals: Approvals, films: Films, files: Files, clock: Clock
) -> Update:
    """Let a person see the film before it leaves.

    Raises:
        WaitingForPerson: nobody has approved the film yet.
    """
    master = films.master(state.production, state.cut_version)
    if master is None:
        raise HandoffInvalid("there is no film to screen")
    if approvals.of(state.production, "film", state.cut_version) is None:
        if terms.terms(state.production).pick == "human":
            raise WaitingForPerson(
                "film",
                state.cut_version,
                f"watch the film: {files.path(master.uri)}; approve it: circletake approve {state.production} film; "
                f"then: circletake resume {state.production}",
            )
        approvals.record(
            state.production,
            "film",
            state.cut_version,
            by="provisional",
            who=NOBODY,
            note="not by a person",
            at=clock.now(),
        )
    return {}


def pick(
    production: str,
    *,
    slate: str,
    number: int,
    takes: TakeStore,
    circles: Circles,
    who: str,
    reason: str,
    at: float,
    idempotency_key: str,
) -> Take:
    """Circle a take in a person's name.

    Raises:
        UnknownId: there is no such slate or take.
        UsageError: the take did not pass quality control; says why.
    """
    candidates = takes.takes(production, slate)
    take = next((one for one in candidates if one.number == number), None)
    if take is None:
        known = f"it has takes 1 to {candidates[-1].number}" if candidates else "there are no takes of that slate"
        raise UnknownId(f"there is no take {slate}-{number} in production {production}: {known}")
    if not take.qc.passed:
        raise UsageError(f"take {take.id} cannot be circled: {'; '.join(take.qc.reasons)}")
    choice = Choice(
        slate=slate,
        take=number,
        round=take.round,
        by="person",
        who=who,
        reason=reason,
        at=at,
        idempotency_key=idempotency_key,
    )
    circles.circle(production, choice)
    return take
