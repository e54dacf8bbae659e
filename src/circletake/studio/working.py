"""Drive productions that nobody drives: those whose driver died, and those whose person has decided."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from circletake.settings import child_environment

if TYPE_CHECKING:
    from circletake.runtime.database.productions import Standing
    from circletake.studio.room import Studio

log = logging.getLogger(__name__)

_GLANCE_S = 1.0
_PATIENCE_S = 5.0
"""How long a production that could not be taken up is left alone."""

Told = Callable[[str, str], None]
"""Called with (production, `taken up` or what it came to)."""
_ENDS: dict[int, str] = {0: "done", 3: "waits for a person", 4: "refused", 130: "stopped"}


def can_go_on(studio: Studio, standing: Standing) -> bool:
    """Whether a production could be driven on now: its driver is gone, or its person has decided meanwhile."""
    if studio.leases.holder(standing.id):
        return False
    if standing.status == "running":
        return True
    return standing.status == "waiting" and _decided(studio, standing.id, standing.waiting_at)


def _decided(studio: Studio, production: str, point: str | None) -> bool:
    if point == "film":
        return studio.decisions.of(production, "film", studio.cuts.latest(production)) is not None
    newest = studio.plans.latest(production)
    if newest is None:
        return False
    if point == "plan":
        return studio.decisions.of(production, "plan", newest[0]) is not None
    circled = studio.choices.current(production)
    return all(shot.slate in circled for shot in newest[1].shots)


class Work:
    """Drives up to `slots` productions at a time, each in a process of its own, the oldest first."""

    def __init__(self, studio: Studio, *, slots: int, told: Told) -> None:
        self._studio = studio
        self._slots = slots
        self._told = told
        self._driven: dict[str, subprocess.Popen[bytes]] = {}
        self._not_before: dict[str, float] = {}

    def run(self, *, until_idle: bool = False) -> int:
        """Work until it is stopped, or until there is nothing to do; returns how many productions were driven."""
        count = 0
        with self._ending():
            while True:
                self._reap()
                count += self._take_up()
                if until_idle and not self._driven:
                    return count
                self._studio.clock.sleep(_GLANCE_S)

    def _take_up(self) -> int:
        begun = 0
        now = self._studio.clock.monotonic()
        for standing in reversed(self._studio.productions.all()):
            if len(self._driven) >= self._slots:
                break
            if standing.id in self._driven or self._not_before.get(standing.id, 0.0) > now:
                continue
            if can_go_on(self._studio, standing):
                self._driven[standing.id] = self._start(standing.id)
                self._told(standing.id, "taken up")
                begun += 1
        return begun

    def _start(self, production: str) -> subprocess.Popen[bytes]:
        workers = max(1, self._studio.settings.workers // self._slots)
        return subprocess.Popen(
            [sys.executable, "-m", "circletake", "resume", production, "--json"],
            env=child_environment(CIRCLETAKE_HOME=str(self._studio.home), CIRCLETAKE_WORKERS=str(workers)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _reap(self) -> None:
        for production, process in list(self._driven.items()):
            code = process.poll()
            if code is not None:
                del self._driven[production]
                self._not_before[production] = self._studio.clock.monotonic() + _PATIENCE_S
                self._told(production, _ENDS.get(code, f"failed: {self._message(production)}"))

    def _message(self, production: str) -> str:
        return self._studio.productions.standing(production).message or "its process died"

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Stop what is driven when this process is stopped; whatever it has finished is on disk."""
        try:
            yield
        finally:
            for process in self._driven.values():
                process.terminate()
            for process in self._driven.values():
                process.wait()
