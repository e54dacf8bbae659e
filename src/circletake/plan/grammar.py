"""Shot grammar: what every shot does for the film, and how it is framed, angled and moved."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from circletake.domain.look import SHOT_SIZES, CameraMove, Look, ShotSize
from circletake.domain.plan import Angle, Transition
from circletake.plan.lexicon import Role, roles
from circletake.plan.reading import Requirements

STILL_FRAMES = 34
"""A shot shorter than this is over before a move is felt."""
_PAN = 0.02
"""Picture widths a second: the clip's own pan is seen from here on."""
_BUSY = 0.09
"""Mean luma difference of a clip that moves so much that the camera had better not."""


def story_of(wanted: Requirements, count: int, *, rng: Random) -> tuple[Role, ...]:
    """Return the role of every shot: the form's opening, its middle as often as needed, and a close."""
    if count == 1:
        return ("hold",)
    form = wanted.as_form
    opening: list[Role] = list(form.opening)
    if wanted.demands.opening == "" and not form.from_black and rng.random() < 0.35:
        opening.reverse()
    turn = rng.randrange(len(form.middle))
    middle: tuple[Role, ...] = form.middle[turn:] + form.middle[:turn]
    closing = _closing(wanted, count)
    body: list[Role] = (opening + list(middle) * count)[: count - len(closing)]
    return (*body, *closing)


def _closing(wanted: Requirements, count: int) -> tuple[Role, ...]:
    curve = wanted.as_form.curve or wanted.as_tone.curve
    if curve == "hold_and_jolt" and count >= 5 and not wanted.demands.no_jolt:
        return ("hold", "jolt", "close")
    if curve in {"slow_to_hold", "hold_and_jolt"} and count >= 4:
        return ("hold", "close")
    return ("close",)


def _index(size: ShotSize) -> int:
    return SHOT_SIZES.index(size)


def size_of(role: Role, *, natural: ShotSize, upright: bool, used: Sequence[ShotSize], rng: Random) -> ShotSize:
    """Return the size of a shot: what its role asks for, never wider than the footage, and another than before.

    Args:
        role: what the shot does.
        natural: how wide the footage is; a crop can only go closer.
        upright: whether the frame is taller than wide; the widest size does not read there.
        used: sizes that the same clip was already shown in, and that of the shot before.
        rng: the plan's randomness.
    """
    widest = min(_index(natural), _index("LS") if upright else _index("ELS"))
    wished: list[ShotSize] = [SHOT_SIZES[min(_index(size), widest)] for size in roles()[role].sizes]
    fresh: list[ShotSize] = [size for size in dict.fromkeys(wished) if size not in used]
    if fresh:
        return fresh[0] if len(fresh) == 1 or rng.random() < 0.65 else fresh[1]
    closer: list[ShotSize] = [size for size in SHOT_SIZES[: widest + 1] if size not in used]
    nearest: list[ShotSize] = sorted(closer, key=lambda size: abs(_index(size) - _index(wished[0])))
    return nearest[0] if nearest else wished[0]


def closing_in(natural: ShotSize, *, at: float) -> ShotSize:
    """Return the size of a stretch of one take that closes in steadily.

    Args:
        natural: how wide the footage is; the take begins there.
        at: where the stretch stands, 0 the beginning, 1 the end.
    """
    return SHOT_SIZES[round(_index(natural) * (1.0 - at))]


def move_of(
    wanted: Requirements, role: Role, *, frames: int, look: Look, before: CameraMove | None, rng: Random
) -> CameraMove:
    """Return the camera move: the role's or the tone's, unless the shot is too short or the footage moves by itself."""
    if frames < STILL_FRAMES:
        return "handheld" if wanted.as_tone.energy > 0.6 or role == "jolt" else "static"
    if abs(look.pan) >= _PAN:
        along: CameraMove = "pan_left" if look.pan > 0 else "pan_right"
        return rng.choice(["static", along])
    offered: list[CameraMove] = [*roles()[role].moves] or [*wanted.as_tone.moves]
    if wanted.as_tone.energy < 0.5 or wanted.demands.pace == "slow" or look.motion >= _BUSY:
        offered = [move for move in offered if move not in {"handheld", "track"} or move in wanted.as_tone.moves]
    fresh: list[CameraMove] = [move for move in offered if move != before or move == "static"]
    return rng.choice(fresh or offered) if offered else "static"


def angle_of(wanted: Requirements, role: Role, *, said: Angle | None, rng: Random) -> Angle:
    """Return the angle: that of the footage where its caption says one, else one of the tone's."""
    if said is not None:
        return said
    if role in {"detail", "hands"}:
        close: list[Angle] = ["eye_level", "eye_level", "high"]
        return rng.choice(close)
    return rng.choice(wanted.as_tone.angles)


def transition_of(wanted: Requirements, *, index: int, count: int, new_scene: bool, joined: bool) -> Transition:
    """Return how a shot begins: from black at the start, soft between the scenes of soft tones, else with a cut."""
    demands = wanted.demands
    if index == 0:
        black = wanted.as_form.from_black or wanted.as_tone.soft
        return "fade_from_black" if black and not demands.loop else "cut"
    last = index == count - 1
    if last and demands.black_before_title:
        return "cut"
    if joined:
        return "dissolve" if new_scene else "cut"
    if last and wanted.as_tone.soft and wanted.as_form.ending == "title" and not demands.loop and count > 2:
        return "fade_to_black"
    return "dissolve" if new_scene and wanted.as_tone.soft else "cut"
