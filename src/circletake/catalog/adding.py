"""Add footage to the catalogue: which files, with which rights, read by workers, each stored in one transaction.

The rights table is applied first and as a whole; then the files are read. A file's clips are stored together with the
row that says that it was read, so whatever dies, a file is in the catalogue with all its shots or not at all. A sheet
that a worker left and nobody stored is taken up by the next run.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from circletake.catalog.licensing import NO_ROW, described, licence_now, matched
from circletake.catalog.rights_csv import RightsRow, read_rights
from circletake.catalog.search import Search
from circletake.catalog.sheet import Sheet, Sheets
from circletake.catalog.standing import standing
from circletake.catalog.walking import Candidate, candidates, shown
from circletake.domain.clip import Clip
from circletake.domain.ports import Progress
from circletake.errors import HandoffInvalid
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.sources import SourceFile, Sources

FileOutcome = Literal["added", "new version", "unchanged", "moved", "copy", "refused"]
BYTES_A_SECOND = 250_000
"""How slowly a file may be read at worst, beyond the usual patience; 720p at 2 Mbit/s plays in real time at that."""
_SYNC_EVERY = 200
"""Files after which the index is told of what is new."""


class Reader(Protocol):
    """Has files read by workers."""

    def read(self, sources: Sequence[str], *, patience: Mapping[str, float], idle: Callable[[], None]) -> Iterator[str]:
        """Have `taking.take_in` done for every source, and yield each when it is finished or lost."""
        ...

    def fate(self, source: str) -> str | None:
        """Return why a source has no sheet: `died`, `late`, or `None` when its worker said something else."""
        ...


@dataclass(frozen=True)
class FileReport:
    """What became of one file."""

    path: str
    file: str
    outcome: FileOutcome
    reason: str = ""
    """Why it was refused, or what to know of it."""
    clips: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """What became of all of them."""

    files: tuple[FileReport, ...]
    without_rights: tuple[str, ...]
    """Files that no row speaks of: they may be used for nothing."""
    rights_changed: int
    """Files that were known, and whose rights or description are different now."""

    def count(self, outcome: FileOutcome) -> int:
        """Return how many files had this outcome."""
        return sum(one.outcome == outcome for one in self.files)

    @property
    def clips(self) -> int:
        """How many clips are new."""
        return sum(one.clips for one in self.files)


@dataclass
class Adding:
    """One run of `catalog add`."""

    sources: Sources
    clips: Clips
    sheets: Sheets
    search: Search
    reader: Reader
    patience_s: float
    progress: Progress
    home: Path | None = None
    """The studio's home: what lies in it is never footage."""
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    _reports: dict[str, FileReport] = field(default_factory=dict)
    _finished: int = 0

    def run(self, paths: Sequence[Path], *, table: Path) -> Added:
        """Add files and folders with the rights that a table gives them.

        Raises:
            UsageError: a path does not exist, or the table cannot be understood; nothing was applied.
            HomeError: the home cannot be written.
        """
        self.sheets.sweep()
        rows = read_rights(table)
        found = candidates(paths, home=self.home)
        known = {one.path: one for one in self.sources.all()}
        roots = [path.resolve() for path in paths if path.is_dir()]
        said = matched(rows, table=table, roots=roots, found=found, known=list(known.values()))
        changed = self._apply(said, known)
        waiting = [self._awaited(one, said, known.get(str(one.path))) for one in found if not self._settled(one, known)]
        self.sources.await_([one for one in waiting if not _has_clips(known.get(one.path))])
        self._read({one.id: one for one in waiting}, known)
        self.search.sync()
        now = {one.path: one for one in self.sources.all()}
        unspoken = tuple(
            one.name for one in found if _has_clips(stored := now.get(str(one.path))) and stored and not stored.row
        )
        order = [str(one.path) for one in found]
        return Added(tuple(self._reports[path] for path in order), unspoken, changed)

    # -- rights

    def _apply(self, said: Mapping[str, RightsRow], known: dict[str, SourceFile]) -> int:
        """Give files that are known the rights that the table says now; returns how many are different."""
        revoked = self.sources.revoked()
        changes: list[tuple[SourceFile, Sequence[Clip]]] = []
        for path, row in said.items():
            source = known.get(path)
            if source is None or not _has_clips(source):
                continue
            stored = _text(row)
            clips = self.clips.of_source(source.id)
            now = [described(clip, row, file=row.file, revoked=revoked) for clip in clips]
            different = [after for before, after in zip(clips, now, strict=True) if after is not before]
            if different or source.row != stored:
                known[path] = replace(source, row=stored, file=row.file)
                changes.append((known[path], different))
        self.sources.describe(changes)
        return sum(bool(clips) for _, clips in changes)

    # -- what is to be read

    def _settled(self, one: Candidate, known: Mapping[str, SourceFile]) -> bool:
        """Report a file that must not be opened, or need not be."""
        if one.problem:
            self._report(one, "refused", reason=f"{shown(one.name)}: {one.problem}")
            return True
        before = known.get(str(one.path))
        same = before is not None and (before.size, before.mtime_ns) == (one.size, one.mtime_ns)
        if before is not None and same and before.state == "done":
            self._report(one, "unchanged")
            return True
        return before is not None and same and before.state == "copy" and self._is_still_a_copy(one, before)

    def _is_still_a_copy(self, one: Candidate, before: SourceFile) -> bool:
        first = next(iter(self.sources.of_content(before.sha256 or "")), None)
        if first is None or standing(first) != "same":
            return False
        self._report(one, "copy", reason=_copied(one.name, first))
        return True

    def _report(self, one: Candidate, outcome: FileOutcome, *, reason: str = "") -> None:
        self._reports[str(one.path)] = FileReport(shown(str(one.path)), shown(one.name), outcome, reason)

    def _awaited(self, one: Candidate, said: Mapping[str, RightsRow], before: SourceFile | None) -> SourceFile:
        path = str(one.path)
        row = said.get(path)
        held = _has_clips(before)
        return SourceFile(
            id=self.new_id() if before is None else before.id,
            path=path,
            file=row.file if row else before.file if before and held else one.name,
            size=one.size,
            mtime_ns=one.mtime_ns,
            state="waiting",
            sha256=before.sha256 if before and held else None,
            version=before.version if before and held else 1,
            row=_text(row) if row else "",  # what was said of another content is not said of this one
        )

    # -- reading

    def _read(self, waiting: Mapping[str, SourceFile], known: Mapping[str, SourceFile]) -> None:
        """Have everything read, and store each file as soon as it is."""
        total = sum(one.size for one in waiting.values())
        left = dict(waiting)
        done = 0

        def told() -> None:
            within = sum(int(share * left[name].size) for name, share in self.sheets.shares().items() if name in left)
            self.progress("add", done + within, total)

        for source in [one for one in left if self._is_fresh(left[one])]:
            done += left[source].size
            self._store(left.pop(source), known)
        tries = Counter[str]()
        while left:
            patience = {name: self.patience_s + one.size / BYTES_A_SECOND for name, one in left.items()}
            for source in self.reader.read(list(left), patience=patience, idle=told):
                tries[source] += 1
                if self.sheets.get(source) is None and self.reader.fate(source) == "died" and tries[source] < 2:
                    continue
                done += left[source].size
                self._store(left.pop(source), known, lost=self._lost(source, patience[source]))
                told()

    def _is_fresh(self, source: SourceFile) -> bool:
        """Return whether a worker left a sheet of just this content, which nobody stored."""
        sheet = self.sheets.get(source.id)
        return (
            sheet is not None
            and sheet.outcome == "read"
            and (sheet.size, sheet.mtime_ns) == (source.size, source.mtime_ns)
        )

    def _lost(self, source: str, patience: float) -> str:
        if self.reader.fate(source) == "late":
            return f"was not read within {patience:.0f} s; is it what it says it is?"
        if self.reader.fate(source) == "died":
            return "ended the worker that read it, twice; replace it or leave it out"
        return "could not be read: its worker failed; the log says why. Replace it or leave it out"

    def _store(self, source: SourceFile, known: Mapping[str, SourceFile], *, lost: str = "") -> None:
        sheet = self.sheets.get(source.id) or Sheet(outcome="refused", reason=f"{source.file} {lost}")
        stored = known.get(source.path)
        before = stored if _has_clips(stored) else None
        same = [one for one in self.sources.of_content(sheet.sha256) if one.id != source.id] if sheet.sha256 else []
        first = next((one for one in same if standing(one) != "changed"), None)
        if sheet.outcome == "refused":
            self._refuse(source, before, sheet.reason)
        elif before is not None and before.sha256 == sheet.sha256:
            self.sources.describe([(replace(before, mtime_ns=sheet.mtime_ns), ())])
            self._reports[source.path] = FileReport(source.path, source.file, "unchanged")
        elif first is not None:
            self._second(source, before, first, sheet)
        elif sheet.outcome == "known":
            self._refuse(source, before, f"{source.file} was a copy of a file that is gone by now; add it again")
        else:
            self._take(source, before, sheet)
        self.sheets.remove(source.id)
        self._finished += 1
        if self._finished % _SYNC_EVERY == 0:
            self.search.sync()

    def _refuse(self, source: SourceFile, before: SourceFile | None, reason: str) -> None:
        """Leave the catalogue as it was: an older version of the file stays."""
        if before is None:
            self.sources.forget(source.id)
        self._reports[source.path] = FileReport(source.path, source.file, "refused", reason)

    def _second(self, source: SourceFile, before: SourceFile | None, first: SourceFile, sheet: Sheet) -> None:
        """The content is in the catalogue: the file has moved, or this is a copy of it."""
        if standing(first) == "same":
            reason = _copied(source.file, first)
            self.sources.await_([replace(source, state="copy", sha256=sheet.sha256, row="")])
            self._reports[source.path] = FileReport(source.path, source.file, "copy", reason)
            return
        moved = replace(first, path=source.path, file=source.file, mtime_ns=sheet.mtime_ns, row=source.row or first.row)
        revoked = self.sources.revoked()
        row = RightsRow.from_json(moved.row) if moved.row else NO_ROW
        clips = [
            described(clip, row, file=moved.file, revoked=revoked).model_copy(update={"original": moved.path})
            for clip in self.clips.of_source(first.id)
        ]
        covered = () if before is None else self.clips.of_source(before.id)
        gone = [clip.model_copy(update={"superseded": True}) for clip in covered]
        self.sources.move(moved, clips=[*clips, *gone], instead_of=source.id)
        self._reports[source.path] = FileReport(source.path, source.file, "moved", f"it was {first.path}")

    def _take(self, source: SourceFile, before: SourceFile | None, sheet: Sheet) -> None:
        """Store the clips of a new file, or of a new version of one."""
        older = () if before is None else self.clips.of_source(source.id)
        version = 1 if before is None else source.version + 1
        row = RightsRow.from_json(source.row) if source.row else NO_ROW
        fresh = _clips(source, sheet, row=row, version=version, revoked=self.sources.revoked())
        kept = {clip.clip_id for clip in fresh}
        gone = [clip.model_copy(update={"superseded": True}) for clip in older if clip.clip_id not in kept]
        now = replace(
            source,
            state="done",
            sha256=sheet.sha256,
            version=version,
            size=sheet.size,
            mtime_ns=sheet.mtime_ns,
        )
        self.sources.finish(now, clips=[*fresh, *gone], sheet=sheet.to_json())
        outcome: FileOutcome = "added" if before is None else "new version"
        self._reports[source.path] = FileReport(source.path, source.file, outcome, clips=len(fresh), notes=sheet.notes)


def _has_clips(source: SourceFile | None) -> bool:
    return source is not None and source.state == "done"


def _copied(name: str, first: SourceFile) -> str:
    return f"{name} is a copy of {first.file} ({first.path}); it stays under the rights of that one"


def _text(row: RightsRow) -> str:
    """Return a row as it is stored: where it stood in the table does not matter."""
    return row.model_copy(update={"line": 0}).to_json()


def _clips(source: SourceFile, sheet: Sheet, *, row: RightsRow, version: int, revoked: frozenset[str]) -> list[Clip]:
    """Return a clip for every shot.

    Raises:
        HandoffInvalid: the sheet holds no shots.
    """
    if sheet.fps is None or not sheet.shots:
        raise HandoffInvalid(f"{source.file} was read without a shot in it; add it again")
    title = row.title or Path(source.file).stem.replace("_", " ").replace("-", " ")
    return [
        Clip(
            clip_id=f"{sheet.sha256[:12]}-{shot.first_frame}",
            file=source.file,
            sha256=sheet.sha256,
            original=source.path,
            proxy=sheet.proxy,
            preview=sheet.preview,
            poster=shot.poster,
            first_frame=shot.first_frame,
            frames=shot.frames,
            fps=sheet.fps,
            width=sheet.width,
            height=sheet.height,
            has_sound=shot.has_sound,
            title=title,
            caption=row.caption,
            tags=row.tags,
            look=shot.look,
            phash=shot.phash,
            active=shot.active,
            burnt_in=shot.burnt_in,
            activity=shot.activity,
            notes=sheet.notes,
            version=version,
            licence=licence_now(row.licence, revoked),
        )
        for shot in sheet.shots
    ]
