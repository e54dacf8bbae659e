"""How long a production takes, how much memory, and how many takes an hour: `make bench`.

Everything is measured from outside, as a user meets it: a fresh studio, the starter catalogue drawn before, one process
that drives and its media workers. Memory is what all of them hold together, pages that they share counted once, sampled
five times a second.

    python -m tests.bench.productions [--takes 1008]
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.table import Table

BRIEF = "A24-style cold-open, 20s, dread tone"
_ROUNDS = 5
_FILMS = 3


@dataclass(frozen=True)
class Run:
    """A command that has run."""

    seconds: float
    """Wall time."""
    rss_mb: float
    """Most that the process and all it started held together."""
    out: str


def run(*command: str, home: Path, cache: Path, watched: bool = False) -> Run:
    """Run a command of circletake in a studio; watching its memory makes it slower."""
    variables = {**os.environ, "CIRCLETAKE_HOME": str(home), "CIRCLETAKE_CACHE": str(cache)}
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "circletake", *command], env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        highest = [0.0]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.2):
                highest[0] = max(highest[0], sum(_resident(pid) for pid in _tree(process.pid)))

        watcher = threading.Thread(target=watch, daemon=True)
        if watched:
            watcher.start()
        out, _ = process.communicate()
        if watched:
            over.set()
            watcher.join()
    if process.returncode:
        raise SystemExit(f"circletake {' '.join(command)}: exit {process.returncode}")
    return Run(time.monotonic() - began, highest[0], out)


def _tree(root: int) -> list[int]:
    """Return a process and all below it (Linux)."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(status[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def _resident(pid: int) -> float:
    """Return what a process holds in memory in MB, its part of what is shared (PSS); nothing for one that has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    kilobytes = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(kilobytes[0]) * 1024 / 1e6 if kilobytes else 0.0


def _seconds_of(step: str, production: str, home: Path) -> float:
    """Return how long a step of a production took, from the studio's own records."""
    with sqlite3.connect(home / "circletake.db") as database:
        query = "select sum(seconds) from step_attempt where production = ? and step = ?"
        return float(database.execute(query, (production, step)).fetchone()[0])


def tables(takes: int) -> list[Table]:
    """Measure, and return a table."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder, "cache")
        home = Path(folder, "studio")
        run("catalog", "starter", home=home, cache=cache)
        films = [run("make", BRIEF, "--pick", "provisional", home=home, cache=cache) for _ in range(_FILMS)]
        seen = run("make", BRIEF, "--pick", "provisional", home=home, cache=cache, watched=True)
        many = run(
            "make",
            BRIEF,
            "--pick",
            "provisional",
            "--takes",
            str(takes),
            "--json",
            home=home,
            cache=cache,
            watched=True,
        )
        shooting = _seconds_of("generate", json.loads(many.out)["production"], home)
        help_ = statistics.median(run("--help", home=home, cache=cache).seconds for _ in range(_ROUNDS))
    rows = [
        (
            f"film of the 20 s brief, 24 takes, median of {_FILMS}",
            f"{statistics.median(film.seconds for film in films):.1f} s",
            f"{seen.rss_mb:.0f} MB",
        ),
        (f"film of the 20 s brief, {takes:,} takes", f"{many.seconds:.1f} s", f"{many.rss_mb:.0f} MB"),
        (f"of that, shooting {takes:,} takes", f"{shooting:.1f} s", f"{takes / shooting * 3600:,.0f} takes an hour"),
        ("circletake --help", f"{help_:.2f} s", ""),
    ]
    told = (
        f"Wall time on {len(os.sched_getaffinity(0))} cores, and the most memory that all processes held together "
        "(watched in a run of its own: watching costs a tenth; the run of many takes is watched). "
        "Shooting counts everything from the plan of operations to the takes on record: previews of 640x360 with "
        "quality control, posters, looks and fingerprints, hashed and flushed to disk."
    )
    return [Table("Productions", told, ("what", "wall", "memory, or rate"), rows)]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure whole productions.")
    parser.add_argument("--takes", type=int, default=1008)
    for table in tables(parser.parse_args().takes):
        print(table.text())


if __name__ == "__main__":
    main()
