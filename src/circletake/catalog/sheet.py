"""What a worker found in a file, on its way to the process that writes the catalogue."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field

from circletake.domain.clip import Area
from circletake.domain.look import Look
from circletake.domain.schema import Stored, Value
from circletake.domain.timing import Rational
from circletake.errors import HandoffInvalid
from circletake.runtime.files import write_atomically


class ShotSheet(Value):
    """One shot of a file."""

    first_frame: int = Field(ge=0)
    frames: int = Field(gt=0)
    look: Look
    phash: str
    poster: str
    active: Area
    burnt_in: bool
    activity: tuple[int, ...]
    has_sound: bool


class Sheet(Stored):
    """What was found in one file: its shots, or why it is refused, or that its content is known."""

    SCHEMA = "source_sheet"

    outcome: Literal["read", "known", "refused"]
    """`known`: another file of the catalogue holds the same content, so this one was not played."""
    reason: str = ""
    size: int = 0
    """Of the file as it was read, bytes."""
    mtime_ns: int = 0
    sha256: str = ""
    proxy: str = ""
    preview: str = ""
    fps: Rational | None = None
    width: int = 0
    height: int = 0
    frames: int = 0
    codec: str = ""
    has_audio: bool = False
    notes: tuple[str, ...] = ()
    shots: tuple[ShotSheet, ...] = ()


class Sheets:
    """A folder of sheets, one file a source. A sheet is whole or not there."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "ingest"

    def put(self, source: str, sheet: Sheet) -> None:
        """Store the sheet of a source.

        Raises:
            HomeError: the home cannot be written.
        """
        write_atomically(self._folder / f"{source}.json", sheet.to_json().encode())
        self._share(source).unlink(missing_ok=True)

    def get(self, source: str) -> Sheet | None:
        """Return the sheet of a source; `None` when there is none, or an older version wrote it."""
        try:
            return Sheet.from_json((self._folder / f"{source}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, HandoffInvalid):
            return None

    def scratch(self, source: str) -> tuple[Path, Path]:
        """Return where the proxy and the preview of a source are written before they are adopted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{source}.proxy.mp4", self._folder / f"{source}.preview.mp4"

    def sweep(self) -> int:
        """Remove films that dead workers left half written; returns how many. Call it while nothing is taken in."""
        leftovers = [*self._folder.glob("*.mp4"), *self._folder.glob("*.part"), *self._folder.glob("*.share")]
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)

    def remove(self, source: str) -> None:
        """Remove what there is of a source."""
        (self._folder / f"{source}.json").unlink(missing_ok=True)
        self._share(source).unlink(missing_ok=True)

    def _share(self, source: str) -> Path:
        return self._folder / f"{source}.share"

    def tell(self, source: str, share: float) -> None:
        """Say how much of a source was read, 0..1."""
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._share(source).with_suffix(".part")
        scratch.write_text(f"{share:.4f}", encoding="ascii")
        os.replace(scratch, self._share(source))

    def told(self, source: str) -> float:
        """Return how much of a source was read, 0 when nobody said."""
        return self.shares().get(source, 0.0)

    def shares(self) -> dict[str, float]:
        """Return how much was read of every source that a worker speaks of, 0..1."""
        shares: dict[str, float] = {}
        for path in self._folder.glob("*.share"):
            try:
                shares[path.stem] = float(path.read_text(encoding="ascii"))
            except FileNotFoundError:  # its worker has finished meanwhile
                continue
        return shares
