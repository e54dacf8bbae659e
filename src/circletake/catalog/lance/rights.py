"""Rights questions, decided for every set of rights that the index holds: `domain.rights.permits`, many at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from circletake.domain.rights import RightsContext
from circletake.domain.territories import WORLD


class RightsSets:
    """The sets of rights, held in memory: there are about as many as there are contracts."""

    def __init__(self, table: pa.Table) -> None:
        """Read the table of `layout.RIGHTS_SCHEMA`."""
        names = table.column("rights").to_numpy()
        self.names, first = np.unique(names, return_index=True)
        """(n,) sorted."""
        rows = table.take(first)
        self._open = (
            (
                rows.column("known").to_numpy(zero_copy_only=False)
                & ~rows.column("revoked").to_numpy(zero_copy_only=False)
            )
            if len(first)
            else np.zeros(0, bool)
        )
        self._people = rows.column("people_cleared").to_numpy(zero_copy_only=False).astype(bool)
        self._valid_from = rows.column("valid_from").to_numpy()
        self._expires = rows.column("expires").to_numpy()
        self._lists = {name: _Lists(rows.column(name)) for name in ("territories", "uses", "media")}

    def __contains__(self, name: int) -> bool:
        at = np.searchsorted(self.names, name)
        return bool(at < len(self.names) and self.names[at] == name)

    def allowing(self, rights: RightsContext) -> NDArray[np.bool_]:
        """Return which sets allow everything that is asked, in the order of `names`."""
        passing = self._open & (self._valid_from <= rights.window.first.toordinal())
        passing &= self._expires >= rights.window.last.toordinal()
        passing &= self._lists["uses"].holding(rights.uses)
        passing &= self._lists["territories"].holding(rights.territories, everything=WORLD)
        passing &= self._lists["media"].holding(rights.media, everything="all")
        if "publish" in rights.uses:
            passing &= self._people
        return passing


class _Lists:
    """One list a set, of which few are different."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        held = [frozenset(one) for one in column.to_pylist()]
        self._different = tuple(dict.fromkeys(held))
        places = {one: at for at, one in enumerate(self._different)}
        self._which = np.array([places[one] for one in held], np.int64)

    def holding(self, wanted: tuple[str, ...], *, everything: str = "") -> NDArray[np.bool_]:
        """Return which lists hold all that is wanted, or the item that stands for everything."""
        found = [everything in one or one.issuperset(wanted) for one in self._different]
        return np.array(found, bool)[self._which]
