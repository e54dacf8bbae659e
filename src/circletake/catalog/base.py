"""The ports of the catalogue: the search index, a projection of the database of record, and the embedder.

An index is asked with a rights question and never answers with a row that it knows not to be cleared. What it knows may
be old, so every hit names the rights revision it was projected from and is checked again by `search.Search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from circletake.domain.clip import Clip
from circletake.domain.look import StyleTarget
from circletake.domain.ports import ReferenceSearch
from circletake.domain.rights import Licence, RightsContext

Vector: TypeAlias = NDArray[np.float32]
"""One-dimensional."""

STYLE_SIZE = 48
"""Length of `domain.look.Look.vector`."""
TEXT_SIZE = 384
"""Length of a text vector."""


class Embedder(Protocol):
    """Turns words into vectors of one space; vectors of two spaces are never compared."""

    id: str
    """Names the space: model and hash of its weights."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector of unit length for each text, shape (n, 384)."""
        ...


@dataclass(frozen=True, eq=False)
class Meaning:
    """A text as a vector, and the space that it lives in."""

    space: str
    """`Embedder.id`."""
    vector: Vector
    """(384,), unit length."""


@dataclass(frozen=True, eq=False)
class Row:
    """What the index keeps of one clip."""

    clip_id: str
    title: str
    caption: str
    tags: tuple[str, ...]
    style: Vector
    """(48,), as measured."""
    licence: Licence
    meaning: Meaning | None = None

    @classmethod
    def of(cls, clip: Clip, meaning: Meaning | None = None) -> Row:
        """Return the projection of a clip."""
        return cls(
            clip_id=clip.clip_id,
            title=clip.title,
            caption=clip.caption,
            tags=clip.tags,
            style=np.asarray(clip.look.vector(), np.float32),
            licence=clip.licence,
            meaning=meaning,
        )

    @property
    def words(self) -> str:
        """Everything that a word may match: title, caption and tags."""
        return "\n".join([self.title, self.caption, *self.tags])


@dataclass(frozen=True, eq=False)
class Wanted:
    """What an index is asked for; a part that is empty or `None` does not count."""

    text: str = ""
    """Any words a person may type; an index must not read operators into them."""
    meaning: Meaning | None = None
    style: StyleTarget | None = None
    like: Vector | None = None
    """(48,), as measured: the look of another clip."""


@dataclass(frozen=True, eq=False)
class Hit:
    """One row that passed the rights question, with its score on every part of what was wanted."""

    clip_id: str
    revision: int
    """Rights revision that the row was projected from."""
    words: float
    """BM25, 0 or more; 0 when no word matched."""
    meaning: float
    """Cosine of the text vectors, -1..1; 0 without them."""
    look: float
    """How well it suits the wanted look, 0..1; 0 when no look is wanted."""
    style: Vector
    """(48,), standardised over the whole index and of unit length (zero when the clip is the average)."""


class Index(Protocol):
    """A search index over the catalogue. It is a projection: it may be emptied and filled again at any time."""

    def upsert(self, rows: Sequence[Row]) -> None:
        """Add rows, replacing those of the same clip id; visible to the next search in any process."""
        ...

    def delete(self, clip_ids: Iterable[str]) -> None:
        """Remove rows; ids that are not there are fine."""
        ...

    def clear(self) -> None:
        """Remove every row."""
        ...

    def count(self) -> int:
        """Return how many rows there are."""
        ...

    def search(self, wanted: Wanted, *, rights: RightsContext, limit: int) -> tuple[Hit, ...]:
        """Return rows that `rights` allows, in no particular order.

        At least the best `limit` rows on each part that is wanted; all rows that pass when there are no more than
        `limit`, whether a word matched or not. Fewer than `limit` rows means that no other row passes.
        """
        ...


@dataclass(frozen=True)
class Clearance:
    """How much of the catalogue a rights question clears, and why the rest is refused."""

    total: int
    """Clips in the catalogue."""
    cleared: int
    refusals: Mapping[str, int]
    """Reason -> how many clips it stands against, the most frequent first; a clip may have several reasons."""


class Catalogue(ReferenceSearch, Protocol):
    """A reference search that can also say how much it holds for a rights question."""

    def clearance(self, rights: RightsContext) -> Clearance:
        """Return how many clips of the database of record `rights` clears, and why not the others."""
        ...
