"""The reliability report: what each step is worth, multiplied out, and where to invest first."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from circletake.domain.money import from_micros
from circletake.reliability.intervals import Interval, Rate, product, product_interval, wilson
from circletake.runtime.database.attempts import StepAttempt

STEPS = ("plan", "catalog", "approve", "generate", "review", "conform", "assemble", "screening", "publish")
"""The steps in the order of the graph."""
LEVELS = ("first attempt", "with retries", "with validation", "with fallback")
"""What stands between a naive chain and ours, each level with those before it."""


@dataclass(frozen=True)
class StepLine:
    """One step in the report."""

    step: str
    turns: int
    """How often it was a step's turn; a pause for a person and a correct refusal do not count."""
    refused: int
    """Correct refusals: rights, shortfall, budget, a brief that cannot be meant."""
    levels: tuple[Rate, ...]
    """Turns that came right at each of `LEVELS`: at once; after errors, hangs and kills; after a handoff that was not
    valid as well; and on the fallback route as well."""
    first_interval: Interval
    recovered_interval: Interval
    seconds: float
    """Median of the successful attempts."""
    spent: Decimal
    """What its attempts were charged, in USD."""
    failures: Mapping[str, int]
    """Error class -> attempts that ended with it, the most frequent first; `killed` where no word was left."""
    one_point: float | None
    """What one more point of first-attempt reliability here adds end to end, in points."""

    @property
    def first(self) -> Rate:
        """Turns whose first attempt succeeded: the naive chain."""
        return self.levels[0]

    @property
    def recovered(self) -> Rate:
        """Turns that succeeded in the end."""
        return self.levels[-1]


@dataclass(frozen=True)
class Report:
    """All steps, multiplied out."""

    steps: tuple[StepLine, ...]
    productions: int
    levels: tuple[float | None, ...]
    """Product of the steps' rates at each of `LEVELS`; `None` while no step has had a turn."""
    first_interval: Interval
    recovered_interval: Interval
    invest_here: str | None
    """The step where one point buys most; `None` while nothing has ever failed or nothing has run."""

    @property
    def first(self) -> float | None:
        """Product of the first-attempt rates: the chain without recovery."""
        return self.levels[0]

    @property
    def recovered(self) -> float | None:
        """Product with all recovery."""
        return self.levels[-1]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        whole: dict[str, Any] = asdict(self) | {"first": self.first, "recovered": self.recovered}
        whole["levels"] = dict(zip(LEVELS, self.levels, strict=True))
        for one, line in zip(whole["steps"], self.steps, strict=True):
            one |= {"first": asdict(line.first), "recovered": asdict(line.recovered), "spent": str(line.spent)}
            one["levels"] = dict(zip(LEVELS, one["levels"], strict=True))
        return whole


def turns(attempts: Iterable[StepAttempt]) -> list[list[StepAttempt]]:
    """Group attempts into turns, in the order that these began; a turn of a step goes on until it is done.

    Pauses for a person are left out; a turn that a killed process left goes on in the next attempt.
    """
    found: list[list[StepAttempt]] = []
    going_on: dict[tuple[str, str], list[StepAttempt]] = {}
    for one in attempts:
        if one.outcome == "paused":
            continue
        whose = (one.production, one.step)
        if whose not in going_on:
            going_on[whose] = []
            found.append(going_on[whose])
        going_on[whose].append(one)
        if one.outcome == "done":
            del going_on[whose]
    return found


def _level(turn: Sequence[StepAttempt]) -> int | None:
    """Return the first of `LEVELS` at which a turn came right; `None` where it never did."""
    *failed, last = turn
    if last.outcome != "done":
        return None
    if last.route:
        return 3
    if any(attempt.error_class == "HandoffInvalid" for attempt in failed):
        return 2
    return 1 if failed else 0


def _line(step: str, attempts: Sequence[StepAttempt]) -> StepLine:
    came_right = [_level(turn) for turn in turns(one for one in attempts if one.outcome != "refused")]
    levels = tuple(
        Rate(sum(at is not None and at <= level for at in came_right), len(came_right)) for level in range(len(LEVELS))
    )
    seconds = [attempt.seconds for attempt in attempts if attempt.outcome == "done"]
    failed = [one for one in attempts if one.outcome not in ("done", "paused", "refused")]
    return StepLine(
        step=step,
        turns=len(came_right),
        refused=sum(attempt.outcome == "refused" for attempt in attempts),
        levels=levels,
        first_interval=wilson(levels[0]),
        recovered_interval=wilson(levels[-1]),
        seconds=statistics.median(seconds) if seconds else 0.0,
        spent=from_micros(sum(attempt.spent_micros for attempt in attempts)),
        failures=dict(Counter(one.error_class or "killed" for one in failed).most_common()),
        one_point=None,
    )


def report(attempts: Sequence[StepAttempt]) -> Report:
    """Multiply the steps out.

    One more point on a step adds the product of the others' rates, in points, end to end (the derivative of a product),
    at most as many points as the step still lacks; a step that never failed has nothing to gain.
    """
    lines = [_line(step, [a for a in attempts if a.step == step]) for step in STEPS]
    known = [line for line in lines if line.turns]
    levels = tuple(product([line.levels[level] for line in known]) for level in range(len(LEVELS)))
    priced = [_priced(line, others=[one.first for one in known if one is not line]) for line in lines]
    gains = [line for line in priced if line.one_point]
    best = max(gains, key=lambda line: line.one_point or 0.0) if gains else None
    return Report(
        steps=tuple(priced),
        productions=len({attempt.production for attempt in attempts}),
        levels=levels,
        first_interval=product_interval([line.first for line in known]),
        recovered_interval=product_interval([line.recovered for line in known]),
        invest_here=best.step if best else None,
    )


def _priced(line: StepLine, *, others: Sequence[Rate]) -> StepLine:
    rate = line.first.value
    if rate is None:
        return line
    lacking = min(1.0, (1.0 - rate) * 100)
    return replace(line, one_point=(product(others) or 0.0) * lacking if others else lacking)
