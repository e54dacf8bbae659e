"""The house's own footage: taken in by workers, its rights kept, shown and revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from circletake.domain.clip import Clip
from circletake.domain.rights import PERPETUAL
from circletake.errors import UnknownId, UsageError
from circletake.runtime.executor import LocalExecutor
from circletake.runtime.locks import locked
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

    with locked(studio.home / "locks" / "footage.lock"):
        return Adding(
            sources=studio.sources,
            clips=studio.clips,
            sheets=Sheets(studio.home),
            search=studio.search,
            reader=_Workers(studio.executor),
            patience_s=studio.settings.operation_deadline_s,
            progress=studio.progress,
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
    from circletake.catalog.licensing import NO_ROW, licence_now
    from circletake.catalog.rights_csv import RightsRow

    clips = [clip for clip in studio.clips.all() if name in (clip.licence.owner, clip.licence.licence)]
    revoked = studio.sources.revoked()
    if undo and name not in revoked:
        raise UsageError(f"{name!r} is not revoked{nearest(name, sorted(revoked))}")
    if not clips and not undo:
        names = sorted({n for clip in studio.clips.all() for n in (clip.licence.owner, clip.licence.licence) if n})
        raise UsageError(f"no footage in the catalogue has the owner or licence {name!r}{nearest(name, names)}")
    said = {source.path: source.row for source in studio.sources.all()}
    now: list[Clip] = []
    for clip in clips:
        row = said.get(clip.original, "")
        licence = RightsRow.from_json(row).licence if row else clip.licence if not undo else NO_ROW.licence
        if not row and undo:
            licence = clip.licence.model_copy(update={"revoked": False})
        wanted = licence_now(licence, revoked - {name} if undo else revoked | {name}).revoked
        if wanted != clip.licence.revoked:
            changed = {"revoked": wanted, "revision": clip.licence.revision + 1}
            now.append(clip.model_copy(update={"licence": clip.licence.model_copy(update=changed)}))
    if undo:
        studio.sources.lift(name, clips=now)
    else:
        studio.sources.revoke(name, who=studio.settings.who, clips=now)
    studio.search.sync()
    files = tuple(sorted({clip.file for clip in now}))
    return Revoked(name, len(now), files, () if undo else _held(studio, {clip.clip_id: clip.file for clip in clips}))


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
