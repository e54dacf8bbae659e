"""The starter catalogue: procedural footage that every new studio may use, with varied rights.

Each clip is drawn once for all studios of a user, encoded, measured and kept in a cache folder named after everything
that its bytes depend on; a new home takes it from there. A clip counts as drawn when its sheet is there, and the sheet
is written last: whatever dies, an interrupted call goes on where it stood.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache as remembered
from importlib.metadata import version
from pathlib import Path

from pydantic import Base64Bytes

from circletake.catalog.rights_csv import RightsRow, read_rights
from circletake.catalog.search import Search
from circletake.domain.clip import Clip
from circletake.domain.look import Look
from circletake.domain.ports import Progress
from circletake.domain.schema import Stored
from circletake.domain.timing import Rational, samples_in
from circletake.errors import HandoffInvalid, MediaError, WorkerLost
from circletake.media import decode, encode, look, picture, procedural, still
from circletake.runtime.database.clips import Clips
from circletake.runtime.files import FileStore, cannot_write, sha256_of, write_atomically
from circletake.runtime.locks import locked

log = logging.getLogger(__name__)

STARTER_CSV = Path(__file__).with_name("starter.csv")
"""Captions and rights of the starter catalogue; its files are `<name>.mp4`."""
_RECIPE = 1
"""Goes up when clips are encoded or measured in another way than the sources below say."""
_SOURCES = (decode, encode, look, picture, still)
_LIBRARIES = ("av", "numpy", "opencv-python-headless")
_POSTER_WIDTH = 480
_SIZE = (960, 540)
_AUDIBLE = -60.0
"""LUFS."""
_TRIES = 2
"""A worker that died is given its clip once more."""


class Sheet(Stored):
    """What was measured of one drawn clip; it lies beside the clip and says that the clip is whole."""

    SCHEMA = "starter_sheet"

    sha256: str
    """Of the file."""
    frames: int
    fps: Rational
    width: int
    height: int
    has_sound: bool
    look: Look
    phash: str
    poster: Base64Bytes
    """A JPEG of the middle frame."""


@remembered
def _edition() -> str:
    """Return a name for everything that the bytes of a clip depend on."""
    digest = hashlib.sha256(f"recipe {_RECIPE}".encode())
    drawing = Path(procedural.__file__).parent
    for source in (*sorted(drawing.glob("*.py")), *(Path(str(module.__file__)) for module in _SOURCES)):
        digest.update(source.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class _Shelf:
    """Where drawn clips are kept."""

    folder: Path

    @classmethod
    def of(cls, cache: Path) -> _Shelf:
        return cls(cache / f"starter-{_edition()}")

    def film(self, name: str) -> Path:
        return self.folder / f"{name}.mp4"

    def lock(self, name: str) -> Path:
        return self.folder / "locks" / f"{name}.lock"

    def sheet(self, name: str) -> Sheet | None:
        """Return the sheet of a clip that is drawn and whole, or `None`."""
        path, film = self.folder / f"{name}.json", self.film(name)
        if not path.exists() or not film.exists():
            return None
        try:
            sheet = Sheet.from_json(path.read_text(encoding="utf-8"))
        except HandoffInvalid as error:
            log.warning("%s is damaged and made again: %s", path, error)
            return None
        if sha256_of(film) != sheet.sha256:
            log.warning("%s is damaged and drawn again", film)
            return None
        return sheet

    def keep(self, name: str, sheet: Sheet) -> None:
        write_atomically(self.folder / f"{name}.json", sheet.to_json().encode())


def draw_clip(name: str, cache: Path) -> Path:
    """Draw, encode and measure one clip of the starter catalogue, unless the cache has it; returns the film.

    Meant for a worker process: about a second or two of one core, 250 MB. Two processes that draw the same clip take
    turns, and the second finds it done.

    Raises:
        HomeError: the cache cannot be written.
        KeyError: no clip has this name.
    """
    drawing = {clip.name: clip for clip in procedural.CLIPS}[name]
    shelf = _Shelf.of(cache)
    try:
        with locked(shelf.lock(name)):
            if shelf.sheet(name) is None:
                for leftover in shelf.folder.glob(f".{name}.*.part"):
                    leftover.unlink(missing_ok=True)
                scratch = shelf.folder / f".{name}.{uuid.uuid4().hex}.part"
                _encode(drawing, scratch)
                scratch.replace(shelf.film(name))
                shelf.keep(name, _measured(shelf.film(name), drawing))
    except OSError as error:
        raise cannot_write(shelf.folder, error) from error
    return shelf.film(name)


def _encode(drawing: procedural.Drawing, target: Path) -> None:
    encode.write_film(
        target,
        frames=(picture.from_rgb(rgb) for rgb in procedural.draw(drawing.name)),
        fps=drawing.fps,
        size=_SIZE,
        sound=procedural.sound(drawing.name),
        codec="libx264",
        profile="proxy",
    )


def _measured(film: Path, drawing: procedural.Drawing) -> Sheet:
    """Measure what was stored, not what was drawn.

    Raises:
        MediaError: the film does not decode to as many pictures as were drawn.
    """
    frames = list(decode.iterate_frames(film))
    if len(frames) != drawing.frames:
        raise MediaError(f"{film}: {len(frames)} of {drawing.frames} pictures decode; draw the starter catalogue again")
    heard = decode.decode_sound(film, start=Fraction(0), samples=samples_in(drawing.frames, drawing.fps))
    measured = look.measure(frames, fps=drawing.fps, sound=heard)
    middle = frames[len(frames) // 2]
    width, height = picture.size_of(middle)
    return Sheet(
        sha256=sha256_of(film),
        frames=len(frames),
        fps=drawing.fps,
        width=width,
        height=height,
        has_sound=measured.loudness > _AUDIBLE,
        look=measured,
        phash=look.phash(middle),
        poster=b64encode(still.jpeg(middle, width=_POSTER_WIDTH)),
    )


def make_starter(
    *,
    clips: Clips,
    files: FileStore,
    search: Search,
    cache: Path,
    draw_all: Callable[[Sequence[str]], Iterator[str]],
    progress: Progress,
) -> int:
    """Put the starter catalogue into a home; returns how many clips were added, 0 when it is there already.

    Args:
        clips: the database of record; a clip of the starter catalogue that it holds keeps its licence as it stands.
        files: the home's file store, which gets its own copy of every film and poster.
        search: told of the new clips.
        cache: where drawn clips are kept for all studios of this user.
        draw_all: runs `draw_clip(name, cache)` for every name and yields each name when it is finished, in any order;
            a name whose worker died may be yielded too, and is tried once more.
        progress: called with ("starter", drawn clips, all clips).

    Raises:
        HomeError: home or cache cannot be written.
        WorkerLost: a clip could not be drawn.
    """
    rows = read_rights(STARTER_CSV)
    shelf = _Shelf.of(cache)
    try:
        with locked(shelf.folder / "locks" / "starter.lock"):
            held = {(clip.file, clip.licence.source): clip for clip in clips.all()}
            known = {Path(file).stem: held.get((file, row.licence.source)) for file, row in rows.items()}
            missing = {
                Path(file).stem: row for file, row in rows.items() if not _is_whole(known[Path(file).stem], files)
            }
            sheets = _drawn(list(missing), shelf, draw_all=draw_all, progress=progress)
            made = [_stored(name, sheets[name], row, shelf, files) for name, row in missing.items()]
            clips.put(_with_licences_as_they_stand(made, clips.many(clip.clip_id for clip in made), known))
    except OSError as error:
        raise cannot_write(shelf.folder, error) from error
    search.sync()
    return len(missing)


def _is_whole(clip: Clip | None, files: FileStore) -> bool:
    if clip is None or not clip.poster:
        return False
    return files.path(clip.proxy).exists() and files.path(clip.poster).exists()


def _drawn(
    names: Sequence[str], shelf: _Shelf, *, draw_all: Callable[[Sequence[str]], Iterator[str]], progress: Progress
) -> Mapping[str, Sheet]:
    """Return the sheets of all clips, drawing those that the cache does not have."""
    sheets = {name: sheet for name in names if (sheet := shelf.sheet(name))}
    for _ in range(_TRIES):
        absent = [name for name in names if name not in sheets]
        if not absent:
            break
        progress("starter", len(sheets), len(names))
        for name in draw_all(absent):
            sheet = shelf.sheet(name)
            if sheet is not None:
                sheets[name] = sheet
                progress("starter", len(sheets), len(names))
    lost = [name for name in names if name not in sheets]
    if lost:
        raise WorkerLost(
            f"{len(lost)} clips of the starter catalogue could not be drawn, among them {lost[0]}; try again"
        )
    return sheets


def _with_licences_as_they_stand(
    made: Sequence[Clip], present: Mapping[str, Clip], known: Mapping[str, Clip | None]
) -> list[Clip]:
    """Keep what the house decided since: a revoked licence stays revoked, also when a film is put back."""
    decided = [present.get(clip.clip_id) or known[Path(clip.file).stem] for clip in made]
    return [
        clip.model_copy(update={"licence": before.licence}) if before else clip
        for clip, before in zip(made, decided, strict=True)
    ]


def _stored(name: str, sheet: Sheet, row: RightsRow, shelf: _Shelf, files: FileStore) -> Clip:
    """Copy a drawn clip into the home and return its row."""
    film = files.copy_in(shelf.film(name), ending="mp4")
    return Clip(
        clip_id=f"{sheet.sha256[:12]}-0",
        file=row.file,
        sha256=sheet.sha256,
        original=film,
        proxy=film,
        poster=files.write(sheet.poster, ending="jpg"),
        first_frame=0,
        frames=sheet.frames,
        fps=sheet.fps,
        width=sheet.width,
        height=sheet.height,
        has_sound=sheet.has_sound,
        title=row.title,
        caption=row.caption,
        tags=row.tags,
        look=sheet.look,
        phash=sheet.phash,
        licence=row.licence,
    )
