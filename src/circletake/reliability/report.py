"""The reliability report: what each step is worth, multiplied out, and where to invest first."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from circletake.reliability.intervals import Interval, Rate, product, product_interval, wilson
from circletake.runtime.database.attempts import StepAttempt

STEPS = ("plan", "catalog", "approve", "generate", "review", "conform", "assemble", "screening", "publish")
"""The steps in the order of the graph."""


@dataclass(frozen=True)
class StepLine:
    """One step in the report."""

    step: str
    turns: int
    """How often it was a step's turn; a pause for a person and a correct refusal do not count."""
    refused: int
    """Correct refusals: rights, shortfall, budget, a brief that cannot be meant."""
    first: Rate
    """Turns whose first attempt succeeded."""
    recovered: Rate
    """Turns that succeeded in the end."""
    first_interval: Interval
    recovered_interval: Interval
    seconds: float
    """Median of the successful attempts."""
    one_point: float | None
    """What one more point of first-attempt reliability here adds end to end, in points."""


@dataclass(frozen=True)
class Report:
    """All steps, multiplied out."""

    steps: tuple[StepLine, ...]
    productions: int
    first: float | None
    """Product of the first-attempt rates: the chain without recovery. `None` while a step has no turn."""
    first_interval: Interval
    recovered: float | None
    """Product with recovery."""
    recovered_interval: Interval
    invest_here: str | None
    """The step where one point buys most; `None` while nothing has ever failed or nothing has run."""


@dataclass(frozen=True)
class _Turn:
    first: bool
    done: bool


def _turns(attempts: Iterable[StepAttempt]) -> list[_Turn]:
    """Group one step's attempts in one production into turns: a turn goes on until it is done."""
    turns: list[_Turn] = []
    open_attempts: list[StepAttempt] = []
    for attempt in attempts:
        if attempt.outcome in ("paused", "refused"):
            continue
        open_attempts.append(attempt)
        if attempt.outcome == "done":
            turns.append(_Turn(first=len(open_attempts) == 1, done=True))
            open_attempts = []
    if open_attempts:
        turns.append(_Turn(first=False, done=False))
    return turns


def _line(step: str, attempts: Sequence[StepAttempt]) -> StepLine:
    productions = dict.fromkeys(attempt.production for attempt in attempts)
    turns = [turn for one in productions for turn in _turns(a for a in attempts if a.production == one)]
    first = Rate(sum(turn.first for turn in turns), len(turns))
    recovered = Rate(sum(turn.done for turn in turns), len(turns))
    seconds = [attempt.seconds for attempt in attempts if attempt.outcome == "done"]
    return StepLine(
        step=step,
        turns=len(turns),
        refused=sum(attempt.outcome == "refused" for attempt in attempts),
        first=first,
        recovered=recovered,
        first_interval=wilson(first),
        recovered_interval=wilson(recovered),
        seconds=statistics.median(seconds) if seconds else 0.0,
        one_point=None,
    )


def report(attempts: Sequence[StepAttempt]) -> Report:
    """Multiply the steps out.

    One more point on a step adds `product / rate` points end to end (the derivative of a product), at most as many
    points as the step still lacks; a step that never failed has nothing to gain.
    """
    lines = [_line(step, [a for a in attempts if a.step == step]) for step in STEPS]
    known = [line for line in lines if line.turns]
    first = product([line.first for line in known])
    recovered = product([line.recovered for line in known])
    priced = [_priced(line, first) for line in lines]
    gains = [line for line in priced if line.one_point]
    best = max(gains, key=lambda line: line.one_point or 0.0) if gains else None
    return Report(
        steps=tuple(priced),
        productions=len({attempt.production for attempt in attempts}),
        first=first,
        first_interval=product_interval([line.first for line in known]),
        recovered=recovered,
        recovered_interval=product_interval([line.recovered for line in known]),
        invest_here=best.step if best else None,
    )


def _priced(line: StepLine, whole: float | None) -> StepLine:
    rate = line.first.value
    if whole is None or rate is None:
        return line
    lacking = min(1.0, (1.0 - rate) * 100)
    gain = whole / rate * lacking if rate else 0.0
    return StepLine(**{**line.__dict__, "one_point": gain})
