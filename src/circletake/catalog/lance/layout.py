"""The layout of the index's two tables, and what becomes of a catalogue row in them.

`clips` has a row a clip; `rights` has a row for every different set of rights, and a clip names its set. A rights
question is decided once a set and asked of the clips as a list of sets: whatever the question, the filter on the clips
is one column of numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from circletake.catalog.base import STYLE_SIZE, Row, Space
from circletake.domain.rights import PERPETUAL, Licence

CLIPS, RIGHTS = "clips", "rights"
PRIMARY_KEY = b"lance-schema:unenforced-primary-key"

CLIP_SCHEMA = pa.schema(
    [
        pa.field("clip_id", pa.string(), nullable=False),
        pa.field("words", pa.string(), nullable=False),
        pa.field("style_vec", pa.list_(pa.float32(), STYLE_SIZE), nullable=False),
        pa.field("size", pa.string(), nullable=False),
        pa.field("move", pa.string(), nullable=False),
        pa.field("seconds", pa.float32(), nullable=False),
        pa.field("luma", pa.float32(), nullable=False),
        pa.field("rights", pa.int64(), nullable=False),
        pa.field("rights_rev", pa.int64(), nullable=False),
        pa.field("written", pa.int64(), nullable=False),
    ]
)
"""`rights` names a row of the other table; `written` is the table's version when the row was. A row that was removed
stays, with rights that allow nothing (`GONE`), until the table is emptied: who keeps rows in memory learns of it."""
GONE = -1
RIGHTS_SCHEMA = pa.schema(
    [
        pa.field("rights", pa.int64(), nullable=False),
        pa.field("known", pa.bool_(), nullable=False),
        pa.field("people_cleared", pa.bool_(), nullable=False),
        pa.field("revoked", pa.bool_(), nullable=False),
        pa.field("territories", pa.list_(pa.string()), nullable=False),
        pa.field("uses", pa.list_(pa.string()), nullable=False),
        pa.field("media", pa.list_(pa.string()), nullable=False),
        pa.field("valid_from", pa.int32(), nullable=False),
        pa.field("expires", pa.int32(), nullable=False),
    ]
)
"""Days are proleptic ordinals; an unknown first day is after every window, an unknown last day before it."""
NEVER_BEGUN, LONG_OVER = PERPETUAL.toordinal() + 1, 0


def vector_column(space: Space) -> str:
    """Return the name of the column that holds a space's vectors."""
    return "vec_" + re.sub(r"\W", "_", space.name)


def vector_field(space: Space) -> pa.Field:
    """Return the column that holds a space's vectors; empty where a row has none."""
    return pa.field(vector_column(space), pa.list_(pa.float32(), space.dim), nullable=True)


def same_layout(schema: pa.Schema) -> bool:
    """Return whether a table of clips is laid out as here, whatever spaces it has."""
    held = pa.schema([one for one in schema.remove_metadata() if not one.name.startswith("vec_")])
    bare = pa.schema([pa.field(one.name, one.type, one.nullable) for one in held])
    return bare.equals(CLIP_SCHEMA)


def clip_table(rows: Sequence[Row], schema: pa.Schema, *, space: Space | None, written: int) -> pa.Table:
    """Return rows as a table of `schema`; vectors of spaces other than `space` stay empty."""
    styles = np.stack([row.style for row in rows]).astype(np.float32)
    named: dict[tuple[object, ...], int] = {}
    rights = np.zeros(len(rows), np.int64)
    for at, row in enumerate(rows):
        key = _deciding(row.licence)
        if key not in named:
            named[key] = rights_id(row.licence)
        rights[at] = named[key]
    arrays: dict[str, pa.Array] = {
        "clip_id": pa.array([row.clip_id for row in rows]),
        "words": pa.array([row.words for row in rows]),
        "style_vec": pa.FixedSizeListArray.from_arrays(pa.array(styles.ravel()), STYLE_SIZE),
        "size": pa.array([row.size for row in rows]),
        "move": pa.array([row.move for row in rows]),
        "seconds": pa.array([row.seconds for row in rows], pa.float32()),
        "luma": pa.array(styles[:, 21]),
        "rights": pa.array(rights),
        "rights_rev": pa.array([row.licence.revision for row in rows], pa.int64()),
        "written": pa.array(np.full(len(rows), written, np.int64)),
    }
    if space is not None:
        arrays[vector_column(space)] = _vectors(rows, space.dim)
    columns = [arrays[one.name] if one.name in arrays else pa.nulls(len(rows), one.type) for one in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _vectors(rows: Sequence[Row], dim: int) -> pa.Array:
    held = np.array([row.meaning is not None for row in rows])
    vectors = np.zeros((len(rows), dim), np.float32)
    for at, row in enumerate(rows):
        if row.meaning is not None:
            vectors[at] = row.meaning.vector
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim, mask=pa.array(~held))


def rights_table(licences: Iterable[Licence]) -> pa.Table:
    """Return the different sets of rights of these licences."""
    different = {_deciding(one): one for one in licences}
    rows = {rights_id(one): _rights(one) for one in different.values()}
    return pa.Table.from_pylist([{"rights": name, **row} for name, row in rows.items()], schema=RIGHTS_SCHEMA)


def _deciding(licence: Licence) -> tuple[object, ...]:
    """Return what decides, as it is written."""
    return (
        licence.licence,
        licence.people_release,
        licence.revoked,
        licence.territories,
        licence.uses,
        licence.media,
        licence.valid_from,
        licence.expires,
    )


def _rights(licence: Licence) -> dict[str, object]:
    return {
        "known": licence.licence.strip().lower() not in ("", "unknown"),
        "people_cleared": licence.people_release in ("none_needed", "signed"),
        "revoked": licence.revoked,
        "territories": sorted(set(licence.territories)),
        "uses": sorted(set(licence.uses)),
        "media": sorted(set(licence.media)),
        "valid_from": licence.valid_from.toordinal() if licence.valid_from else NEVER_BEGUN,
        "expires": licence.expires.toordinal() if licence.expires else LONG_OVER,
    }


def rights_id(licence: Licence) -> int:
    """Return the number of a set of rights: 63 bits of a hash of what decides."""
    return _hashed(repr(list(_rights(licence).values())))


def _hashed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1


def matrix(column: pa.ChunkedArray, size: int) -> NDArray[np.float32]:
    """Return a column of vectors as (n, size); an empty one becomes zeros."""
    if not len(column):
        return np.zeros((0, size), np.float32)
    whole = column.combine_chunks()
    if whole.null_count:
        found = np.zeros((len(whole), size), np.float32)
        found[whole.is_valid().to_numpy(zero_copy_only=False)] = (
            whole.drop_null().flatten().to_numpy().reshape(-1, size)
        )
        return found
    return whole.flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
