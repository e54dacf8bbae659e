"""The local executor: a pool of killable worker processes. Only keys cross; results travel through the spool."""

from __future__ import annotations

import json
import logging
import selectors
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from circletake.domain.ports import Clock
from circletake.errors import HomeError

log = logging.getLogger(__name__)


Fate = Literal["died", "late"]
"""Why a key has no result: its worker died, or was killed at the deadline."""
_GLANCE_S = 1.0
"""How often `idle` is called while workers work."""


@dataclass
class _Worker:
    process: subprocess.Popen[str]
    key: str | None = None
    deadline: float = 0.0
    patience: float = 0.0

    @property
    def answers(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def give(self, key: str) -> None:
        assert self.process.stdin is not None
        self.key = key
        self.process.stdin.write(json.dumps(key) + "\n")
        self.process.stdin.flush()


class LocalExecutor:
    """Runs `execute(home, key)` in worker processes that are killed at the deadline and replaced.

    Workers are plain processes of this interpreter, started by module name: a caller's script needs no
    `if __name__ == "__main__"` guard. They live in their own session, so Ctrl-C reaches the driver only, and they end
    by themselves when the driver dies.
    """

    def __init__(
        self, execute: Callable[[Path, str], None], home: Path, *, processes: int, deadline_s: float, clock: Clock
    ) -> None:
        self._entry = f"{execute.__module__}:{execute.__qualname__}"
        self._home = home
        self._count = processes
        self._deadline_s = deadline_s
        self._clock = clock
        self._workers: list[_Worker] = []
        self.fates: dict[str, Fate] = {}
        """What became of keys that were lost in the latest run."""
        self._turn = threading.Lock()

    def warm(self, workers: int | None = None) -> None:
        """Start the workers before there is work, so that they import while the plan is made."""
        with self._turn:
            self._fill(min(self._count, workers or self._count))

    def _fill(self, wanted: int) -> None:
        while len(self._workers) < wanted:
            command = [sys.executable, "-m", "circletake.runtime.worker", self._entry, str(self._home)]
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
            self._workers.append(_Worker(process))

    def run(
        self,
        keys: Sequence[str],
        *,
        patience: Mapping[str, float] | None = None,
        idle: Callable[[], None] | None = None,
    ) -> Iterator[str]:
        """Run every key and yield it as it finishes, in any order; a lost worker's key is yielded too.

        Args:
            keys: what to run.
            patience: seconds for keys that need more, or less, than the executor's deadline.
            idle: called about once a second while workers work.

        Raises:
            HomeError: a worker could not write to the studio's home.
        """
        with self._turn:
            waiting = deque(keys)
            self.fates.clear()
            allowed = patience or {}
            try:
                while waiting or any(worker.key for worker in self._workers):
                    self._fill(min(self._count, len(waiting) + sum(1 for worker in self._workers if worker.key)))
                    self._hand_out(waiting, allowed)
                    yield from self._collect(idle)
            finally:
                self._stop([worker for worker in self._workers if worker.key])

    def _hand_out(self, waiting: deque[str], allowed: Mapping[str, float]) -> None:
        for worker in list(self._workers):
            if not waiting:
                return
            if worker.key is None:
                key = waiting.popleft()
                try:
                    worker.give(key)
                except BrokenPipeError:
                    waiting.appendleft(key)
                    worker.key = None
                    self._stop([worker])
                else:
                    worker.patience = allowed.get(key, self._deadline_s)
                    worker.deadline = self._clock.monotonic() + worker.patience

    def _collect(self, idle: Callable[[], None] | None) -> Iterator[str]:
        busy = [worker for worker in self._workers if worker.key]
        if not busy:
            return
        with selectors.DefaultSelector() as selector:
            for worker in busy:
                selector.register(worker.answers, selectors.EVENT_READ, worker)
            patience = max(0.0, min(worker.deadline for worker in busy) - self._clock.monotonic())
            ready = selector.select(patience if idle is None else min(patience, _GLANCE_S))
        if idle is not None:
            idle()
        for entry, _ in ready:
            worker: _Worker = entry.data
            key = worker.key
            line = worker.answers.readline()
            if line:
                worker.key = None
                self._note(json.loads(line))
            else:
                log.warning("%s: its worker died with status %s", key, worker.process.wait())
                self.fates[str(key)] = "died"
                self._stop([worker])
            if key is not None:
                yield key
        for worker in [one for one in self._workers if one.key and one.deadline <= self._clock.monotonic()]:
            key = worker.key
            log.warning("%s: killed after %.0f s", key, worker.patience)
            self.fates[str(key)] = "late"
            self._stop([worker])
            if key is not None:
                yield key

    def _note(self, answer: dict[str, str]) -> None:
        if answer["class"] == HomeError.__name__:
            raise HomeError(answer["error"])
        if answer["class"]:
            log.warning("%s: %s: %s", answer["key"], answer["class"], answer["error"])

    def _stop(self, workers: Sequence[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
            for pipe in (worker.process.stdin, worker.process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            self._workers.remove(worker)

    def close(self) -> None:
        """End every worker, busy or not."""
        self._stop(list(self._workers))
