"""The embedded search index: one LanceDB table, `clips`, that several processes may read and write at once.

Rights are projected into scalar columns that are never null; what is unknown is stored as what no question passes. The
predicate is built from expressions, never from strings. Expressions of this LanceDB have no list functions, so lists of
rights are stored as one string with a bar round each item (`|DE|FR|`) and asked with `contains`.

Every search scans the rows that pass for their looks (200 bytes a row) and asks the full-text index for the words;
there is no approximate index, so a filter that goes with the content cannot cost recall.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_
from pathlib import Path

import numpy as np
import pyarrow as pa
from lancedb.db import LanceDBConnection
from lancedb.expr import Expr, col, lit
from lancedb.index import FTS
from lancedb.table import LanceTable
from numpy.typing import NDArray

from circletake.catalog.base import STYLE_SIZE, TEXT_SIZE, Hit, Row, Wanted
from circletake.catalog.style import Spread, nearness, suits
from circletake.domain.rights import PERPETUAL, RightsContext
from circletake.domain.territories import WORLD
from circletake.errors import HomeError
from circletake.runtime.locks import locked

log = logging.getLogger(__name__)

_TABLE = "clips"
_NEVER_BEGUN, _LONG_OVER = PERPETUAL, date(1, 1, 1)
"""How an unknown first and last day are stored: no window lies between them."""
_PRIMARY_KEY = b"lance-schema:unenforced-primary-key"
_LONGEST_TEXT, _MOST_WORDS = 10_000, 64
"""Characters of a query that are read at all, and different words that are looked up."""
_KEPT_VERSIONS = timedelta(hours=1)
"""Superseded versions of the table stay readable this long for searches under way."""

_SCHEMA = pa.schema(
    [
        pa.field("clip_id", pa.string(), nullable=False),
        pa.field("words", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("caption", pa.string(), nullable=False),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("style_vec", pa.list_(pa.float32(), STYLE_SIZE), nullable=False),
        pa.field("text_space", pa.string(), nullable=False),
        pa.field("text_vec", pa.list_(pa.float32(), TEXT_SIZE), nullable=True),
        pa.field("owner", pa.string(), nullable=False),
        pa.field("licence_known", pa.bool_(), nullable=False),
        pa.field("people_cleared", pa.bool_(), nullable=False),
        pa.field("revoked", pa.bool_(), nullable=False),
        pa.field("territories", pa.string(), nullable=False),
        pa.field("uses", pa.string(), nullable=False),
        pa.field("media", pa.string(), nullable=False),
        pa.field("valid_from", pa.date32(), nullable=False),
        pa.field("expires", pa.date32(), nullable=False),
        pa.field("rights_rev", pa.int64(), nullable=False),
    ]
)


class LanceIndex:
    """The table in one folder. Writers of one machine take turns; readers see what was written last."""

    def __init__(self, folder: Path) -> None:
        """Open the table, made if there is none; one of another layout is emptied and filled again by `Search.sync`.

        Raises:
            HomeError: the folder cannot be used.
        """
        self._folder = folder
        self._lock = folder / "index.lock"
        self._spread: tuple[int, Spread] | None = None
        with self._told():
            self._connection = LanceDBConnection(folder, read_consistency_interval=timedelta(0))
            with locked(self._lock):
                self._table = self._open()

    def _open(self) -> LanceTable:
        table = None
        if _TABLE in self._connection.list_tables().tables:
            table = self._connection.open_table(_TABLE)
            if not table.schema.equals(_SCHEMA):
                log.warning("the search index in %s has another layout; it is made anew", self._folder)
                self._connection.drop_table(_TABLE)
                table = None
        if table is None:
            table = self._connection.create_table(_TABLE, schema=_SCHEMA)
        marks = table.schema.field("clip_id").metadata or {}
        if not any(name.startswith(_PRIMARY_KEY) for name in marks):
            table.set_unenforced_primary_key("clip_id")
        if not table.list_indices():
            table.create_index("words", config=FTS())
        return table

    def upsert(self, rows: Sequence[Row]) -> None:
        """Add rows, replacing those of the same clip id.

        Raises:
            HomeError: the index cannot be written.
        """
        if not rows:
            return
        data = pa.Table.from_pylist([_projected(row) for row in rows], schema=_SCHEMA)
        with self._told(), locked(self._lock):
            merge = self._table.merge_insert("clip_id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(data, on_bad_vectors="null")  # a row without a text vector counts as bad otherwise
            self._table.optimize(cleanup_older_than=_KEPT_VERSIONS)

    def delete(self, clip_ids: Iterable[str]) -> None:
        """Remove rows; ids that are not there are fine.

        Raises:
            HomeError: the index cannot be written.
        """
        gone = list(dict.fromkeys(clip_ids))
        if gone:
            with self._told(), locked(self._lock):
                self._table.delete(col("clip_id").isin(gone))

    def clear(self) -> None:
        """Remove every row.

        Raises:
            HomeError: the index cannot be written.
        """
        with self._told(), locked(self._lock):
            self._table.delete(lit(True))
            self._table.optimize(cleanup_older_than=_KEPT_VERSIONS)

    def count(self) -> int:
        """Return how many rows there are.

        Raises:
            HomeError: the index cannot be read.
        """
        with self._told():
            return self._table.count_rows()

    def search(self, wanted: Wanted, *, rights: RightsContext, limit: int) -> tuple[Hit, ...]:
        """Return rows that `rights` allows: at least the best `limit` on each part that is wanted; see `base.Index`.

        Raises:
            HomeError: the index cannot be read.
        """
        allowed = cleared(rights)
        with self._told():
            found = self._passing(allowed, wanted)
            scores = self._scores(wanted, found)
            scores["words"] = self._words(wanted.text, found, allowed=allowed, limit=limit)
        chosen = _best(found.clip_ids, scores, limit)
        return tuple(
            Hit(
                clip_id=found.clip_ids[at],
                revision=int(found.revisions[at]),
                words=float(scores["words"][at]),
                meaning=float(scores["meaning"][at]),
                look=float(scores["look"][at]),
                style=found.standardised[at],
            )
            for at in chosen
        )

    def _passing(self, allowed: Expr, wanted: Wanted) -> _Passing:
        columns = ["clip_id", "rights_rev", "style_vec"]
        if wanted.meaning is not None:
            columns += ["text_space", "text_vec"]
        table = self._table.search().where(allowed).select(columns).limit(None).to_arrow()
        spread = self._table_spread()
        styles = _matrix(table.column("style_vec"), STYLE_SIZE)
        return _Passing(
            clip_ids=table.column("clip_id").to_pylist(),
            revisions=table.column("rights_rev").to_numpy(),
            styles=styles,
            standardised=spread.standardise(styles),
            spread=spread,
            table=table,
        )

    def _table_spread(self) -> Spread:
        version = self._table.version
        if self._spread is None or self._spread[0] != version:
            every = self._table.search().select(["style_vec"]).limit(None).to_arrow()
            self._spread = (version, Spread.of(_matrix(every.column("style_vec"), STYLE_SIZE)))
        return self._spread[1]

    def _scores(self, wanted: Wanted, found: _Passing) -> dict[str, NDArray[np.float64]]:
        count = len(found.clip_ids)
        look = np.zeros(count)
        parts: list[NDArray[np.float64]] = []
        if wanted.style is not None:
            parts.append(suits(wanted.style, found.styles))
        if wanted.like is not None:
            like = found.spread.standardise(wanted.like.reshape(1, STYLE_SIZE))[0]
            parts.append(nearness(like, found.standardised))
        if parts:
            look = np.mean(parts, axis=0)
        return {"meaning": _meaning(wanted, found.table, count), "look": look}

    def _words(self, text: str, found: _Passing, *, allowed: Expr, limit: int) -> NDArray[np.float64]:
        scores = np.zeros(len(found.clip_ids))
        words = _plain_words(text)
        if not words or not found.clip_ids:
            return scores
        builder = self._table.search(words, query_type="fts", fts_columns="words").where(allowed, prefilter=True)
        places = {clip_id: at for at, clip_id in enumerate(found.clip_ids)}
        # more than are wanted, so that a tie at the edge is broken by clip id and not by the order of the rows
        for row in builder.select(["clip_id", "_score"]).limit(4 * limit).to_list():
            if row["clip_id"] in places:
                scores[places[row["clip_id"]]] = row["_score"]
        return scores

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn an index that cannot be used into one line; LanceDB raises these three classes of its own."""
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise HomeError(
                f"cannot use the search index in {self._folder}: {reason}; free space or permit writing, "
                "or remove that folder: it is filled again from the database"
            ) from error


@dataclass(frozen=True, eq=False)
class _Passing:
    """The rows that passed, in one order."""

    clip_ids: list[str]
    revisions: NDArray[np.int64]
    styles: NDArray[np.float32]
    standardised: NDArray[np.float32]
    spread: Spread
    table: pa.Table


def cleared(rights: RightsContext) -> Expr:
    """Return the predicate of a rights question: the same decision as `domain.rights.permits`, on the projection."""
    rules = [
        col("revoked") == lit(False),
        col("licence_known") == lit(True),
        col("valid_from") <= lit(rights.window.first),
        col("expires") >= lit(rights.window.last),
        *(col("uses").contains(_barred([use])) for use in rights.uses),
        *(_holds("territories", code, WORLD) for code in rights.territories),
        *(_holds("media", medium, "all") for medium in rights.media),
    ]
    if "publish" in rights.uses:
        rules.append(col("people_cleared") == lit(True))
    return reduce(and_, rules)


def _holds(column: str, item: str, everything: str) -> Expr:
    return col(column).contains(_barred([item])) | col(column).contains(_barred([everything]))


def _barred(items: Iterable[str]) -> str:
    return "|" + "".join(f"{item}|" for item in items)


def _projected(row: Row) -> dict[str, object]:
    licence = row.licence
    return {
        "clip_id": row.clip_id,
        "words": row.words,
        "title": row.title,
        "caption": row.caption,
        "tags": list(row.tags),
        "style_vec": row.style.tolist(),
        "text_space": row.meaning.space if row.meaning else "",
        "text_vec": row.meaning.vector.tolist() if row.meaning else None,
        "owner": licence.owner,
        "licence_known": licence.licence.strip().lower() not in ("", "unknown"),
        "people_cleared": licence.people_release in ("none_needed", "signed"),
        "revoked": licence.revoked,
        "territories": _barred(licence.territories),
        "uses": _barred(licence.uses),
        "media": _barred(licence.media),
        "valid_from": licence.valid_from or _NEVER_BEGUN,
        "expires": licence.expires or _LONG_OVER,
        "rights_rev": licence.revision,
    }


def _plain_words(text: str) -> str:
    """Return the different words of a query, without anything that could be read as an operator."""
    words = re.findall(r"[^\W_]+", text[:_LONGEST_TEXT].lower())
    return " ".join(list(dict.fromkeys(words))[:_MOST_WORDS])


def _matrix(column: pa.ChunkedArray, size: int) -> NDArray[np.float32]:
    if not len(column):
        return np.zeros((0, size), np.float32)
    return column.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, size)


def _meaning(wanted: Wanted, found: pa.Table, count: int) -> NDArray[np.float64]:
    """Return cosines of text vectors; 0 for rows without one, or with one of another space."""
    scores = np.zeros(count)
    if wanted.meaning is not None and count:
        known = found.column("text_vec").is_valid().to_numpy()
        comparable = known & (found.column("text_space").to_numpy() == wanted.meaning.space)
        vectors = _matrix(found.column("text_vec").filter(pa.array(comparable)), TEXT_SIZE)
        scores[comparable] = vectors @ wanted.meaning.vector
    return scores


def _best(clip_ids: Sequence[str], scores: dict[str, NDArray[np.float64]], limit: int) -> list[int]:
    """Return the places of the best `limit` rows on each score, ties by clip id, and of others up to `limit` in all."""
    names = np.asarray(clip_ids)
    chosen: dict[int, None] = {}
    for values in scores.values():
        order = np.lexsort((names, -values))
        chosen |= dict.fromkeys(int(at) for at in order[:limit] if values[at] > 0)
    for at in np.argsort(names):
        if len(chosen) >= limit:
            break
        chosen.setdefault(int(at))
    return list(chosen)
