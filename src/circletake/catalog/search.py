"""Search the catalogue: the index proposes, the database of record decides.

Nothing leaves here that `domain.rights.permits` did not allow a moment ago on the licence as the database holds it. The
index learns of changes through an outbox (`sync`); whatever it does not know yet, the check before the answer does.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from circletake.catalog.base import Clearance, Embedder, Hit, Index, Meaning, Row, Wanted
from circletake.catalog.fusion import Candidate, diverse, fused
from circletake.domain.clip import Clip
from circletake.domain.reference import Found, Query, Reference
from circletake.domain.rights import CUT_IN, RightsContext, Verdict, permits
from circletake.errors import UsageError
from circletake.runtime.database.clips import Clips

log = logging.getLogger(__name__)

_CANDIDATES = 100
"""Best rows on each part of a query that the index is asked for."""
_POOL = 50
"""Checked candidates among which the diverse list is chosen."""


class Search:
    """`domain.ports.ReferenceSearch` and `RightsCheck` over the database of record and an index."""

    def __init__(self, clips: Clips, index: Index, *, embedder: Embedder | None = None) -> None:
        self._clips = clips
        self._index = index
        self._embedder = embedder

    def find(self, query: Query, *, rights: RightsContext, k: int = 8) -> Found:
        """Return up to `k` clips that `rights` allows; what is missing is `shortfall`.

        In order of choice: each the best of those left, less the more it resembles those before it, ties by clip id.
        A query that names a clip to look like never returns that clip.

        Raises:
            UsageError: `k` is less than 1.
            UnknownId: `query.like` is not in the catalogue.
            HomeError: database or index cannot be read.
        """
        if k < 1:
            raise UsageError(f"cannot look for {k} clips: ask for at least 1")
        wanted, limit = self._wanted(query), max(_CANDIDATES, 4 * k)
        while True:
            hits = self._index.search(wanted, rights=rights, limit=limit)
            pool = self._checked(fused(hits, query), query=query, rights=rights, enough=max(_POOL, 4 * k))
            if len(pool) >= k or len(hits) < limit:
                break
            limit *= 4  # stale rows took the places of clips that may be used: ask further down
        chosen = diverse(pool, query=query, k=k)
        return Found(
            references=tuple(_reference(one, rights) for one in chosen),
            clips=tuple(one.clip for one in chosen),
            shortfall=k - len(chosen),
        )

    def _wanted(self, query: Query) -> Wanted:
        like = self._clips.get(query.like).look.vector() if query.like is not None else None
        return Wanted(
            text=query.text,
            meaning=next(self._meanings([query.text])) if query.text.strip() else None,
            style=query.style,
            like=None if like is None else np.asarray(like, np.float32),
        )

    def _meanings(self, texts: Sequence[str]) -> Iterator[Meaning | None]:
        if self._embedder is None:
            yield from (None for _ in texts)
            return
        for vector in self._embedder.embed(texts):
            yield Meaning(self._embedder.id, vector)

    def _checked(
        self, ranked: Sequence[tuple[float, Hit]], *, query: Query, rights: RightsContext, enough: int
    ) -> list[Candidate]:
        """Return the best candidates that the database of record allows; stops when there are `enough`."""
        pool: list[Candidate] = []
        for start in range(0, len(ranked), enough):
            part = ranked[start : start + enough]
            clips = self._clips.many(hit.clip_id for _, hit in part)
            for score, hit in part:
                clip = clips.get(hit.clip_id)
                if clip is not None and clip.clip_id != query.like and _may_be_used(clip, hit, rights):
                    pool.append(Candidate(clip, hit, score))
            if len(pool) >= enough:
                break
        return pool

    def clip(self, clip_id: str) -> Clip:
        """Return a clip from the database of record.

        Raises:
            UnknownId: there is no such clip.
        """
        return self._clips.get(clip_id)

    def check(self, clip_ids: Iterable[str], rights: RightsContext) -> dict[str, Verdict]:
        """Return a verdict for every id on the licences as they stand now; an unknown id is not allowed."""
        wanted = tuple(clip_ids)
        clips = self._clips.many(wanted)
        unknown = Verdict(allowed=False, reasons=("not in the catalogue",))
        return {name: permits(clips[name].licence, rights) if name in clips else unknown for name in wanted}

    def clearance(self, rights: RightsContext) -> Clearance:
        """Return how many clips of the database of record `rights` clears, and why not the others."""
        verdicts = [permits(clip.licence, rights) for clip in self._clips.all()]
        reasons = Counter(reason for verdict in verdicts for reason in verdict.reasons)
        return Clearance(
            total=len(verdicts),
            cleared=sum(verdict.allowed for verdict in verdicts),
            refusals=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        )

    def sync(self) -> int:
        """Bring the index up to the database; returns how many clips were pushed. Safe in several processes at once.

        An index that has fewer rows than the catalogue although its outbox is empty (it was removed, or is of another
        layout) is filled again.

        Raises:
            HomeError: database or index cannot be written.
        """
        pushed = self._replay()
        if self._index.count() < self._clips.count():
            log.warning("the search index lacks clips: it is filled again")
            self._clips.mark_all_unindexed()
            pushed += self._replay()
        return pushed

    def _replay(self) -> int:
        pushed = 0
        while clips := self._clips.unindexed():
            meanings = self._meanings(["\n".join([clip.title, clip.caption, *clip.tags]) for clip in clips])
            told = list(zip(clips, meanings, strict=True))
            self._index.upsert([Row.of(clip, meaning) for clip, meaning in told if not clip.superseded])
            self._index.delete([clip.clip_id for clip in clips if clip.superseded])
            self._clips.mark_indexed(clips)
            pushed += len(clips)
        return pushed

    def reindex(self) -> int:
        """Empty the index and fill it from the database; returns how many clips it holds.

        Raises:
            HomeError: database or index cannot be written.
        """
        self._index.clear()
        self._clips.mark_all_unindexed()
        return self.sync()


def _may_be_used(clip: Clip, hit: Hit, rights: RightsContext) -> bool:
    """Decide on the licence as it stands; a row of another revision is old, and what it said counts for nothing."""
    verdict = permits(clip.licence, rights)
    if hit.revision != clip.licence.revision:
        held, now = hit.revision, clip.licence.revision
        log.info("%s: the index has revision %d, the licence is at %d", clip.clip_id, held, now)
    if not verdict.allowed:
        log.warning("%s: found, but not allowed: %s", clip.clip_id, "; ".join(verdict.reasons))
    return verdict.allowed and not clip.superseded


def _reference(one: Candidate, rights: RightsContext) -> Reference:
    licence = one.clip.licence
    return Reference(
        clip_id=one.clip.clip_id,
        file=one.clip.file,
        title=one.clip.title,
        caption=one.clip.caption,
        score=one.score,
        licence=licence,
        may_cut_in=permits(licence, rights.for_uses(*CUT_IN)).allowed,
        predicate_sha256=rights.predicate_sha256(),
    )
