"""Render one operation of the re-cutter in a worker process: one decode, several takes, checked as they are made.

Previews are cut from the proxy, decoded once for all of them. A final is one of them again, at the size of the film,
from the original: its pictures are never held all at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from circletake.domain.look import Look
from circletake.domain.operation import Operation, Outcome, Output
from circletake.domain.ports import Files
from circletake.domain.quality import Finding
from circletake.domain.timing import samples_in
from circletake.errors import MediaError
from circletake.generate.footage import Footage, decoded, title_at
from circletake.generate.recipe import Bed, Variant, WorkOrder
from circletake.media import decode, encode, grade, look, loudness, move, quality, sound, still, title
from circletake.media.picture import on_one_thread

POSTER_WIDTH = 480
OWN_LOUDNESS = -23.0
"""LUFS that a clip's own sound is brought to before it is mixed: footage is recorded at any level."""
MOST_GAIN = 18.0
"""dB that it is amplified at most; more lifts the noise of the room."""
HISS = -50.0
"""LUFS under which own sound is left out: there is nothing on it but noise."""
OWN_CEILING = -3.0
"""dBTP of the highest peaks of own sound, as of the bed it is mixed with."""
_REFRAMED_PUSH = 0.5
"""Share of a push-in that is left in a reframed picture: it shows a part of the picture already."""
_LEAST_LISTENED = 24_000
"""Samples that loudness is measured on at least; shorter sound is repeated."""


@dataclass(frozen=True)
class _Track:
    """A sound track, measured, checked and encoded once for all takes that it is laid under."""

    sound: encode.EncodedSound | NDArray[np.float32]
    """Encoded, or the samples themselves for a final, which keeps them all."""
    heard: look.Heard
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, work: WorkOrder, samples: NDArray[np.float32]) -> _Track:
        findings = quality.listen(samples, expected_frames=work.frames, fps=work.fps)
        kept = samples if work.profile == "final" else encode.encode_aac(samples)
        return cls(kept, look.Heard.of(samples), findings)


def render(operation: Operation, *, files: Files) -> Outcome:
    """Render every variant of a work order; a variant that cannot be rendered is an output with its reasons.

    Raises:
        MediaError: the segment cannot be decoded at all.
        HomeError: the studio's files cannot be written.
    """
    on_one_thread()  # optical flow depends on how OpenCV's threads share it out
    began, cpu = time.monotonic(), time.process_time()
    work = WorkOrder.model_validate(operation.request)
    own = _own_sound(work, files)
    bed = _bed_slice(work)
    tracks: dict[float, _Track] = {}
    outputs: list[Output] = []
    with ExitStack() as held:
        footage = decoded(work, files, held)
        for index, variant in enumerate(work.variants):
            try:
                level = variant.own_sound_db
                track = tracks.get(level) or _Track.of(work, _mixed(level, work, own, bed))
                tracks[level] = track
                outputs.append(_take(work, variant, index, footage=footage, track=track, files=files))
            except MediaError as error:
                outputs.append(Output(index=index, outcome="rejected", reasons=(str(error),)))
    return Outcome(
        key=operation.key,
        state="done",
        outputs=tuple(outputs),
        spent=Decimal(0),
        seconds=time.monotonic() - began,
        cpu_seconds=time.process_time() - cpu,
    )


def _own_sound(work: WorkOrder, files: Files) -> NDArray[np.float32] | None:
    """Return the clip's own sound at the house's level, as slow as its picture; `None` when there is none to hear."""
    if not work.segment.has_sound:
        return None
    heard = decode.decode_sound(
        files.path(work.segment.proxy),
        start=work.segment.first_frame / work.fps,
        samples=samples_in(work.frames, work.fps),
        speed=work.segment.speed,
    )
    heard = _levelled(heard)
    return None if heard is None else sound.fade(heard, samples=480)


def _levelled(heard: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Bring sound near `OWN_LOUDNESS` without clipping; `None` for near-silence and hiss."""
    listened = np.tile(heard, (-(-_LEAST_LISTENED // max(1, len(heard))), 1)) if len(heard) else heard
    at = loudness.integrated(listened)
    if at < HISS:
        return None
    gain = min(MOST_GAIN, OWN_LOUDNESS - at)
    return loudness.limit(heard * np.float32(10.0 ** (gain / 20.0)), ceiling=OWN_CEILING)


def _framing(variant: Variant, work: WorkOrder, footage: Footage) -> move.Framing:
    """Return where a variant's frame lies in the decoded picture, which shows the active area or a crop of it.

    The place that the variant asks for is one in the whole picture. Along the axis of a reframed picture the crop was
    chosen for the subject already, and stays centred on it.
    """
    area = work.segment.active
    x = min(max((variant.x - area.left) / (area.right - area.left), 0.0), 1.0)
    y = min(max((variant.y - area.top) / (area.bottom - area.top), 0.0), 1.0)
    if footage.path is None:
        return move.Framing(variant.scale, x, y)
    scale = 1 + _REFRAMED_PUSH * (variant.scale - 1)
    return move.Framing(scale, 0.5, y) if footage.across else move.Framing(scale, x, 0.5)


@lru_cache(maxsize=2)
def _bed(document: str, fps: Fraction) -> NDArray[np.float32]:
    """Return the bed of the whole film, from a `Bed` as JSON; the shots of one film share it."""
    bed = Bed.model_validate_json(document)
    cuts = tuple(samples_in(frame, fps) for frame in bed.cuts)
    return sound.bed(bed.tone, seed=bed.seed, samples=samples_in(bed.film_frames, fps), cuts=cuts)


def _bed_slice(work: WorkOrder) -> NDArray[np.float32] | None:
    if not work.bed.tone:
        return None
    whole = _bed(work.bed.model_copy(update={"starts_at": 0}).model_dump_json(), work.fps)
    first = samples_in(work.bed.starts_at, work.fps)
    return whole[first : first + samples_in(work.frames, work.fps)]


def _mixed(
    level: float, work: WorkOrder, own: NDArray[np.float32] | None, bed: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Lay the clip's own sound over the bed, at a level in dB; without either the take is honestly silent."""
    if own is None or bed is None:
        heard = own if bed is None else bed
        return np.zeros((samples_in(work.frames, work.fps), 2), np.float32) if heard is None else heard
    return sound.mix(bed, own, own_gain_db=level, duck_db=3.0)


class _Shooting:
    """Draws the pictures of one take, and looks at each as it passes."""

    def __init__(self, work: WorkOrder, variant: Variant, footage: Footage, files: Files) -> None:
        self._work = work
        self._segment = footage.pictures
        start = _framing(variant, work, footage)
        self._framings = move.path(
            variant.move, frames=work.frames, start=start, seed=variant.seed, strength=variant.strength
        )
        grading = variant.grading
        self._grade = grade.fit(
            work.segment.look, target=grading.target, reference=grading.reference, strength=grading.strength
        )
        self._finish = grade.Finish(size=work.size, grain=grading.grain, vignette=grading.vignette, seed=variant.seed)
        self.title_at = title_at(work, self._framings, footage, files) if work.title else None
        self._title = (
            None if self.title_at is None else title.card(work.title, size=work.size, font=work.font, at=self.title_at)
        )
        self.inspector = quality.Inspector(expected_frames=work.frames, size=work.size, fps=work.fps)
        self.kept: dict[int, NDArray[np.uint8]] = {}
        """Pictures kept for poster, look and fingerprint."""

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the finished pictures in order."""
        last = self._work.frames - 1
        wanted = {0, last // 2, last} | set(range(0, last + 1, 4))
        for index, picture in enumerate(move.apply(self._segment, self._framings, size=self._work.size)):
            shown = self._finish.apply(self._grade.apply(picture))
            if self._title is not None:
                share = title.fade(index, frames=self._work.frames, hold_at_end=self._work.fades.last)
                shown = self._title.apply(shown, share=share)
            self.inspector.see(shown)
            if index in wanted:
                self.kept[index] = shown
            yield shown

    def look(self, heard: look.Heard) -> Look:
        """Measure the look of the finished take on every fourth picture."""
        every = [self.kept[index] for index in sorted(self.kept) if index % 4 == 0]
        return look.measure(every, fps=self._work.fps / 4, sound=heard)

    def fingerprint(self) -> look.Fingerprint:
        """Return what tells this take from its rivals."""
        last = self._work.frames - 1
        return look.fingerprint(self.kept[0], self.kept[last // 2], self.kept[last])

    def poster(self) -> bytes:
        """Return the middle picture as a JPEG."""
        return still.jpeg(self.kept[(self._work.frames - 1) // 2], width=POSTER_WIDTH)


def _take(
    work: WorkOrder,
    variant: Variant,
    index: int,
    *,
    footage: Footage,
    track: _Track,
    files: Files,
) -> Output:
    shooting = _Shooting(work, variant, footage, files)
    scratch = files.scratch("mp4")
    encode.write_film(
        scratch,
        frames=shooting.pictures(),
        fps=work.fps,
        size=work.size,
        sound=track.sound,
        codec=work.codec,
        profile="final" if work.profile == "final" else "take",
    )
    size = scratch.stat().st_size
    uri = files.adopt(scratch, ending="mp4")
    print_ = shooting.fingerprint()
    return Output(
        index=index,
        outcome="take",
        uri=uri,
        sha256=uri.removeprefix("media/").removesuffix(".mp4"),
        bytes=size,
        poster=files.write(shooting.poster(), ending="jpg"),
        frames=work.frames,
        width=work.size[0],
        height=work.size[1],
        look=shooting.look(track.heard),
        phash=print_.phash,
        recipe=_recipe(work, variant, footage, print_) | {"title_at": shooting.title_at},
        qc=shooting.inspector.report(sound=track.findings),
    )


def _recipe(work: WorkOrder, variant: Variant, footage: Footage, print_: look.Fingerprint) -> dict[str, JsonValue]:
    """Return how the take was made: what an editor asks of it, and its fingerprint."""
    segment = work.segment
    told: dict[str, JsonValue] = {
        "segments": [
            {
                "clip": segment.clip,
                "file": segment.file,
                "first_frame": segment.first_frame,
                "last_frame": segment.last_frame,
                "speed": str(segment.speed),
                "active": segment.active.model_dump(mode="json"),
                "reframed": footage.told,
            }
        ],
        "fingerprint": print_.to_text(),
        "profile": work.profile,
        "title": work.title,
        "bed": work.bed.tone,
    }
    chosen = variant.model_dump(mode="json", exclude={"grading": {"reference"}})
    return {**told, **chosen}
