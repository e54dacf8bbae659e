"""Search the catalogue: the index proposes, the database of record decides.

Nothing leaves here that `domain.rights.permits` did not allow a moment ago on the licence as the database holds it. The
index learns of changes through an outbox (`sync`); whatever it does not know yet, the check before the answer does.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from circletake.catalog.base import STYLE_SIZE, Clearance, Embedder, Hit, Index, Meaning, Row, Wanted, space_of
from circletake.catalog.fusion import Candidate, diverse, fused, wants_look
from circletake.catalog.style import OF_A_STILL, LookWish, Spread
from circletake.domain.clip import Clip
from circletake.domain.ports import Progress
from circletake.domain.reference import Found, Query, Reference
from circletake.domain.rights import CUT_IN, RightsContext, Verdict, permits
from circletake.errors import UsageError, WrongSpace
from circletake.runtime.database.clips import Clips

log = logging.getLogger(__name__)

_CANDIDATES = 100
"""Best rows on each part of a query that the index is asked for."""
_POOL = 50
"""Checked candidates among which the diverse list is chosen."""
_SAMPLE = 500
"""Clips, the first by id, whose looks say how much looks differ; ids are hashes, so they are a random sample."""
_FEW = 1000
"""Clips without a vector that are embedded on the way, in some seconds; more are a matter of `catalog reembed`."""
_BATCH = 512
"""Clips that are embedded between two writes."""


class Search:
    """`domain.ports.ReferenceSearch` and `RightsCheck` over the database of record and an index."""

    def __init__(self, clips: Clips, index: Index, *, embedder: Embedder | None = None) -> None:
        self._clips = clips
        self._index = index
        self._embedder = embedder
        self._sampled: Spread | None = None
        self._lacking = False

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
        chosen = diverse(pool, query=query, k=k, spread=self._spread())
        return Found(
            references=tuple(_reference(one, rights) for one in chosen),
            clips=tuple(one.clip for one in chosen),
            shortfall=k - len(chosen),
        )

    def _wanted(self, query: Query) -> Wanted:
        text = query.text.strip()
        return Wanted(
            text=query.text,
            meaning=self._meanings([query.text])[0] if text and self._can_compare() else None,
            look=self._look(query),
            filters=query.filters,
        )

    def _look(self, query: Query) -> LookWish | None:
        if not wants_look(query):
            return None
        like, parts = query.look, OF_A_STILL if query.look else None
        if query.like is not None:
            like = self._clips.get(query.like).look
        return LookWish(
            style=query.style,
            like=None if like is None else np.asarray(like.vector(), np.float32),
            parts=parts,
            palette=np.array(query.palette, np.float32) if query.palette else None,
            spread=self._spread(),
        )

    def _spread(self) -> Spread:
        """Return the spread of looks over a sample of the catalogue, the same in every process and for every index."""
        if self._sampled is None:
            looks = [clip.look.vector() for clip in self._clips.first(_SAMPLE)]
            self._sampled = Spread.of(np.array(looks, np.float32).reshape(-1, STYLE_SIZE))
        return self._sampled

    def _can_compare(self) -> bool:
        """Return whether clips are compared by meaning.

        Raises:
            WrongSpace: some have no vector of this embedder.
        """
        if self._embedder is None:
            return False
        if self._lacking:
            raise WrongSpace(
                f"clips of the catalogue have no vectors of {space_of(self._embedder).name}: run circletake catalog "
                "reembed, or set embedder = none"
            )
        return True

    def _meanings(self, texts: Sequence[str]) -> list[Meaning | None]:
        if self._embedder is None:
            return [None] * len(texts)
        space = space_of(self._embedder).name
        return [Meaning(space, vector) for vector in self._embedder.embed(texts)]

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
                if clip is None or clip.clip_id == query.like or not query.filters.passes(clip):
                    continue
                if _may_be_used(clip, hit, rights):
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
        lacking = self._index.lacking(_FEW + 1)
        self._lacking = len(lacking) > _FEW
        if lacking and not self._lacking:
            pushed += self.reembed()
        if pushed:
            self._index.settle()
        return pushed

    def _replay(self) -> int:
        pushed = 0
        while clips := self._clips.unindexed():
            self._push(clips)
            self._clips.mark_indexed(clips)
            pushed += len(clips)
        if pushed:
            self._sampled = None
        return pushed

    def _push(self, clips: Sequence[Clip]) -> None:
        offered = [clip for clip in clips if not clip.superseded]
        meanings = self._meanings([clip.words for clip in offered])
        self._index.upsert([Row.of(clip, meaning) for clip, meaning in zip(offered, meanings, strict=True)])
        self._index.delete([clip.clip_id for clip in clips if clip.superseded])

    def reembed(self, *, progress: Progress = lambda what, done, total: None) -> int:
        """Embed every clip that has no vector of this embedder; returns how many. It may be stopped and run again.

        Raises:
            UsageError: there is no embedder.
            HomeError: database or index cannot be written.
        """
        if self._embedder is None:
            raise UsageError("there is no embedder to embed clips with: circletake doctor says what is missing")
        done, total = 0, self._clips.count()
        while names := self._index.lacking(_BATCH):
            clips = self._clips.many(names)
            self._push(list(clips.values()))
            self._index.delete([name for name in names if name not in clips])
            done += len(names)
            progress("embedded", done, max(done, total))
        self._lacking = False
        if done:
            self._index.settle()
        return done

    def indexed(self) -> int:
        """Return how many rows the index has."""
        return self._index.count()

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
