"""Measure everything and write docs/benchmarks.md: `make bench`."""

from __future__ import annotations

import argparse
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import films, ingest, operations, productions, takes
from tests.bench.table import Table

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_NAMED = ("circletake", "av", "opencv-python-headless", "numpy", "imageio-ffmpeg", "langgraph")


def _machine() -> str:
    """Return the processor, how many cores may be used, and versions, in a line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    used = ", ".join(f"{name} {version(name)}" for name in _NAMED)
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}; {used}"


def page(measured: list[Table]) -> str:
    """Return the page."""
    head = (
        "# Benchmarks\n\n"
        "Written by `make bench`. Rounds of what is compared alternate in one run, each in a fresh process; figures "
        "are medians.\nCPU-seconds, not the clock, unless it says wall: read ratios, since machines are shared and "
        "differ.\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}\n"
    )
    return "\n".join([head, *(table.markdown() for table in measured)])


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description="Measure everything.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--moviepy", type=Path, help="a Python that has moviepy")
    parser.add_argument("files", nargs="*", type=Path, help="footage for the ingest")
    asked = parser.parse_args()
    measured: list[Table] = []
    for part in (
        lambda: ingest.tables(asked.rounds, asked.files),
        lambda: takes.tables(asked.rounds, 8),
        lambda: films.tables(asked.rounds, asked.moviepy),
        lambda: productions.tables(1008),
        lambda: operations.tables(10_000),
    ):
        for table in part():
            print(table.text(), flush=True)
            measured.append(table)
    _PAGE.write_text(page(measured), encoding="utf-8")
    print(f"written: {_PAGE.name}")


if __name__ == "__main__":
    main()
