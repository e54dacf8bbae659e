"""Show a production as it runs: bars on a terminal, plain lines elsewhere, nothing with --json."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from circletake.studio.room import Studio

_WORDS = {
    "starter": "draw the starter catalogue",
    "add": "take footage in",
    "plan": "plan scenes and shots",
    "catalog": "find references",
    "approve": "approve the plan",
    "generate": "shoot takes",
    "review": "circle takes",
    "conform": "conform to originals",
    "assemble": "cut and sign the master",
    "screening": "screen the film",
    "publish": "publish",
}


class _View(Protocol):
    def step(self, name: str, what: str) -> None: ...

    def progress(self, what: str, done: int, total: int) -> None: ...


class _Bars:
    """Rich bars on a terminal."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._now = ""

    def step(self, name: str, what: str) -> None:
        if what == "begins":
            self._now = name
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(_WORDS.get(name, name), total=None)
        elif name not in self._tasks:
            self._bars.console.print(f"{name} {what}", highlight=False)
        else:
            done = what == "done"
            label = _WORDS.get(name, name) + ("" if done else f" ({what.replace('_', ' ')})")
            total = self._bars.tasks[self._tasks[name]].total or 1
            self._bars.update(self._tasks[name], description=label, total=total, completed=total if done else 0)
            if done or what == "paused":
                self._bars.stop_task(self._tasks[name])

    def progress(self, what: str, done: int, total: int) -> None:
        if self._now in self._tasks:
            self._bars.update(self._tasks[self._now], total=total, completed=done)


class _Lines:
    """One line a finished step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began: dict[str, float] = {}

    def step(self, name: str, what: str) -> None:
        if what == "begins":
            self._began[name] = time.monotonic()
            return
        seconds = time.monotonic() - self._began.get(name, time.monotonic())
        self._console.print(f"{_WORDS.get(name, name):<28} {what:<9} {seconds:6.1f} s", highlight=False)

    def progress(self, what: str, done: int, total: int) -> None:
        """Say nothing between steps."""


@contextmanager
def watching(studio: Studio, *, quiet: bool, counts: Literal["things", "bytes"] = "things") -> Iterator[None]:
    """Show what the studio does while the block runs; bytes are shown with the time that is left."""
    if quiet:
        yield
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        _attach(studio, _Lines(console))
        yield
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=28),
        *([MofNCompleteColumn()] if counts == "things" else [DownloadColumn(), TimeRemainingColumn(compact=True)]),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        _attach(studio, _Bars(bars))
        yield


def _attach(studio: Studio, view: _View) -> None:
    studio.told = view.step
    studio.progress = view.progress
