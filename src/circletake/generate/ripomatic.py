"""The embedded generator: re-cuts cleared footage into a shot, as agencies do to sell an idea. Needs no key.

An operation is *one segment x its variants from one decode*: the segment is decoded once and rendered as several takes
that differ in framing, camera move, speed and grade. Clips that may not be cut in steer the grade only.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pydantic import JsonValue

from circletake.domain.clip import Clip
from circletake.domain.look import CameraMove, ShotSize
from circletake.domain.money import Quote
from circletake.domain.operation import Operation, Outcome
from circletake.domain.plan import Plan
from circletake.domain.ports import Files
from circletake.errors import Shortfall
from circletake.generate.base import Capabilities, Request, ShotOrder
from circletake.generate.recipe import Bed, FrameOn, Grading, Segment, Variant, WorkOrder
from circletake.generate.render import render

VARIANTS = 2
"""Takes from one decoded segment."""
SLOWEST = Fraction(1, 2)
"""Footage is never slowed down further: below half speed, interpolated motion smears."""
_TIGHTNESS: dict[ShotSize, float] = {
    "ECU": 1.55, "CU": 1.4, "MCU": 1.3, "MS": 1.2, "MLS": 1.12, "LS": 1.06, "ELS": 1.04,
}  # fmt: skip
"""How far a shot size pushes into footage that was framed wide; 1.25 is the sharpest of a 960x540 proxy at 720p."""
_MIRRORED: dict[CameraMove, CameraMove] = {
    "pan_left": "pan_right",
    "pan_right": "pan_left",
    "tilt_up": "tilt_down",
    "tilt_down": "tilt_up",
    "push_in": "static",
    "pull_out": "static",
    "static": "push_in",
    "handheld": "static",
    "track": "push_in",
}
"""The other way to take the same shot that an editor would want to see."""


class Ripomatic:
    """Implements `generate.base.Generator`. What it makes is composited from footage, and says so."""

    name = "ripomatic"

    def __init__(self, files: Files) -> None:
        self._files = files

    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return Capabilities(
            aspects=("16:9", "9:16", "1:1", "4:5"),
            max_frames=24 * 600,
            outputs=VARIANTS,
            source_type="composite",
            mode="local",
            needs_footage=True,
        )

    def quote(self, request: dict[str, JsonValue]) -> Quote:
        """Return nothing to pay: it costs minutes, not money."""
        return Quote(amount=Decimal(0), price="ripomatic: free", as_of=date(2026, 11, 22))

    def ask(self, order: ShotOrder) -> tuple[Request, ...]:
        """Return the segments to cut and the variants of each.

        Raises:
            Shortfall: no clip that may be cut in is long enough for the shot.
        """
        segments = _segments(order)
        if not segments:
            longest = max((_length_at_film_rate(clip, order.fps) for clip in order.cut_in), default=0)
            raise Shortfall(
                f"shot {order.shot.slate} needs {order.shot.frames} frames; of {len(order.cut_in)} clips that may be "
                f"cut in, the longest gives {int(longest / SLOWEST)}: shorten the shot or clear more footage"
            )
        requests: list[Request] = []
        left = order.takes
        number = order.skip
        while left > 0:
            wanted = min(VARIANTS, left)
            requests.append(_request(order, segments[number % len(segments)], number=number, variants=wanted))
            left -= wanted
            number += 1
        return tuple(requests)

    def submit(self, operation: Operation) -> dict[str, JsonValue]:
        """Accept at once: the work is done by `fetch`."""
        return {"key": operation.key}

    def poll(self, handle: dict[str, JsonValue]) -> float | None:
        """Say that it can be fetched."""
        return None

    def fetch(self, operation: Operation) -> Outcome:
        """Render every variant; what cannot be rendered is an output with its reasons."""
        return render(operation, files=self._files)

    def cancel(self, handle: dict[str, JsonValue]) -> bool:
        """Nothing runs elsewhere, so nothing is left to stop."""
        return True

    def reconcile(self, operation: Operation) -> dict[str, JsonValue] | None:
        """Local work can always be taken up again."""
        return {"key": operation.key}


@dataclass(frozen=True)
class _Stretch:
    clip: Clip
    first: int
    """Frame of the file at which it begins, at the film's rate."""
    frames: int
    speed: Fraction


def _length_at_film_rate(clip: Clip, fps: Fraction) -> Fraction:
    return Fraction(clip.frames) / clip.fps * fps


def _segments(order: ShotOrder) -> list[_Stretch]:
    """Return stretches to cut: every clip once, then other moments of the longer ones."""
    found: list[_Stretch] = []
    later: list[_Stretch] = []
    for place, clip in enumerate(order.cut_in):
        length = int(_length_at_film_rate(clip, order.fps))
        speed = min(Fraction(1), Fraction(max(1, length - 1), order.shot.frames))
        if speed < SLOWEST:
            continue
        need = -(-order.shot.frames * speed.numerator // speed.denominator)
        spare = max(0, length - need)
        rng = random.Random(f"{order.seed}/{order.shot.slate}/{clip.clip_id}")
        offset = rng.randint(0, spare) if place else spare // 3
        begins = int(Fraction(clip.first_frame) / clip.fps * order.fps)
        found.append(_Stretch(clip, begins + offset, need, speed))
        other = 0 if offset > spare // 2 else spare
        if abs(other - offset) >= need // 2:
            later.append(_Stretch(clip, begins + other, need, speed))
    return found + later


def _request(order: ShotOrder, stretch: _Stretch, *, number: int, variants: int) -> Request:
    style = _style_clip(order, stretch.clip, number)
    work = WorkOrder(
        slate=order.shot.slate,
        frames=order.shot.frames,
        fps=order.fps,
        size=order.size,
        codec=order.format.codec,
        font=order.format.font,
        segment=Segment(
            clip=stretch.clip.clip_id,
            file=stretch.clip.file,
            proxy=stretch.clip.proxy,
            first_frame=stretch.first,
            last_frame=stretch.first + stretch.frames,
            speed=stretch.speed,
            has_sound=stretch.clip.has_sound,
            look=stretch.clip.look,
        ),
        bed=_bed(order),
        title=order.shot.title,
        fades=_fades(order.plan, order.shot.slate),
        variants=tuple(_variant(order, stretch, style, number=number, index=index) for index in range(variants)),
    )
    return Request(
        payload=work.model_dump(mode="json"),
        outputs=variants,
        clips=(stretch.clip.clip_id,),
        style_clips=() if style is None else (style.clip_id,),
    )


def _style_clip(order: ShotOrder, cut_in: Clip, number: int) -> Clip | None:
    """Return the reference that the grade leans on: the best look for the shot, another one for every third segment."""
    others = [clip for clip in order.style if clip.clip_id != cut_in.clip_id]
    others.sort(key=lambda clip: (-order.shot.style.match(clip.look), clip.clip_id))
    return others[(number // 2) % min(3, len(others))] if others else None


def _bed(order: ShotOrder) -> Bed:
    starts = sorted(order.plan.starts().values())
    return Bed(
        tone="" if any(shot.sound.music == "none" for shot in order.plan.shots) else order.plan.tone,
        seed=order.plan.seed,
        film_frames=order.plan.frames,
        cuts=tuple(starts[1:]),
        starts_at=order.starts_at,
    )


def _fades(plan: Plan, slate: str) -> FrameOn:
    shots = plan.shots
    at = next(index for index, shot in enumerate(shots) if shot.slate == slate)
    return FrameOn(first=at == 0, last=at == len(shots) - 1)


def _variant(order: ShotOrder, stretch: _Stretch, style: Clip | None, *, number: int, index: int) -> Variant:
    rng = random.Random(f"{order.seed}/{order.round}/{order.shot.slate}/{number}/{index}")
    shot = order.shot
    mirrored = (number + index) % 2 == 1
    x, y = stretch.clip.look.subject
    tight = _TIGHTNESS[shot.size] * (1.0 + 0.09 * ((number + index) % 3)) + rng.uniform(0.0, 0.03)
    return Variant(
        move=_MIRRORED[shot.move] if mirrored else shot.move,
        strength=round(0.65 + 0.35 * rng.random(), 3),
        scale=round(tight, 4),
        x=round(0.5 + 0.6 * (x - 0.5) + rng.uniform(-0.04, 0.04), 4),
        y=round(0.5 + 0.5 * (y - 0.5) + rng.uniform(-0.03, 0.03), 4),
        seed=rng.randrange(2**31),
        grading=Grading(
            target=shot.style,
            reference=None if style is None else style.look,
            reference_clip="" if style is None else style.clip_id,
            strength=(0.85, 0.6)[index % 2] if number % 2 == 0 else (0.7, 0.95)[index % 2],
            grain=0.5 if order.plan.tone not in ("joyful", "playful") else 0.25,
            vignette=0.35 if order.plan.tone in ("dread", "uneasy", "tense", "melancholic") else 0.15,
        ),
        own_sound_db=(-8.0, -14.0)[index % 2],
    )
