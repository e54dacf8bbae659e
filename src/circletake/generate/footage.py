"""The footage of one operation: decoded once from its proxy, or picture by picture from its original."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circletake.domain.clip import WHOLE
from circletake.domain.ports import Files
from circletake.errors import MediaError
from circletake.generate.recipe import Original, WorkOrder
from circletake.media import decode, move, reframe, title
from circletake.media.original import Stretch, iterate_original
from circletake.media.probe import probe
from circletake.runtime.files import opened
from circletake.runtime.limits import UNCHECKED, memory

OVERSCAN = 1.25
"""The segment is decoded this much larger than the take, so that a push-in stays sharp (facts: 1.25x)."""
_AS_IT_IS = 1.6
"""A proxy of the film's shape that is at most so much larger than the take is not scaled before it is cut out: scaling
took longer than decoding (docs/log.md)."""
_MEND = "put it back, add it where it lies now (circletake catalog add), or circle another take; then resume"


@dataclass(frozen=True)
class Footage:
    """The decoded segment, and how it was framed for the shape of the film."""

    pictures: Iterable[NDArray[np.uint8]]
    """For one take after the other; a final's can be had once."""
    path: reframe.Path | None
    """`None` when the shape of the footage is that of the film, or nearly."""
    across: bool = False
    """Whether the crop was chosen across the picture, else up and down."""

    @property
    def told(self) -> str:
        """How it was framed, in a word; empty when it is shown as it was shot."""
        if self.path is None:
            return ""
        return "follows" if self.path.moves else "fixed"


def decoded(work: WorkOrder, files: Files, held: ExitStack) -> Footage:
    """Return the pictures of a work order's segment, larger than its takes or as large as its proxy.

    Args:
        work: the order.
        files: the studio's files.
        held: what the original is held open with while a final is rendered.

    Raises:
        MediaError: proxy or original cannot be decoded there, or the original is gone or another file by now.
    """
    segment = work.segment
    proxy = files.path(segment.proxy)
    seen = probe(proxy)
    source, film = reframe.aspect((seen.width, seen.height), segment.active), work.size[0] / work.size[1]
    path = _reframed(work, files, source=source, film=film) if reframe.differs(source, film) else None
    focus = (decode.CENTRE,) if path is None else path.points
    whole = (seen.width, seen.height)
    size = move.overscan(work.size, OVERSCAN)
    if work.profile == "final":
        if segment.original is None or len(work.variants) != 1:
            raise MediaError(f"a final of {work.slate} is one take from an original; order it so")
        held.enter_context(memory(UNCHECKED))
        content = held.enter_context(_unchanged(segment.original, files, name=segment.file))
        pictures: Iterable[NDArray[np.uint8]] = iterate_original(
            content,
            Stretch(segment.first_frame, work.frames, work.fps, segment.original.fps, segment.speed),
            name=segment.file,
            shown=segment.original.shown,
            size=size,
            active=segment.active,
            focus=focus,
        )
    else:
        alike = whole[0] * work.size[1] == whole[1] * work.size[0]
        if path is None and segment.active == WHOLE and alike and size[0] <= whole[0] <= _AS_IT_IS * work.size[0]:
            size = whole
        pictures = decode.decode_segment(
            proxy,
            first_frame=segment.first_frame,
            frames=work.frames,
            fps=work.fps,
            size=size,
            speed=segment.speed,
            active=segment.active,
            focus=focus,
        )
    return Footage(pictures, path, across=source > film)


def _unchanged(original: Original, files: Files, *, name: str) -> BufferedReader:
    """Open the original of a proxy.

    Raises:
        MediaError: it is gone, or holds something else now, which may have other rights.
    """
    if original.path.startswith("media/"):
        content = files.path(original.path).open("rb")
    else:
        try:
            content = opened(Path(original.path))
        except MediaError as error:
            raise MediaError(f"{error}; the film needs this original ({original.path}): {_MEND}") from error
    stood = os.fstat(content.fileno())
    if _sha256(content, (stood.st_dev, stood.st_ino, stood.st_size, stood.st_mtime_ns)) != original.sha256:
        content.close()
        raise MediaError(f"the original of {name} is another file now ({original.path}): {_MEND}")
    return content


_hashes: dict[tuple[int, int, int, int], str] = {}
"""What this process has hashed, by device, number, size and time of the file."""


def _sha256(content: BufferedReader, stood: tuple[int, int, int, int]) -> str:
    if stood not in _hashes:
        _hashes[stood] = hashlib.file_digest(content, "sha256").hexdigest()
    return _hashes[stood]


def _reframed(work: WorkOrder, files: Files, *, source: float, film: float) -> reframe.Path:
    """Look at the segment, small and with pictures left out, for where to crop it."""
    step = max(1, round(work.fps / reframe.SAMPLED))
    glance = decode.decode_segment(
        files.path(work.segment.proxy),
        first_frame=work.segment.first_frame,
        frames=-(-work.frames // step),
        fps=work.fps,
        size=reframe.small(source),
        speed=work.segment.speed * step,
        active=work.segment.active,
    )
    return reframe.follow(glance, step=step, fps=work.fps, film=film, frames=work.frames)


def title_at(work: WorkOrder, framings: Sequence[move.Framing], footage: Footage, files: Files) -> float:
    """Return where the words of a shot lie on nothing that the eye goes to; the same in preview and final."""
    segment, small = work.segment, move.overscan(work.size, 144 / max(work.size))
    seen: list[NDArray[np.uint8]] = []
    for share in (0.3, 0.5, 0.7):
        index = int(share * work.frames)
        focus = (decode.CENTRE,) if footage.path is None else footage.path.points
        (picture,) = decode.decode_segment(
            files.path(segment.proxy),
            first_frame=segment.first_frame + round(index * segment.speed),
            frames=1,
            fps=work.fps,
            size=move.overscan(small, 2),
            active=segment.active,
            focus=(focus[min(index, len(focus) - 1)],),
        )
        seen.append(move.cut_out(picture, framings[index], size=small))
    return title.quietest(seen, work.title, size=work.size, font=work.font)
