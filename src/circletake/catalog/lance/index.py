"""The index over LanceDB.

Rights are asked as a list of the sets that allow the question (`layout`), so the filter is built from expressions, and
is one column whatever is asked. Small tables, and large ones that are in memory (`tier`), are scored exactly, row by
row. A large table that is not answers from an 8-bit index of which *every* partition is scanned and whose best are
scored exactly again: rights go with owners and owners with content, so what an approximate index leaves out is often
all that is cleared.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from lancedb.db import LanceDBConnection
from lancedb.expr import col, lit
from lancedb.index import FTS, Bitmap, BTree, IvfSq
from lancedb.table import LanceTable

from circletake.catalog.base import Hit, Row, Space, Wanted
from circletake.catalog.lance.asking import Asked, hits, names
from circletake.catalog.lance.layout import (
    CLIP_SCHEMA,
    CLIPS,
    GONE,
    PRIMARY_KEY,
    RIGHTS,
    RIGHTS_SCHEMA,
    clip_table,
    rights_table,
    same_layout,
    vector_column,
    vector_field,
)
from circletake.catalog.lance.memory import columns
from circletake.catalog.lance.rights import RightsSets
from circletake.catalog.lance.tier import SMALL, Tier
from circletake.domain.rights import RightsContext
from circletake.errors import HomeError, WrongSpace
from circletake.runtime.locks import locked

log = logging.getLogger(__name__)

MEMORY = 1_600_000_000
"""Bytes of rows that are kept in memory unless it is said otherwise: a million clips of 384 dimensions."""
_KEPT_VERSIONS = timedelta(hours=1)
"""Superseded versions of the table stay readable this long for searches under way."""
_PARTITION = 16_384
"""Rows of a partition of the vector index; all are scanned, so fewer would only cost more."""
_ROUNDS = 5
"""Of k-means when rows are parted; as all parts are scanned, how well they are parted does not matter."""
_LOOSE = 0.05
"""Share of rows that an index may lack before it is made anew; what it lacks is scanned."""
_MOST_FRAGMENTS = 32
"""Small files of a large table, beyond which they are merged."""


class LanceIndex:
    """The tables in one place. Writers of one machine take turns; readers see what was written last."""

    def __init__(self, folder: Path, *, space: Space | None = None, url: str = "", memory: int = MEMORY) -> None:
        """Open the tables, made if there are none; those of another layout are made anew, to be filled again.

        Args:
            folder: holds the lock of the writers, and the tables unless they are elsewhere.
            space: of the vectors that are kept and compared; a column is added for one that is new.
            url: where the tables are instead, e.g. `s3://bucket/place`.
            memory: bytes of rows that may be kept in memory; 0 for none.

        Raises:
            HomeError: the place cannot be used.
        """
        self.space = space
        self._place = url or str(folder)
        self._alone = not url
        self._lock = folder / "index.lock"
        self._sets: tuple[int, RightsSets] | None = None
        self._tier = Tier(self._read, space=space, most_bytes=memory)
        with self._told():
            self._connection = LanceDBConnection(url or folder, read_consistency_interval=timedelta(0))
            with locked(self._lock):
                self._clips, self._rights = self._open()

    def _open(self) -> tuple[LanceTable, LanceTable]:
        held = set(self._connection.list_tables().tables)
        if CLIPS in held and not (RIGHTS in held and same_layout(self._connection.open_table(CLIPS).schema)):
            log.warning("the search index in %s has another layout; it is made anew", self._place)
            for name in held & {CLIPS, RIGHTS}:
                self._connection.drop_table(name)
            held -= {CLIPS, RIGHTS}
        if RIGHTS not in held:
            self._connection.create_table(RIGHTS, schema=RIGHTS_SCHEMA)
        clips = self._connection.open_table(CLIPS) if CLIPS in held else self._made()
        if self.space is not None and vector_column(self.space) not in clips.schema.names:
            clips.add_columns(vector_field(self.space))
        return clips, self._connection.open_table(RIGHTS)

    def _made(self) -> LanceTable:
        table = self._connection.create_table(CLIPS, schema=CLIP_SCHEMA)
        marks = table.schema.field("clip_id").metadata or {}
        if not any(name.startswith(PRIMARY_KEY) for name in marks):
            table.set_unenforced_primary_key("clip_id")
        table.create_index("words", config=FTS())
        return table

    def upsert(self, rows: Sequence[Row]) -> None:
        """Add rows, replacing those of the same clip id.

        Raises:
            WrongSpace: a row has a vector of another space.
            HomeError: the index cannot be written.
        """
        if not rows:
            return
        strange = {row.meaning.space for row in rows if row.meaning} - {self.space.name if self.space else ""}
        if strange:
            raise WrongSpace(f"the search index holds vectors of {self._spoken()}, not of {min(strange)}")
        with self._told(), locked(self._lock):
            self._upsert(rows)

    def _upsert(self, rows: Sequence[Row]) -> None:
        known = self._rights_sets()
        rights = rights_table(row.licence for row in rows)
        fresh = rights.filter(pa.array([name not in known for name in rights.column("rights").to_pylist()], pa.bool_()))
        if len(fresh):
            self._rights.add(fresh)
        data = clip_table(rows, self._clips.schema, space=self.space, written=self._clips.version + 1)
        if self._holds_some(rows):
            merge = self._clips.merge_insert("clip_id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(data, on_bad_vectors="null")  # a row without a text vector counts as bad otherwise
        else:
            self._clips.add(data, on_bad_vectors="null")

    def _holds_some(self, rows: Sequence[Row]) -> bool:
        """Return whether rows are to be replaced; where not, adding them is cheaper than merging.

        Tables that other machines may write to are always merged into: their writers do not take turns with these.
        """
        if not self._alone:
            return True
        if not self._clips.count_rows():
            return False
        names = sorted(row.clip_id for row in rows)
        between = (col("clip_id") >= lit(names[0])) & (col("clip_id") <= lit(names[-1]))
        near = self._clips.search().where(between).select(["clip_id"]).limit(None).to_arrow()
        return not set(names).isdisjoint(near.column("clip_id").to_pylist())

    def delete(self, clip_ids: Iterable[str]) -> None:
        """Remove rows; ids that are not there are fine.

        Raises:
            HomeError: the index cannot be written.
        """
        gone = list(dict.fromkeys(clip_ids))
        if gone:
            with self._told(), locked(self._lock):
                values = {"rights": GONE, "written": self._clips.version + 1}
                self._clips.update(where=col("clip_id").isin(gone), values=values)

    def clear(self) -> None:
        """Remove every row, and the vectors of every space but this index's own.

        Raises:
            HomeError: the index cannot be written.
        """
        with self._told(), locked(self._lock):
            self._clips.delete(lit(True))
            ours = vector_column(self.space) if self.space else ""
            others = [name for name in self._clips.schema.names if name.startswith("vec_") and name != ours]
            if others:
                self._clips.drop_columns(others)
            self._clips.optimize(cleanup_older_than=_KEPT_VERSIONS)

    def count(self) -> int:
        """Return how many rows there are.

        Raises:
            HomeError: the index cannot be read.
        """
        with self._told():
            return self._clips.count_rows(f"rights != {GONE}")

    def lacking(self, limit: int) -> tuple[str, ...]:
        """Return up to `limit` ids of rows that have no vector in this index's space.

        Raises:
            HomeError: the index cannot be read.
        """
        if self.space is None:
            return ()
        with self._told():
            empty = f"{vector_column(self.space)} IS NULL AND rights != {GONE}"
            found = self._clips.search().where(empty).select(["clip_id"]).limit(limit).to_arrow()
            return tuple(found.column("clip_id").to_pylist())

    def settle(self) -> None:
        """Merge small files, bring the indexes up to date, and make those of a table that has become large.

        Raises:
            HomeError: the index cannot be written.
        """
        with self._told(), locked(self._lock):
            rows = self._clips.count_rows()
            if rows >= SMALL:
                self._indexed(rows)
            if rows < SMALL or self._small_fragments() >= _MOST_FRAGMENTS:
                self._clips.optimize(cleanup_older_than=_KEPT_VERSIONS)

    def _small_fragments(self) -> int:
        told: Any = self._clips.stats()  # a mapping, whatever its type says
        return int(told["fragment_stats"]["num_small_fragments"])

    def _indexed(self, rows: int) -> None:
        """Make, or make anew, every index that lacks more than a share of the rows."""
        wanted: list[tuple[str, BTree | Bitmap | FTS | IvfSq]] = [
            ("clip_id", BTree()),
            ("rights", Bitmap()),
            ("words", FTS()),
        ]
        if self.space is not None:
            partitions = max(1, rows // _PARTITION)
            nearest = IvfSq(distance_type="cosine", num_partitions=partitions, max_iterations=_ROUNDS)
            wanted.append((vector_column(self.space), nearest))
        held = {column: index.name for index in self._clips.list_indices() for column in index.columns}
        for column, config in wanted:
            stats = self._clips.index_stats(held[column]) if column in held else None
            if stats is None or stats.num_unindexed_rows > _LOOSE * rows:
                self._clips.create_index(column, config=config)

    def search(self, wanted: Wanted, *, rights: RightsContext, limit: int) -> tuple[Hit, ...]:
        """Return rows that `rights` allows: at least the best `limit` on each part that is wanted; see `base.Index`.

        Raises:
            WrongSpace: the wanted meaning is of another space.
            HomeError: the index cannot be read.
        """
        if wanted.meaning is not None and wanted.meaning.space != (self.space.name if self.space else ""):
            raise WrongSpace(f"the search index holds vectors of {self._spoken()}, not of {wanted.meaning.space}")
        with self._told():
            sets = self._rights_sets()
            view = self._tier.view(self._clips.version, self._clips.count_rows)
            allowed = sets.names[sets.allowing(rights)]
            if not len(allowed):
                return ()
            table = Asked(self._clips, allowed=allowed, wanted=wanted, space=self.space)
            passing = view.passing(allowed, wanted.filters) if view else None
            if passing is not None and table.better_in_memory(passing):
                words = table.words(limit)
                return hits(passing.scored(wanted), words, passing.where(names(words)), limit)
            found, words = table.rows(limit)
            return hits(found, words, found.places(names(words)), limit)

    def warm(self) -> None:
        """Wait until rows that are being read into memory are there."""
        self._tier.wait()

    def _rights_sets(self) -> RightsSets:
        version = self._rights.version
        if self._sets is None or self._sets[0] != version:
            self._sets = (version, RightsSets(self._rights.to_arrow()))
        return self._sets[1]

    def _read(self, version: int, since: int) -> tuple[int, Iterable[pa.RecordBatch]]:
        """Return rows of one version of the table, on a handle of its own: others go on writing."""
        table = self._connection.open_table(CLIPS)
        table.checkout(version)
        newer = col("written") > lit(since)
        query = table.search().where(newer).select(columns(self.space)).limit(None)
        return table.count_rows(f"written > {since:d}"), query.to_batches()

    def _spoken(self) -> str:
        return self.space.name if self.space else "nothing: it has no embedder"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn an index that cannot be used into one line; LanceDB raises these three classes of its own."""
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise HomeError(
                f"cannot use the search index in {self._place}: {reason}; free space or permit writing, "
                "or remove that folder: it is filled again from the database"
            ) from error
