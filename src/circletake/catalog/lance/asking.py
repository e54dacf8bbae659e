"""A question to the table of clips: its filter, its words, and the rows that are worth scoring."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from operator import and_

import numpy as np
import pyarrow as pa
from lancedb.expr import Expr, col, lit
from lancedb.table import LanceTable
from numpy.typing import NDArray

from circletake.catalog.base import STYLE_SIZE, Hit, Space, Wanted
from circletake.catalog.lance.layout import matrix, vector_column
from circletake.catalog.lance.memory import EDGE, Scored, joined
from circletake.catalog.lance.tier import Passing
from circletake.domain.reference import Filters

_LONGEST_TEXT, _MOST_WORDS = 10_000, 64
"""Characters of a query that are read at all, and different words that are looked up."""
_WIDE = 60_000
"""Rows that pass beyond which the 8-bit index of the table is faster than exact scores in memory."""
_TIES = 4
"""Times as many words' hits are asked for as are wanted: a tie at the edge is broken by clip id."""


def where(allowed: NDArray[np.int64], filters: Filters) -> Expr:
    """Return the filter: one of the sets of rights that allow it, and what else is asked."""
    rules = [col("rights").isin(allowed.tolist())]
    for column, (low, high) in (("seconds", filters.seconds), ("luma", filters.luma)):
        if low is not None:
            rules.append(col(column) >= lit(low - EDGE))
        if high is not None:
            rules.append(col(column) <= lit(high + EDGE))
    for column, wanted in (("size", filters.sizes), ("move", filters.moves)):
        if wanted:
            rules.append(col(column).isin(list(wanted)))
    return reduce(and_, rules)


class Asked:
    """One question."""

    def __init__(self, table: LanceTable, *, allowed: NDArray[np.int64], wanted: Wanted, space: Space | None) -> None:
        """Note it down.

        Args:
            table: of clips.
            allowed: the sets of rights that allow it.
            wanted: what is asked for.
            space: of the vectors.
        """
        self._table = table
        self._allowed = allowed
        self._wanted = wanted
        self._space = space

    @cached_property
    def _where(self) -> Expr:
        return where(self._allowed, self._wanted.filters)

    def better_in_memory(self, passing: Passing) -> bool:
        """Return whether the rows that passed are all scored exactly, rather than those that the table proposes."""
        return passing.can_score(self._wanted.look) and (len(passing) <= _WIDE or self._wanted.meaning is None)

    def words(self, limit: int) -> dict[str, float]:
        """Return the BM25 scores of the best rows that a word matched, by clip id."""
        words = plain_words(self._wanted.text)
        if not words:
            return {}
        builder = self._table.search(words, query_type="fts", fts_columns="words").where(self._where, prefilter=True)
        found = builder.select(["clip_id", "_score"]).limit(_TIES * limit).to_arrow()
        return dict(zip(found.column("clip_id").to_pylist(), found.column("_score").to_pylist(), strict=True))

    def rows(self, limit: int) -> tuple[Scored, dict[str, float]]:
        """Return rows that pass, among them the best on each part, and their scores for the words."""
        words = self.words(limit)
        near = self._near(limit)
        held = set(near.column("clip_id").to_pylist()) if near is not None else set()
        others = set(words) | set(self._seen(limit))
        if near is None or len(near) < limit:
            others.update(self._some(limit))
        found = [] if near is None else [self._scored(near, 1.0 - near.column("_distance").to_numpy())]
        if others - held:
            found.append(self._fetched(sorted(others - held)))
        return joined(found), words

    def _fetched(self, clip_ids: Sequence[str]) -> Scored:
        wanted = ["clip_id", "rights_rev", "style_vec"]
        meaning, space = self._wanted.meaning, self._space
        if meaning is not None and space is not None:
            wanted.append(vector_column(space))
        rows = self._table.search().where(col("clip_id").isin(list(clip_ids))).where(self._where)
        found = rows.select(wanted).limit(None).to_arrow()
        cosines = np.zeros(len(found), np.float32)
        if meaning is not None and space is not None:
            cosines = matrix(found.column(vector_column(space)), space.dim) @ meaning.vector
        return self._scored(found, cosines)

    def _scored(self, rows: pa.Table, cosines: NDArray[np.float32]) -> Scored:
        look = self._wanted.look
        styles = matrix(rows.column("style_vec"), STYLE_SIZE)
        return Scored(
            clip_ids=np.array(rows.column("clip_id").to_pylist(), dtype=np.bytes_),
            revisions=rows.column("rights_rev").to_numpy().astype(np.int32),
            meaning=cosines,
            look=look.scores(styles) if look is not None else np.zeros(len(styles)),
        )

    def _some(self, limit: int) -> list[str]:
        """Return ids of rows that pass: all of them, where they are few or nothing else is wanted."""
        wanted = self._wanted
        most = limit + 1 if wanted.text or wanted.meaning or wanted.look else None
        found = self._table.search().where(self._where).select(["clip_id"]).limit(most).to_arrow()
        return found.column("clip_id").to_pylist()

    def _near(self, limit: int) -> pa.Table | None:
        """Return the rows that are nearest in meaning with their distance; every partition of the index is scanned."""
        meaning = self._wanted.meaning
        if meaning is None or self._space is None:
            return None
        query = self._table.search(meaning.vector, vector_column_name=vector_column(self._space))
        query = query.distance_type("cosine").maximum_nprobes(0).minimum_nprobes(_ALL).refine_factor(2)
        wanted = ["clip_id", "rights_rev", "style_vec", "_distance"]
        return query.where(self._where, prefilter=True).select(wanted).limit(limit).to_arrow()

    def _seen(self, limit: int) -> list[str]:
        """Return ids of the rows whose look suits best: the looks of all that pass are compared."""
        look = self._wanted.look
        if look is None:
            return []
        found = self._table.search().where(self._where).select(["clip_id", "style_vec"]).limit(None).to_arrow()
        ids = np.array(found.column("clip_id").to_pylist(), dtype=np.bytes_)
        scores = look.scores(matrix(found.column("style_vec"), STYLE_SIZE))
        return [one.decode() for one in ids[_best(scores, ids, limit)]]


_ALL = 1_000_000
"""Partitions that are scanned at least: more than there are."""


def plain_words(text: str) -> str:
    """Return the different words of a query, without anything that could be read as an operator."""
    words = re.findall(r"[^\W_]+", text[:_LONGEST_TEXT].lower())
    return " ".join(list(dict.fromkeys(words))[:_MOST_WORDS])


def names(words: Mapping[str, float]) -> NDArray[np.bytes_]:
    """Return clip ids as they are kept in memory."""
    return np.array(list(words), dtype=np.bytes_)


def hits(found: Scored, words: Mapping[str, float], places: NDArray[np.int64], limit: int) -> tuple[Hit, ...]:
    """Return the best `limit` rows on each part, ties by clip id, and others up to `limit` in all.

    Args:
        found: rows with their scores for meaning and look.
        words: scores for the words, by clip id.
        places: where these clips are among the rows; -1 where they are not.
        limit: see above.
    """
    bm25 = np.zeros(len(found.clip_ids))
    held = places >= 0
    bm25[places[held]] = np.array(list(words.values()))[held] if words else 0.0
    chosen: dict[int, None] = {}
    for scores in (bm25, found.meaning, found.look):
        chosen |= dict.fromkeys(at for at in _best(scores, found.clip_ids, limit) if scores[at] > 0)
    if len(chosen) < limit:
        for at in np.argsort(found.clip_ids, kind="stable").tolist():
            if len(chosen) >= limit:
                break
            chosen.setdefault(at)
    return tuple(
        Hit(
            clip_id=found.clip_ids[at].decode(),
            revision=int(found.revisions[at]),
            words=float(bm25[at]),
            meaning=float(found.meaning[at]),
            look=float(found.look[at]),
        )
        for at in chosen
    )


def _best(scores: NDArray[np.floating], ids: NDArray[np.bytes_], limit: int) -> list[int]:
    """Return the places of the best `limit` scores, the best first, ties by clip id."""
    if len(scores) > limit:
        edge = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        near = np.flatnonzero(scores >= edge)
    else:
        near = np.arange(len(scores))
    return near[np.lexsort((ids[near], -scores[near]))][:limit].tolist()
