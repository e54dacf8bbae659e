"""Render the master of a cut: one pass over the takes, in a worker process.

Pictures are decoded, joined, inspected and encoded one by one; the sound is joined, brought to its loudness in two
passes, and measured again as it comes out of the encoded file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, ValidationError

from circletake.assemble.joining import join_takes
from circletake.assemble.transitions import Frame, Stretch, picture
from circletake.domain.operation import Operation, Outcome, Output
from circletake.domain.plan import Transition
from circletake.domain.ports import Files
from circletake.domain.quality import Finding, QcReport
from circletake.domain.schema import Value, first_problem
from circletake.domain.timing import Rational, samples_in, seconds_of
from circletake.errors import HandoffInvalid, MediaError
from circletake.media import decode, encode, loudness
from circletake.media.ahead import ahead
from circletake.media.probe import probe
from circletake.media.quality import Inspector

TARGET_LUFS = -14.0
CEILING_DBTP = -1.0
_ENCODED_CEILING_DBTP = -2.0
"""Peaks before AAC, which may give some tenths of a decibel more back than it was given."""
_TOLERANCE_LU = 0.5
_MUST_HOLD = frozenset({"decodes", "length", "size", "fps"})
"""A master without these is broken; the rest is for the person who screens it to judge. Of loudness, the level must
hold too."""
_THREADS = 4
"""Of the encoder, which is most of the work; nothing else runs beside it. Fixed: their number changes the picture by a
hair, and the same cut is to be the same picture on any machine."""


class MasterEvent(Value):
    """One take on the timeline, as the renderer needs it."""

    take: str
    """E.g. `12A-7`."""
    uri: str
    in_frame: int = Field(ge=0)
    frames: int = Field(gt=0)
    available: int = Field(gt=0)
    """Frames of the take from `in_frame` on."""
    transition: Transition
    length: int = Field(ge=0)
    """Frames of the transition."""


class MasterOrder(Value):
    """Everything the renderer needs: the request of a master's operation."""

    events: tuple[MasterEvent, ...] = Field(min_length=1)
    fps: Rational
    size: tuple[int, int]
    loudness: float = TARGET_LUFS
    """LUFS."""
    ceiling: float = CEILING_DBTP
    """dBTP."""
    codec: str

    @property
    def frames(self) -> int:
        """Frames of the film."""
        return sum(event.frames for event in self.events)


def execute(operation: Operation, *, files: Files) -> Outcome:
    """Render the master that an operation asks for; runs in a worker process.

    The output's `recipe` holds `loudness` (LUFS), `true_peak` (dBTP), both of the encoded file, and `picture_sha256`.

    Raises:
        HandoffInvalid: the request is not one of a master.
        MediaError: a take cannot be decoded or is too short, or what was written does not decode to the whole film.
        HomeError: the disk is full, or the studio's files cannot be written.
    """
    began, cpu = time.monotonic(), time.process_time()
    try:
        order = MasterOrder.model_validate(operation.request)
    except ValidationError as error:
        raise HandoffInvalid(f"{operation.key} does not ask for a master: {first_problem(error)}") from error
    heard = _sound(order, files)
    inspector = Inspector(expected_frames=order.frames, size=order.size, fps=order.fps)
    scratch = files.scratch("mp4")
    try:
        encode.write_film(
            scratch,
            frames=ahead(_pictures(order, files, inspector)),
            fps=order.fps,
            size=order.size,
            sound=heard,
            codec=order.codec,
            profile="master",
            threads=_THREADS,
        )
        output = _checked(scratch, order, inspector)
        size = scratch.stat().st_size
        uri = files.adopt(scratch, ending="mp4")
    finally:
        scratch.unlink(missing_ok=True)
    done = output.model_copy(update={"uri": uri, "sha256": Path(uri).stem, "bytes": size})
    return Outcome(
        key=operation.key,
        state="done",
        outputs=(done,),
        spent=Decimal(0),
        seconds=time.monotonic() - began,
        cpu_seconds=time.process_time() - cpu,
    )


def _pictures(order: MasterOrder, files: Files, inspector: Inspector) -> Iterator[Frame]:
    def opened(uri: str) -> Iterator[Frame]:
        return decode.iterate_frames(files.path(uri), size=order.size)

    stretches = [
        Stretch(
            name=event.take,
            source=lambda uri=event.uri: opened(uri),
            first=event.in_frame,
            frames=event.frames,
            available=event.available,
            transition=event.transition,
            length=event.length,
        )
        for event in order.events
    ]
    return picture(stretches, watch=inspector.see)


def _sound(order: MasterOrder, files: Files) -> NDArray[np.float32]:
    """Return the sound of the whole film, sample for sample as long as its picture, at its loudness."""
    pieces: list[NDArray[np.float32]] = []
    at = 0
    for event in order.events:
        samples = samples_in(at + event.frames, order.fps) - samples_in(at, order.fps)
        start = seconds_of(event.in_frame, order.fps)
        pieces.append(decode.decode_sound(files.path(event.uri), start=start, samples=samples))
        at += event.frames
    return loudness.normalise(
        join_takes(pieces), target=order.loudness, ceiling=min(order.ceiling, _ENCODED_CEILING_DBTP)
    )


def _checked(path: Path, order: MasterOrder, inspector: Inspector) -> Output:
    """Read the film back, all of it, and report on what was really written."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        hashed = beside.submit(decode.picture_sha256, path)
        written = probe(path)
        heard = decode.decode_sound(path, start=Fraction(0), samples=samples_in(order.frames, order.fps))
        measured = loudness.measure(heard)
        picture_sha256 = hashed.result()
    qc = inspector.report(sound=heard, decoded=written.frames == order.frames, measured_fps=written.fps)
    broken = [found.reason for found in qc.findings if not found.passed and found.check in _MUST_HOLD]
    if measured.integrated > loudness.SILENT and abs(measured.integrated - order.loudness) > _TOLERANCE_LU:
        broken.append(
            f"{measured.integrated:.1f} LUFS is what its sound can be brought to, {order.loudness:.0f} were ordered: "
            f"set loudness to {floor(measured.integrated)}, or circle takes with steadier sound"
        )
    if broken:
        raise MediaError(f"the master is not the film that was cut: {'; '.join(broken)}")
    others = (found for found in qc.findings if found.check != "loudness")
    recipe: dict[str, JsonValue] = {
        "loudness": round(measured.integrated, 2),
        "true_peak": round(measured.true_peak, 2),
        "picture_sha256": picture_sha256,
    }
    return Output(
        index=0,
        outcome="take",
        frames=written.frames,
        width=written.width,
        height=written.height,
        recipe=recipe,
        qc=QcReport(findings=(*others, _loudness(measured, order))),
    )


def _loudness(measured: loudness.Loudness, order: MasterOrder) -> Finding:
    """Return whether the film is as loud as channels ask for; silence has its own check."""
    told = f"{measured.integrated:.1f} LUFS, peaks at {measured.true_peak:.1f} dBTP"
    if measured.integrated <= loudness.SILENT:
        return Finding(check="loudness", passed=True, measured="nothing to be heard")
    near = abs(measured.integrated - order.loudness) <= _TOLERANCE_LU and measured.true_peak <= order.ceiling
    asked = f"{order.loudness:.0f} LUFS within {_TOLERANCE_LU} and at most {order.ceiling:.0f} dBTP are asked for"
    return Finding(check="loudness", passed=near, measured=told, reason="" if near else f"{told}; {asked}")
