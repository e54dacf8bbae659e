"""The house's own footage: taken in by workers, its rights kept, shown and revoked."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from circletake.domain.clip import Clip
from circletake.domain.rights import PERPETUAL, Licence
from circletake.errors import UnknownId, UsageError
from circletake.runtime.executor import LocalExecutor
from circletake.runtime.locks import in_turn
from circletake.studio.house import INGEST

if TYPE_CHECKING:
    from circletake.catalog.adding import Added
    from circletake.studio.room import Studio


class _Workers:
    """Implements `catalog.adding.Reader` on the studio's media workers."""

    def __init__(self, executor: LocalExecutor) -> None:
        self._executor = executor

    def read(self, sources: Sequence[str], *, patience: Mapping[str, float], idle: Callable[[], None]) -> Iterator[str]:
        """Have every source read."""
        keyed = {INGEST + source: patience[source] for source in sources}
        for key in self._executor.run(list(keyed), patience=keyed, idle=idle):
            yield key.removeprefix(INGEST)

    def fate(self, source: str) -> str | None:
        """Return why there is no sheet."""
        return self._executor.fates.get(INGEST + source)


@dataclass(frozen=True)
class Held:
    """A film that holds footage of somebody."""

    production: str
    films: tuple[str, ...]
    """Addresses of its releases."""
    files: tuple[str, ...]


@dataclass(frozen=True)
class Revoked:
    """What a revocation, or the lifting of one, changed."""

    name: str
    clips: int
    files: tuple[str, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True)
class Expiry:
    """The rights of one file, and when they end."""

    file: str
    clips: int
    owner: str
    licence: str
    uses: tuple[str, ...]
    territories: tuple[str, ...]
    media: tuple[str, ...]
    people_release: str
    valid_from: date | None
    expires: date | None
    revoked: bool
    days: int | None
    """Until the last day, counted from today; negative when it is over; `None` for perpetual and unknown."""


def add(studio: Studio, paths: Sequence[Path], *, table: Path) -> Added:
    """Take files and folders into the catalogue with the rights that a table gives them.

    Raises:
        UsageError: a path does not exist, or the table cannot be understood; nothing was applied.
        HomeError: the home cannot be written.
    """
    from circletake.catalog.adding import Adding
    from circletake.catalog.sheet import Sheets

    me = f"process {os.getpid()} on {socket.gethostname()}"
    lock = studio.home / "locks" / "footage.lock"
    with in_turn(lock, me=me, waiting=lambda who: studio.told("waiting for", who)):
        return Adding(
            sources=studio.sources,
            clips=studio.clips,
            sheets=Sheets(studio.home),
            search=studio.search,
            reader=_Workers(studio.executor),
            patience_s=studio.settings.operation_deadline_s,
            progress=studio.progress,
            home=studio.home,
        ).run(paths, table=table)


def find(studio: Studio, name: str) -> tuple[Clip, ...]:
    """Return the clip of an id, or all clips of a file.

    Raises:
        UnknownId: there is neither; names the nearest.
    """
    known = studio.clips.many([name])
    if known:
        return tuple(known.values())
    clips = studio.clips.of_file(name)
    if clips:
        return clips
    names = sorted({clip.file for clip in studio.clips.all()})
    raise UnknownId(f"there is no clip and no file {name!r} in the catalogue{nearest(name, names)}")


def nearest(name: str, names: Sequence[str]) -> str:
    """Return names that are like one that is not known, as the end of an error."""
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(one) for one in close)}?" if close else ""


def expiries(studio: Studio, *, within: timedelta | None) -> tuple[Expiry, ...]:
    """Return the rights of every file by the day that they end, the soonest first.

    Args:
        studio: the studio.
        within: only those that end, or have ended, by so long from today; `None` for all, also perpetual and unknown.
    """
    today = studio.clock.today()
    by_file: dict[tuple[str, str], list[Clip]] = {}
    for clip in studio.clips.all():
        by_file.setdefault((clip.file, clip.sha256), []).append(clip)
    rows = [_expiry(clips, today) for clips in by_file.values()]
    if within is not None:
        rows = [row for row in rows if row.days is not None and row.days <= within.days and not row.revoked]
    return tuple(sorted(rows, key=lambda row: (row.expires or date.min, row.owner, row.file)))


def _expiry(clips: Sequence[Clip], today: date) -> Expiry:
    licence = clips[0].licence
    ends = licence.expires
    return Expiry(
        file=clips[0].file,
        clips=len(clips),
        owner=licence.owner,
        licence=licence.licence,
        uses=licence.uses,
        territories=licence.territories,
        media=licence.media,
        people_release=licence.people_release,
        valid_from=licence.valid_from,
        expires=ends,
        revoked=licence.revoked,
        days=None if ends is None or ends == PERPETUAL else (ends - today).days,
    )


def revoke(studio: Studio, name: str, *, undo: bool = False) -> Revoked:
    """Revoke an owner or a licence from now on, also for footage that is added later; or lift that again.

    Raises:
        UsageError: nobody and nothing in the catalogue is called so, or it is not revoked.
    """
    from circletake.catalog.licensing import licence_now
    from circletake.catalog.rights_csv import RightsRow

    revoked = studio.sources.revoked()
    if undo and name not in revoked:
        raise UsageError(f"{name!r} is not revoked{nearest(name, sorted(revoked))}")
    if not undo:
        names = {n for clip in studio.clips.all() for n in (clip.licence.owner, clip.licence.licence)} - {""}
        if name not in names | set(revoked):
            raise UsageError(f"no footage has the owner or licence {name!r}{nearest(name, sorted(names))}")
    touched: dict[str, str] = {}

    def judged(named: Sequence[tuple[Clip, str]], now: frozenset[str]) -> list[Clip]:
        touched.update({clip.clip_id: clip.file for clip, _ in named})
        drawn = _drawn() if any(not row for _, row in named) else {}
        changed: list[Clip] = []
        for clip, row in named:
            said = (
                RightsRow.from_json(row).licence if row else drawn.get((clip.file, clip.licence.source), clip.licence)
            )
            wanted = licence_now(said, now).revoked
            if wanted != clip.licence.revoked:
                update = {"revoked": wanted, "revision": clip.licence.revision + 1}
                changed.append(clip.model_copy(update={"licence": clip.licence.model_copy(update=update)}))
        return changed

    if undo:
        changed = studio.sources.lift(name, judged=judged)
    else:
        changed = studio.sources.revoke(name, who=studio.settings.who, judged=judged)
    studio.search.sync()
    files = tuple(sorted({clip.file for clip in changed}))
    return Revoked(name, len(changed), files, () if undo else _held(studio, touched))


def _drawn() -> dict[tuple[str, str], Licence]:
    """Return what the starter's own table says, by file and source: its clips belong to no file of the house."""
    from circletake.catalog.rights_csv import read_rights
    from circletake.catalog.starter import STARTER_CSV

    return {(file, row.licence.source): row.licence for file, row in read_rights(STARTER_CSV).items()}


def _held(studio: Studio, files: Mapping[str, str]) -> tuple[Held, ...]:
    """Return the productions whose newest cut holds one of these clips, and where they were published."""
    found: list[Held] = []
    for one in studio.productions.all():
        used = {clip for take in studio.takes.takes(one.id) for clip in take.clips if clip in files}
        circled = studio.choices.current(one.id)
        cut = {
            clip
            for take in studio.takes.takes(one.id)
            if take.slate in circled and circled[take.slate].number == take.number
            for clip in take.clips
            if clip in files
        }
        held = cut or used
        if held:
            films = tuple(release.address for release in studio.releases.of(one.id)) if cut else ()
            found.append(Held(one.id, films, tuple(sorted({files[clip] for clip in held}))))
    return tuple(found)
