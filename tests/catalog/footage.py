"""A studio and a folder of small films of its own, taken in within this process."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from circletake.catalog.adding import Added, Adding
from circletake.catalog.rights_csv import COLUMNS
from circletake.catalog.sheet import Sheets
from circletake.catalog.taking import take_in
from circletake.domain.clip import Clip
from circletake.domain.timing import samples_in
from circletake.media.encode import write_film
from circletake.settings import read_settings
from circletake.studio.room import Studio
from tests.media.footage import FPS, hum, scene

ALLOWED = {
    "title": "A title",
    "caption": "stormy harbour",
    "tags": "storm|sea",
    "owner": "North",
    "licence": "CC0-1.0",
    "territories": "WORLD",
    "uses": "style_reference|derivative|publish",
    "valid_from": "2020-01-01",
    "expires": "9999-12-31",
    "media": "all",
    "people_release": "none_needed",
    "revoked": "no",
}
"""A row that allows everything."""
STYLE_ONLY = {"uses": "style_reference"}


def film(path: Path, seed: int) -> Path:
    """Write a second of a still picture of its own, with sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [scene(size=(160, 90), seed=seed)] * 30
    write_film(path, frames=frames, fps=FPS, size=(160, 90), sound=hum(samples_in(30, FPS)), profile="take")
    return path


def table(path: Path, rows: Mapping[str, Mapping[str, str]]) -> Path:
    """Write a rights table: for each file what differs from `ALLOWED`."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        for name, cells in rows.items():
            writer.writerow({"file": name, **ALLOWED, **cells})
    return path


@dataclass
class Here:
    """Reads within this process what workers would read, and remembers what was opened."""

    studio: Studio
    opened: list[str] = field(default_factory=list)
    dies: bool = False
    """Whether the driver dies as soon as a file was read."""

    def read(self, sources: Sequence[str], *, patience: Mapping[str, float], idle: Callable[[], None]) -> Iterator[str]:
        """Implement `adding.Reader`."""
        house = self.studio
        for one in sources:
            self.opened.append(Path(house.sources.get(one).path).name)
            sheets = Sheets(house.home)
            take_in(one, sources=house.sources, files=house.files, sheets=sheets, clock=house.clock, codec="libx264")
            idle()
            if self.dies:
                raise KeyboardInterrupt
            yield one

    def fate(self, source: str) -> str | None:
        """Nothing is ever lost here."""
        return None


@dataclass
class Desk:
    """A studio, its folder of footage, and who reads it."""

    studio: Studio
    folder: Path
    reader: Here

    @classmethod
    def at(cls, place: Path) -> Desk:
        """Open a studio without footage in `place/studio`, beside an empty folder."""
        folder = place / "footage"
        folder.mkdir()
        studio = Studio(read_settings(place / "studio", environment={}))
        studio.home.mkdir()
        studio.database.migrate()
        return cls(studio, folder, Here(studio))

    def add(self, rows: Mapping[str, Mapping[str, str]], *paths: Path) -> Added:
        """Add the folder, or `paths`, with a table of these rows."""
        self.reader.opened.clear()
        house = self.studio
        return Adding(
            sources=house.sources,
            clips=house.clips,
            sheets=Sheets(house.home),
            search=house.search,
            reader=self.reader,
            patience_s=60,
            progress=lambda what, done, total: None,
            home=house.home,
        ).run(paths or (self.folder,), table=table(self.folder / "rights.csv", rows))

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that are offered."""
        return self.studio.clips.all()

    def clip(self) -> Clip:
        """Return the only clip that is offered."""
        (only,) = self.clips
        return only


def outcomes(added: Added) -> dict[str, str]:
    """Return what became of each file, by its bare name."""
    return {Path(one.path).name: one.outcome for one in added.files}
