"""A small house for tests of ingest: films of its own, a rights table, and a catalogue that reads in this process."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from circletake.catalog.adding import Added, Adding
from circletake.catalog.lance import LanceIndex
from circletake.catalog.rights_csv import COLUMNS
from circletake.catalog.search import Search
from circletake.catalog.sheet import Sheets
from circletake.catalog.taking import take_in
from circletake.media.encode import write_film
from circletake.media.picture import Frame, blank, planes
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.engine import Database
from circletake.runtime.database.sources import Sources
from circletake.runtime.files import FileStore
from tests.media.footage import scene

FPS = Fraction(24)
SIZE = (96, 54)
ROW = {
    "title": "A reel",
    "caption": "Shapes that move.",
    "tags": "test|shapes",
    "owner": "Ada",
    "licence": "HOUSE-1",
    "territories": "WORLD",
    "uses": "style_reference|derivative|publish",
    "valid_from": "2020-01-01",
    "expires": "9999-12-31",
    "media": "all",
    "people_release": "none_needed",
    "revoked": "no",
}


def panned(seed: int, frames: int) -> Iterator[Frame]:
    """Move a window over a picture that is wider than it."""
    source = planes(scene(size=(SIZE[0] + 160, SIZE[1]), seed=seed))
    for index in range(frames):
        frame = blank(SIZE)
        for plane, into, half in zip(source, planes(frame), (1, 2, 2), strict=True):
            at = 2 * (index % 80) // half
            into[:] = plane[:, at : at + SIZE[0] // half]
        yield frame


def reel(path: Path, *seeds: int, frames: int = 30) -> Path:
    """Write a film of one shot for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = (frame for seed in seeds for frame in panned(seed, frames))
    write_film(path, frames=pictures, fps=FPS, size=SIZE, sound=None)
    return path


def table(path: Path, *rows: Mapping[str, str]) -> Path:
    """Write a rights table; each row needs a `file` and what differs from `ROW`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({**ROW, **row} for row in rows)
    return path


class House:
    """A home, its catalogue, and a reader that works in this process; `plays` lists what it was asked to read."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.clock = SystemClock()
        self.database = Database(home)
        self.database.migrate()
        self.clips = Clips(self.database, clock=self.clock)
        self.sources = Sources(self.database, clock=self.clock)
        self.files = FileStore(home)
        self.sheets = Sheets(home)
        self.search = Search(self.clips, LanceIndex(home / "index"))
        self.plays: list[str] = []
        self.fates: dict[str, list[str]] = {}
        """Path -> what becomes of its worker, one entry for each time it is read."""
        self._fate: dict[str, str | None] = {}

    def read(self, sources: Sequence[str], *, patience: Mapping[str, float], idle: Callable[[], None]) -> Iterator[str]:
        for source in sources:
            path = self.sources.get(source).path
            self.plays.append(Path(path).name)
            fates = self.fates.get(Path(path).name, [])
            self._fate[source] = fates.pop(0) if fates else None
            if self._fate[source] is None:
                take_in(
                    source,
                    sources=self.sources,
                    files=self.files,
                    sheets=self.sheets,
                    clock=self.clock,
                    codec="libx264",
                )
            idle()
            yield source

    def fate(self, source: str) -> str | None:
        return self._fate.get(source)

    def add(self, *paths: Path, rights: Path) -> Added:
        told: list[tuple[int, int]] = []
        adding = Adding(
            sources=self.sources,
            clips=self.clips,
            sheets=self.sheets,
            search=self.search,
            reader=self,
            patience_s=60.0,
            progress=lambda what, done, total: told.append((done, total)),
        )
        self.plays.clear()
        added = adding.run(paths, table=rights)
        assert all(done <= total for done, total in told)
        return added
