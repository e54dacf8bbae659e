"""The embedded generator: re-cuts cleared footage into a shot, as agencies do to sell an idea. Needs no key.

An operation is *one segment x its variants from one decode*: the segment is decoded once and rendered as several takes
that differ in framing, camera move and grade. Takes are small and cut from proxies; a circled one is made again at the
size of the film, from the original. Clips that may not be cut in steer the grade only.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.metadata import version

from pydantic import JsonValue

from circletake.domain.clip import Clip
from circletake.domain.look import CameraMove, ShotSize
from circletake.domain.moments import Moment, least_frames
from circletake.domain.money import Quote
from circletake.domain.operation import Operation, Outcome, Resolution
from circletake.domain.plan import Plan
from circletake.domain.ports import Files
from circletake.errors import Shortfall
from circletake.generate.base import Capabilities, FinalOrder, Request, ShotOrder
from circletake.generate.casting import seconds_of_footage
from circletake.generate.recipe import Bed, FrameOn, Grading, Original, Segment, Variant, WorkOrder
from circletake.generate.render import render

FEWEST, MOST = 2, 8
"""Takes from one decoded segment: few, so that an editor chooses between moments first, and more where there are more
takes than moments."""
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
_FREE = Quote(amount=Decimal(0), price="ripomatic: free", as_of=date(2026, 11, 22))


class Ripomatic:
    """Implements `generate.base.Generator`. What it makes is composited from footage, and says so."""

    name = "ripomatic"

    def __init__(self, files: Files, options: Mapping[str, str] | None = None) -> None:
        self._files = files

    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return Capabilities(
            aspects=("16:9", "9:16", "1:1", "4:5"),
            max_frames=24 * 600,
            outputs=MOST,
            source_type="composite",
            mode="local",
            needs_footage=True,
            model=f"ripomatic {version('circletake')}",
        )

    def quote(self, request: dict[str, JsonValue]) -> Quote:
        """Return nothing to pay: it costs minutes, not money."""
        return _FREE

    def estimate(self, plan: Plan, takes: Mapping[str, int]) -> Quote:
        """Return nothing to pay."""
        return _FREE

    def ask(self, order: ShotOrder) -> tuple[Request, ...]:
        """Return the segments to cut and the variants of each.

        Raises:
            Shortfall: no footage that may be cut in is left for the shot.
        """
        if not order.moments:
            raise Shortfall(_nothing_to_cut(order))
        clips = {clip.clip_id: clip for clip in order.cut_in}
        requests: list[Request] = []
        left = order.takes
        number = order.skip
        fan_out = min(MOST, max(FEWEST, -(-order.takes // len(order.moments))))
        while left > 0:
            wanted = min(fan_out, left)
            moment = order.moments[number % len(order.moments)]
            requests.append(_request(order, moment, clips[moment.clip_id], number=number, variants=wanted))
            left -= wanted
            number += 1
        return tuple(requests)

    def finish(self, order: FinalOrder) -> Request | None:
        """Return the one variant that was circled, at the size of the film, from the original of its clip."""
        work = WorkOrder.model_validate(order.request)
        if work.profile == "final":
            return None
        clip = order.clips[work.segment.clip]
        original = Original(path=clip.original, sha256=clip.sha256, fps=clip.fps, shown=(clip.width, clip.height))
        final = work.model_copy(
            update={
                "profile": "final",
                "size": order.size,
                "segment": work.segment.model_copy(update={"original": original}),
                "variants": (work.variants[order.index],),
            }
        )
        return Request(payload=final.model_dump(mode="json"), outputs=1, clips=order.take.clips)

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

    def close(self) -> None:
        """Nothing is held."""

    def reconcile(self, operation: Operation) -> Resolution:
        """Local work can always be taken up again."""
        return Resolution(verdict="accepted", handle={"key": operation.key})


def _nothing_to_cut(order: ShotOrder) -> str:
    """Say in one line why a shot cannot be made of the footage there is."""
    shot, fps = order.shot, order.fps
    clips = order.cut_in
    seconds = float(seconds_of_footage(clips))
    least = least_frames(shot.frames)
    longest = float(max((clip.seconds for clip in clips), default=0))
    return (
        f"shot {shot.slate} needs {float(shot.frames / fps):.1f} s of footage, {float(least / fps):.1f} s at half "
        f"speed, that no other shot uses: {len(clips)} clips of {seconds:.1f} s in all may be cut in, the "
        f"longest of {longest:.1f} s, and {len(order.plan.shots)} shots share them; shorten the film or this "
        "shot, or clear more footage"
    )


def _request(order: ShotOrder, moment: Moment, clip: Clip, *, number: int, variants: int) -> Request:
    style = _style_clip(order, clip, number)
    work = WorkOrder(
        slate=order.shot.slate,
        frames=order.shot.frames,
        fps=order.fps,
        size=order.preview_size,
        codec=order.format.codec,
        font=order.format.font,
        segment=Segment(
            clip=clip.clip_id,
            file=clip.file,
            proxy=clip.proxy,
            first_frame=moment.first,
            last_frame=moment.last,
            speed=moment.speed,
            has_sound=clip.has_sound,
            look=clip.look,
            active=clip.active,
        ),
        bed=_bed(order),
        title=order.shot.title,
        fades=_fades(order.plan, order.shot.slate),
        variants=tuple(_variant(order, clip, style, number=number, index=index) for index in range(variants)),
    )
    return Request(
        payload=work.model_dump(mode="json"),
        outputs=variants,
        clips=(clip.clip_id,),
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


def _variant(order: ShotOrder, clip: Clip, style: Clip | None, *, number: int, index: int) -> Variant:
    rng = random.Random(f"{order.seed}/{order.round}/{order.shot.slate}/{number}/{index}")
    shot = order.shot
    mirrored = (number + index) % 2 == 1
    half = number + index // 2  # so that move, tightness and grade come together anew for twelve takes
    x, y = clip.look.subject
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
            strength=((0.85, 0.6), (0.7, 0.95))[half % 2][index % 2],
            grain=0.5 if order.plan.tone not in ("joyful", "playful") else 0.25,
            vignette=0.35 if order.plan.tone in ("dread", "uneasy", "tense", "melancholic") else 0.15,
        ),
        own_sound_db=(-8.0, -14.0)[index % 2],
    )
