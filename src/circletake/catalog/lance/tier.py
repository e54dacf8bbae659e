"""Keeps the rows of a table in memory while others write to it.

A small table is read again whenever it has changed. A large one is read once, in the background; what was written since
is read as a second part, until that is so large that the whole is read again. Until it is there, and where there is not
enough memory for it, the table answers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from circletake.catalog.base import Space, Wanted
from circletake.catalog.lance.memory import Memory, Scored, bytes_of, joined
from circletake.catalog.style import LookWish
from circletake.domain.reference import Filters

log = logging.getLogger(__name__)

SMALL = 20_000
"""Rows that are read at once, in the search that asks for them."""
_WORTH = 3
"""Searches of one process after which a large table is worth reading."""
_MOST_NEWER = 20_000
"""Rows written since, beyond which the whole table is read again."""

Read = Callable[[int, int], tuple[int, Iterable[pa.RecordBatch]]]
"""Given a version of the table and an older one: how many rows were written since the older, and these rows."""


@dataclass(frozen=True, eq=False)
class View:
    """All rows of one version: what was read first, and what was written since."""

    version: int
    read_at: int
    """Version that `first` was read at."""
    first: Memory
    newer: Memory | None
    hidden: NDArray[np.int64]
    """Places in `first` of rows that `newer` replaces."""

    def passing(self, allowed: NDArray[np.int64], filters: Filters) -> Passing:
        """Return the rows that have one of these sets of rights and are as the filters ask."""
        old = self.first.passing(allowed, filters)
        if self.newer is None:
            return Passing(((self.first, old),))
        kept = old[~np.isin(old, self.hidden)] if len(self.hidden) else old
        return Passing(((self.first, kept), (self.newer, self.newer.passing(allowed, filters))))


@dataclass(frozen=True, eq=False)
class Passing:
    """Rows that passed, by the part that they are in; places are sorted."""

    parts: tuple[tuple[Memory, NDArray[np.int64]], ...]

    def __len__(self) -> int:
        return sum(len(places) for _, places in self.parts)

    def can_score(self, look: LookWish | None) -> bool:
        """Return whether enough of the looks is in memory."""
        return all(part.can_score(look) for part, _ in self.parts)

    def scored(self, wanted: Wanted) -> Scored:
        """Return all of them with their exact scores."""
        return joined([part.scored(wanted, places) for part, places in self.parts])

    def where(self, clip_ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return where clips are among these rows, -1 for those that are not."""
        found, before = np.full(len(clip_ids), -1), 0
        for part, places in self.parts:
            at = part.places(clip_ids)
            here = np.searchsorted(places, at)
            held = (at >= 0) & (here < len(places))
            held[held] = places[here[held]] == at[held]
            found[held] = here[held] + before
            before += len(places)
        return found


class Tier:
    """The newest view, where there is one."""

    def __init__(self, read: Read, *, space: Space | None, most_bytes: int) -> None:
        """Hold nothing yet.

        Args:
            read: reads the table.
            space: of the vectors that are kept.
            most_bytes: of memory that may be used.
        """
        self._read = read
        self._space = space
        self._most = most_bytes
        self._view: View | None = None
        self._asked = 0
        self._reading: threading.Thread | None = None
        self._lock = threading.Lock()

    def view(self, version: int, count: Callable[[], int]) -> View | None:
        """Return the rows of a version; `None` where they are not in memory, or not yet.

        Args:
            version: of the table.
            count: says how many rows it has then.
        """
        with self._lock:
            if self._view is not None and self._view.version == version:
                return self._view
            rows = count()
            if bytes_of(rows, self._space) > self._most:
                self._view = None
                return None
            if rows <= SMALL:
                self._view = self._whole(version, rows)
                return self._view
            return self._large(version, rows)

    def _large(self, version: int, rows: int) -> View | None:
        if self._reading is not None and self._reading.is_alive():
            return None
        if self._view is not None and rows > SMALL:
            self._view = self._newer(self._view, version, rows)
            if self._view is not None:
                return self._view
        self._asked += 1
        if self._asked >= _WORTH:
            self._reading = threading.Thread(target=self._in_background, args=(version, rows), daemon=True)
            self._reading.start()
        return None

    def _whole(self, version: int, rows: int) -> View | None:
        _, batches = self._read(version, -1)
        memory = Memory(batches, rows=rows, space=self._space)
        if not memory.complete:
            return None
        return View(version, version, memory, None, np.zeros(0, np.int64))

    def _newer(self, view: View, version: int, rows: int) -> View | None:
        """Return the view with what was written since it was first read; `None` where the whole is to be read again."""
        first = view.first
        count, batches = self._read(version, view.read_at)
        if count > _MOST_NEWER:
            return None
        newer = Memory(batches, rows=count, space=self._space)
        hidden = first.places(newer.clip_ids)
        held = hidden[hidden >= 0]
        if not newer.complete or len(first) + len(newer) - len(held) != rows:
            return None  # rows have gone that nobody marked: the table was emptied and filled again
        return View(version, view.read_at, first, newer, np.sort(held))

    def _in_background(self, version: int, rows: int) -> None:
        try:
            view = self._whole(version, rows)
        except (OSError, RuntimeError, ValueError) as error:
            log.info("the rows of the search index could not be read into memory: %s", error)
            view = None
        with self._lock:
            self._view = view

    def wait(self) -> None:
        """Wait until the rows that are being read are there."""
        if self._reading is not None:
            self._reading.join()
