"""Take one file in: what a worker process does with a file that nobody has checked."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

from circletake.catalog.rights_csv import RightsRow
from circletake.catalog.sheet import Sheet, Sheets, ShotSheet
from circletake.catalog.standing import standing
from circletake.domain.ports import Clock
from circletake.errors import MediaError
from circletake.media.ingest import Ingested, ingest
from circletake.media.sniff import HEAD, demuxer_of
from circletake.runtime.database.sources import SourceFile, Sources
from circletake.runtime.files import FileStore, opened
from circletake.runtime.limits import UNCHECKED, memory

log = logging.getLogger(__name__)

_TEXT_WORDS = (
    "burnt-in",
    "burnt in",
    "burned-in",
    "hard-sub",
    "subtitle",
    "caption",
    "watermark",
    "title card",
    "film title",
    "intertitle",
)


def take_in(source: str, *, sources: Sources, files: FileStore, sheets: Sheets, clock: Clock, codec: str) -> None:
    """Read one file and leave its sheet; a file that cannot be used leaves a sheet that says why.

    Raises:
        UnknownId: no file of this id is awaited.
        HomeError: the home cannot be written.
    """
    asked = sources.get(source)
    sheets.remove(source)
    try:
        with opened(Path(asked.path)) as content:
            sheet = _sheet(
                asked,
                content,
                sources=sources,
                files=files,
                codec=codec,
                scratch=sheets.scratch(source),
                told=_teller(source, sheets, clock),
            )
    except MediaError as error:
        sheet = Sheet(outcome="refused", reason=str(error), size=asked.size, mtime_ns=asked.mtime_ns)
    except MemoryError:
        reason = f"{asked.file} takes more memory to decode than is allowed; make a smaller copy"
        sheet = Sheet(outcome="refused", reason=reason, size=asked.size, mtime_ns=asked.mtime_ns)
    sheets.put(source, sheet)


def _teller(source: str, sheets: Sheets, clock: Clock) -> Callable[[float], None]:
    """Return what says how far the file was read, at most once a second."""
    last = [clock.monotonic()]

    def tell(share: float) -> None:
        if clock.monotonic() - last[0] >= 1.0:
            last[0] = clock.monotonic()
            sheets.tell(source, share)

    return tell


def _sheet(
    asked: SourceFile,
    content: BufferedReader,
    *,
    sources: Sources,
    files: FileStore,
    codec: str,
    scratch: tuple[Path, Path],
    told: Callable[[float], None],
) -> Sheet:
    before = os.fstat(content.fileno())
    if demuxer_of(content.read(HEAD)) is None and before.st_size:
        raise MediaError(f"{asked.file} is not a video file of a kind that is read here; replace it or leave it out")
    content.seek(0)
    sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    if any(standing(one) != "changed" for one in sources.of_content(sha256)):
        return Sheet(outcome="known", size=before.st_size, mtime_ns=before.st_mtime_ns, sha256=sha256)
    proxy, preview = scratch
    hint = _speaks_of_text(asked)
    with memory(UNCHECKED):
        found = ingest(
            content, name=asked.file, proxy=proxy, preview=preview, codec=codec, text_hint=hint, progress=told
        )
    after = os.fstat(content.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        for path in scratch:
            path.unlink(missing_ok=True)
        raise MediaError(f"{asked.file} changed while it was read; add it again when it is finished")
    return _found(found, files, proxy=proxy, preview=preview, sha256=sha256, stood=after)


def _speaks_of_text(asked: SourceFile) -> bool:
    if not asked.row:
        return False
    row = RightsRow.from_json(asked.row)
    text = " ".join([row.title, row.caption, *row.tags]).lower()
    return any(word in text for word in _TEXT_WORDS)


def _found(
    found: Ingested, files: FileStore, *, proxy: Path, preview: Path, sha256: str, stood: os.stat_result
) -> Sheet:
    """Adopt what was written and return the sheet."""
    shots = tuple(
        ShotSheet(
            first_frame=shot.first_frame,
            frames=shot.frames,
            look=shot.look,
            phash=shot.phash,
            poster=files.write(shot.poster, ending="jpg"),
            active=shot.active,
            burnt_in=shot.burnt_in,
            activity=shot.activity,
            has_sound=shot.has_sound,
        )
        for shot in found.shots
    )
    return Sheet(
        outcome="read",
        size=stood.st_size,
        mtime_ns=stood.st_mtime_ns,
        sha256=sha256,
        proxy=files.adopt(proxy, ending="mp4"),
        preview=files.adopt(preview, ending="mp4"),
        fps=found.fps,
        width=found.width,
        height=found.height,
        frames=found.frames,
        codec=found.codec,
        has_audio=found.has_audio,
        notes=found.notes,
        shots=shots,
    )
