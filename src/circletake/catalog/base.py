"""The ports of the catalogue: the search index, a projection of the database of record, and the embedder.

An index is asked with a rights question and never answers with a row that it knows not to be cleared. What it knows may
be old, so every hit names the rights revision it was projected from and is checked again by `search.Search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from circletake.catalog.style import LookWish, Vector
from circletake.domain.clip import Clip
from circletake.domain.framing import size_in_words
from circletake.domain.ports import ReferenceSearch
from circletake.domain.reference import NO_FILTERS, Filters
from circletake.domain.rights import Licence, RightsContext

STYLE_SIZE = 48
"""Length of `domain.look.Look.vector`."""
Modality = Literal["text", "image"]


@dataclass(frozen=True)
class Space:
    """What vectors are compared in; vectors of two spaces never are."""

    name: str
    """Model and hash of its weights, e.g. `minilm-53aa51172d14`."""
    dim: int


class Embedder(Protocol):
    """Turns words, and pictures where it can, into vectors of one space."""

    id: str
    """Name of the model."""
    dim: int
    """Length of a vector."""
    modalities: frozenset[Modality]
    sha256: str
    """Of the weights, or of what stands for them where a service keeps them."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector of unit length for each text, shape (n, dim)."""
        ...

    def embed_pictures(self, pictures: Sequence[Path]) -> NDArray[np.float32]:
        """Return one vector of unit length for each picture file, shape (n, dim); only where `image` is a modality."""
        ...


def space_of(embedder: Embedder) -> Space:
    """Return the space of an embedder: other weights are another space."""
    return Space(f"{embedder.id}-{embedder.sha256[:12]}", embedder.dim)


@dataclass(frozen=True, eq=False)
class Meaning:
    """Words or a picture as a vector, and the space that it lives in."""

    space: str
    """`Space.name`."""
    vector: Vector
    """(dim,), unit length."""


@dataclass(frozen=True, eq=False)
class Row:
    """What the index keeps of one clip."""

    clip_id: str
    words: str
    """Everything that a word may match: title, caption and tags."""
    style: Vector
    """(48,), as measured."""
    size: str
    """`ShotSize`, empty where no word tells."""
    move: str
    """`CameraMove`."""
    seconds: float
    licence: Licence
    meaning: Meaning | None = None

    @classmethod
    def of(cls, clip: Clip, meaning: Meaning | None = None) -> Row:
        """Return the projection of a clip."""
        return cls(
            clip_id=clip.clip_id,
            words=clip.words,
            style=np.asarray(clip.look.vector(), np.float32),
            size=size_in_words(clip.words) or "",
            move=clip.look.move,
            seconds=float(clip.seconds),
            licence=clip.licence,
            meaning=meaning,
        )


@dataclass(frozen=True, eq=False)
class Wanted:
    """What an index is asked for; a part that is empty or `None` does not count."""

    text: str = ""
    """Any words a person may type; an index must not read operators into them."""
    meaning: Meaning | None = None
    look: LookWish | None = None
    filters: Filters = NO_FILTERS


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


class Index(Protocol):
    """A search index over the catalogue. It is a projection: it may be emptied and filled again at any time."""

    space: Space | None
    """What its vectors are compared in; `None` for an index without vectors."""

    def upsert(self, rows: Sequence[Row]) -> None:
        """Add rows, replacing those of the same clip id; visible to the next search in any process.

        Raises:
            WrongSpace: a row has a vector of another space.
        """
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

    def lacking(self, limit: int) -> tuple[str, ...]:
        """Return up to `limit` ids of rows that have no vector in the index's space; none when it has no space."""
        ...

    def settle(self) -> None:
        """Bring what was written into the shape that is searched fastest; called when a number of writes is over."""
        ...

    def search(self, wanted: Wanted, *, rights: RightsContext, limit: int) -> tuple[Hit, ...]:
        """Return rows that `rights` allows, in no particular order.

        At least the best `limit` rows on each part that is wanted; all rows that pass when there are no more than
        `limit`, whether a word matched or not. Fewer than `limit` rows means that no other row passes.

        Raises:
            WrongSpace: the wanted meaning is of another space.
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
