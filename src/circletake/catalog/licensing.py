"""Which row of a rights table speaks of which file, and what a clip's licence is then."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from circletake.catalog.rights_csv import RightsRow
from circletake.catalog.walking import Candidate
from circletake.domain.clip import Clip
from circletake.domain.rights import Licence
from circletake.errors import UsageError
from circletake.runtime.database.sources import SourceFile

NO_ROW = RightsRow(file="", title="", caption="", tags=(), licence=Licence(owner="", licence=""))
"""What is known of a file that no row speaks of: nothing, so nothing is allowed."""


def matched(
    rows: Mapping[str, RightsRow],
    *,
    table: Path,
    roots: Sequence[Path],
    found: Iterable[Candidate],
    known: Sequence[SourceFile],
) -> dict[str, RightsRow]:
    """Return what the table says, by the absolute path of the file.

    A row names its file relative to the folder of the table, else to a folder that is added; else it is the one known
    file that was called so before.

    Raises:
        UsageError: a row names a file that is nowhere, or two rows name the same file; says in which line.
    """
    there = {str(one.path) for one in found} | {one.path for one in known}
    called: dict[str, list[str]] = {}
    for one in (one for one in known if one.state == "done"):
        called.setdefault(one.file, []).append(one.path)
    spoken: dict[str, RightsRow] = {}
    for name, row in rows.items():
        places = [os.path.realpath(folder / name) for folder in (table.resolve().parent, *roots)]
        place = next((one for one in places if one in there), None)
        if place is None and len(called.get(name, [])) == 1:
            place = called[name][0]
        if place is None:
            place = next((one for one in places if Path(one).exists()), None)
        where = f"{table.name}, line {row.line}, column file"
        if place is None:
            raise UsageError(
                f"{where}: there is no file {name!r} beside the table, in the folders that are added or in the "
                "catalogue; nothing was applied"
            )
        if place in spoken:
            raise UsageError(
                f"{where}: {name!r} is the file that line {spoken[place].line} speaks of; nothing was applied"
            )
        spoken[place] = row
    return spoken


def licence_now(said: Licence, revoked: Collection[str]) -> Licence:
    """Return a licence as the table says, unless its owner or the licence itself was revoked: deny wins."""
    if said.owner in revoked or said.licence in revoked:
        return said.model_copy(update={"revoked": True})
    return said


def described(clip: Clip, row: RightsRow, *, file: str, revoked: Collection[str]) -> Clip:
    """Return a clip as a row describes it now; the licence's revision goes up where anything changed."""
    licence = licence_now(row.licence, revoked)
    title = row.title or Path(file).stem.replace("_", " ").replace("-", " ")
    update = {"file": file, "title": title, "caption": row.caption, "tags": row.tags}
    unrevised = licence.model_copy(update={"revision": clip.licence.revision})
    if unrevised == clip.licence and all(getattr(clip, name) == value for name, value in update.items()):
        return clip
    revised = licence.model_copy(update={"revision": clip.licence.revision + 1})
    return clip.model_copy(update={**update, "licence": revised})
