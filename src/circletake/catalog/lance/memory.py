"""The rows of the index in memory: an exact answer without an approximate index, in milliseconds.

What is kept of a row is its vector, what filters ask, and the five measures that a tone names: 1,580 bytes with 384
dimensions. Rows that were written since are a second, small part; a row in it hides the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from circletake.catalog.base import STYLE_SIZE, Space, Wanted
from circletake.catalog.lance.layout import matrix, vector_column
from circletake.catalog.style import LookWish
from circletake.domain.reference import Filters

PLAIN_PARTS = (2, 21, 22, 23, 24)
"""The features that a StyleTarget names: always kept."""
_WHOLE_LOOKS = 200_000
"""Rows up to which whole looks are kept, 192 bytes each."""
_BLOCK = 16_384
"""Rows that are scored at a time."""
_KEPT = ["clip_id", "rights_rev", "rights", "seconds", "size", "move", "style_vec"]


@dataclass(frozen=True, eq=False)
class Scored:
    """Rows with their scores, all (n,)."""

    clip_ids: NDArray[np.bytes_]
    revisions: NDArray[np.int32]
    meaning: NDArray[np.float32]
    look: NDArray[np.float64]

    def places(self, clip_ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return where clips are, -1 for those that are not here."""
        at = {name: place for place, name in enumerate(self.clip_ids.tolist())}
        return np.array([at.get(name, -1) for name in clip_ids.tolist()], np.int64)


def joined(parts: Sequence[Scored]) -> Scored:
    """Return the rows of all parts."""
    if not parts:
        return Scored(np.zeros(0, "S1"), np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0))
    return Scored(
        np.concatenate([one.clip_ids for one in parts]),
        np.concatenate([one.revisions for one in parts]),
        np.concatenate([one.meaning for one in parts]),
        np.concatenate([one.look for one in parts]),
    )


class Memory:
    """Rows of the table as arrays."""

    def __init__(self, batches: Iterable[pa.RecordBatch], *, rows: int, space: Space | None) -> None:
        """Copy rows, a batch at a time, so that they are never held twice.

        Args:
            batches: have the columns that `columns` names.
            rows: how many there are; those that come beyond are left out.
            space: of the vectors that are kept.
        """
        self.whole_looks = rows <= _WHOLE_LOOKS
        kind = np.float32 if self.whole_looks else np.float16
        self._styles = np.zeros((rows, STYLE_SIZE if self.whole_looks else len(PLAIN_PARTS)), kind)
        self._vectors = np.zeros((rows, space.dim), np.float32) if space else None
        self._revisions, self._seconds = np.zeros(rows, np.int32), np.zeros(rows, np.float32)
        rights = np.zeros(rows, np.int64)
        self._sizes, self._moves = _Coded(rows), _Coded(rows)
        names: list[NDArray[np.bytes_]] = []
        count = 0
        for batch in batches:
            part = pa.table(batch.slice(0, rows - count))
            here = slice(count, count + len(part))
            styles = matrix(part.column("style_vec"), STYLE_SIZE)
            self._styles[here] = styles if self.whole_looks else styles[:, PLAIN_PARTS]
            if space and self._vectors is not None:
                self._vectors[here] = matrix(part.column(vector_column(space)), space.dim)
            self._revisions[here] = part.column("rights_rev").to_numpy()
            self._seconds[here] = part.column("seconds").to_numpy()
            self._sizes.put(here, part.column("size"))
            self._moves.put(here, part.column("move"))
            rights[here] = part.column("rights").to_numpy()
            names.append(np.array(part.column("clip_id").to_pylist(), dtype=np.bytes_))
            count += len(part)
        self.complete = count == rows
        """Whether there were as many as was said; where not, the table has changed meanwhile."""
        self.clip_ids = np.concatenate(names) if names else np.zeros(0, "S1")
        self._rights, which = np.unique(rights, return_inverse=True)
        self._by_rights = np.argsort(which, kind="stable").astype(np.int32)
        self._begins = np.searchsorted(which[self._by_rights], np.arange(len(self._rights) + 1))
        self._order = np.argsort(self.clip_ids, kind="stable").astype(np.int32)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def places(self, clip_ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return where clips are, -1 for those that are not here."""
        if not len(self) or not len(clip_ids):
            return np.full(len(clip_ids), -1)
        at = np.searchsorted(self.clip_ids, clip_ids, sorter=self._order)
        found = self._order[np.minimum(at, len(self) - 1)].astype(np.int64)
        return np.where(self.clip_ids[found] == clip_ids, found, -1)

    def passing(self, allowed: NDArray[np.int64], filters: Filters) -> NDArray[np.int64]:
        """Return the sorted places of rows that have one of these sets of rights and are as the filters ask."""
        held = np.flatnonzero(np.isin(self._rights, allowed, assume_unique=True))
        groups = [self._by_rights[self._begins[at] : self._begins[at + 1]] for at in held.tolist()]
        places = np.sort(np.concatenate(groups)).astype(np.int64) if groups else np.zeros(0, np.int64)
        asked = [(self._seconds, filters.seconds)]
        if filters.luma != (None, None):
            asked.append((self._luma, filters.luma))
        edge = EDGE if self.whole_looks else _COARSE
        for values, (low, high) in asked:
            if low is not None:
                places = places[values[places] >= low - edge]
            if high is not None:
                places = places[values[places] <= high + edge]
        for coded, wanted in ((self._sizes, filters.sizes), (self._moves, filters.moves)):
            if wanted:
                places = places[coded.any_of(wanted)[places]]
        return places

    @property
    def _luma(self) -> NDArray[np.float32]:
        return self._styles[:, 21 if self.whole_looks else PLAIN_PARTS.index(21)].astype(np.float32)

    def scored(self, wanted: Wanted, places: NDArray[np.int64]) -> Scored:
        """Return rows with the exact scores of their meaning and look."""
        meaning = np.zeros(len(places), np.float32)
        look = np.zeros(len(places))
        for start in range(0, len(places), _BLOCK):
            part = places[start : start + _BLOCK]
            if wanted.meaning is not None and self._vectors is not None:
                meaning[start : start + _BLOCK] = self._vectors[part] @ wanted.meaning.vector
            if wanted.look is not None:
                look[start : start + _BLOCK] = wanted.look.scores(self._looks(part))
        return Scored(self.clip_ids[places], self._revisions[places], meaning, look)

    def can_score(self, look: LookWish | None) -> bool:
        """Return whether enough of the looks is here."""
        return look is None or look.plain or self.whole_looks

    def _looks(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        if self.whole_looks:
            return self._styles[places].astype(np.float32, copy=False)
        looks = np.zeros((len(places), STYLE_SIZE), np.float32)
        looks[:, PLAIN_PARTS] = self._styles[places]
        return looks


EDGE, _COARSE = 1e-5, 1e-3
"""Filters let rows pass that are outside by so little, of single and of half precision: the record decides."""


class _Coded:
    """A column of few different words."""

    def __init__(self, rows: int) -> None:
        self._words: dict[str, int] = {}
        self._which = np.zeros(rows, np.uint8)

    def put(self, here: slice, column: pa.ChunkedArray) -> None:
        """Note words down."""
        self._which[here] = [self._words.setdefault(word, len(self._words)) for word in column.to_pylist()]

    def any_of(self, words: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return which rows hold one of these."""
        return np.isin(self._which, [code for word, code in self._words.items() if word in words])


def columns(space: Space | None) -> list[str]:
    """Return the columns of the table that are kept in memory."""
    return _KEPT if space is None else [*_KEPT, vector_column(space)]


def bytes_of(rows: int, space: Space | None) -> int:
    """Return about how much memory so many rows take."""
    look = 4 * STYLE_SIZE if rows <= _WHOLE_LOOKS else 2 * len(PLAIN_PARTS)
    return rows * (4 * (space.dim if space else 0) + look + 32)
