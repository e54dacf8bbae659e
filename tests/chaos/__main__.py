"""Kill processes that spend money, and say what that cost: `make chaos`.

    python -m tests.chaos [--kills 200] [--at-once 3] [--database postgresql://...]

Writes its table into docs/reliability.md. Ends with `duplicate charges: N`, and with exit code 1 unless N is 0.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.table import Table, put
from tests.chaos.trials import Tally, plain, trial
from tests.provider.running import Keeps

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_KINDS: tuple[tuple[Keeps, str], ...] = (
    ("key", "idempotency key"),
    ("listing", "listing by label"),
    ("nothing", "neither"),
)
_PLAIN = 12
"""Trials of the baseline."""


def until(kills: int, one: Callable[[int], Tally], *, at_once: int) -> Tally:
    """Run trials, a few at a time, until there were so many kills."""
    total: Tally | None = None
    seed = 0
    with ThreadPoolExecutor(at_once) as pool:
        while total is None or total.kills < kills:
            seeds = range(seed, seed + at_once)
            seed += at_once
            for tally in pool.map(one, seeds):
                if total is None:
                    total = tally
                else:
                    total.add(tally)
            print(f"{total and total.kind}: {total and total.kills} kills", file=sys.stderr, flush=True)  # noqa: T201
    assert total is not None
    return total


def row(name: str, tally: Tally) -> tuple[str, ...]:
    """Return a line of the table."""
    return (
        name,
        str(tally.trials),
        str(tally.kills),
        str(tally.duplicates),
        str(tally.lost),
        str(tally.unknown),
        f"{tally.uncounted:.2f}",
        f"{tally.reused:.1%} of {tally.finished_at_kills}",
        str(tally.broken),
    )


def main() -> None:
    """Run all trials, print, and write the page."""
    parser = argparse.ArgumentParser(description="Kill processes that spend money.")
    parser.add_argument("--kills", type=int, default=200, help="true mid-run kills for each kind of provider")
    parser.add_argument("--at-once", type=int, default=max(1, len(os.sched_getaffinity(0)) - 1))
    asked = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    tallies: list[Tally] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for keeps, name in _KINDS:

            def one(seed: int, keeps: Keeps = keeps) -> Tally:
                return trial(root / f"{keeps}-{seed}", keeps=keeps, seed=seed)

            tallies.append(until(asked.kills, one, at_once=asked.at_once))
            rows.append(row(f"ours, provider with {name}", tallies[-1]))
        base = until(_PLAIN, lambda seed: plain(root / f"plain-{seed}", seed=seed), at_once=asked.at_once)
        rows.append(row("plain Send fan-out, killed once a run", base))
    table = Table(
        "Kill trials",
        "Productions of 24 paid operations against the loopback provider (real client, fake server), which also limits "
        "rates, fails and drops answers. SIGKILL at random moments, to the process that drives or to one of its "
        "workers, up to six a production; it is started again until it is done. `lost`: charged, and neither done nor "
        "listed as unknown. `uncounted`: USD that the provider charged and the budget does not know of. The baseline "
        f"does the same calls in a LangGraph fan-out that checkpoints in SQLite. {datetime.now(UTC):%Y-%m-%d}.",
        (
            "",
            "runs",
            "kills",
            "duplicate charges",
            "lost",
            "unknown",
            "uncounted",
            "work reused",
            "broken files",
        ),
        rows,
    )
    print(table.text())  # noqa: T201
    put(PAGE, "chaos", "\n".join(table.markdown().splitlines()[2:]))
    duplicates = sum(tally.duplicates for tally in tallies)
    for note in {note for tally in tallies for note in tally.notes}:
        print(note)  # noqa: T201
    print(f"duplicate charges: {duplicates}")  # noqa: T201
    wrong = any(one.lost or one.broken or one.uncounted or one.notes for one in tallies)
    sys.exit(1 if duplicates or wrong else 0)


if __name__ == "__main__":
    main()
