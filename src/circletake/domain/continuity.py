"""Continuity: how well two shots cut together, by what an editor looks at across a cut.

Light, colour, contrast and palette, the direction in which the picture moves, the change of shot size, and where the
eye is. After the rule of six and the eye-trace of Murch (In the Blink of an Eye, 2001), and the habit of changing the
size by a step when a cut stays with the same subject; the weights are ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from circletake.domain.look import SHOT_SIZES, Look, ShotSize
from circletake.domain.schema import Value
from circletake.domain.take import Take

_LIGHT, _COLOUR, _CONTRAST, _PALETTE = 0.35, 0.12, 0.3, 0.25
"""Differences that a cut feels strongly: of Oklab lightness, of its a and b, of contrast, of palettes in Oklab."""
_STILL = 0.03
"""Picture widths or heights a second below which a picture does not move."""
_AGAINST = 0.2
"""Most that a turn of the direction costs."""
_JUMP = 0.25
"""What a cut within the same footage costs that does not change the size: it jumps."""
_EYE = 0.15
"""Most that it costs when the eye must cross the whole picture."""


class Join(Value):
    """One cut between two takes. All numbers are 0..1, and 1 is without a break."""

    look: float
    """Closeness of light, colour, contrast and palette."""
    direction: float
    """Lower where the motion of the picture turns round."""
    size: float
    """Lower where the same footage is shown at the same size again."""
    position: float
    """Lower the farther the eye must go."""
    notes: tuple[str, ...] = ()
    """What an editor would say of it."""

    @property
    def score(self) -> float:
        """Return all of it as one number."""
        return self.look * self.direction * self.size * self.position


def join(before: Look, after: Look, *, sizes: tuple[ShotSize, ShotSize], same_footage: bool) -> Join:
    """Return how well one picture follows another.

    Args:
        before: look of the take that ends.
        after: look of the take that begins.
        sizes: shot sizes of both.
        same_footage: whether both show the same clip.
    """
    step = abs(SHOT_SIZES.index(sizes[0]) - SHOT_SIZES.index(sizes[1]))
    turn = _turn(before, after)
    away = math.dist(before.subject, after.subject) / math.sqrt(2)
    jumps = same_footage and step == 0
    notes = tuple(_notes(before, after, turns=turn > 0.5, jumps=jumps, away=away))
    return Join(
        look=_closeness(before, after),
        direction=1 - _AGAINST * turn,
        size=1 - _JUMP if jumps else 1.0,
        position=1 - _EYE * min(1.0, away),
        notes=notes,
    )


def join_of(before: Take, after: Take, *, sizes: tuple[ShotSize, ShotSize]) -> Join:
    """Return how well one take follows another."""
    return join(before.look, after.look, sizes=sizes, same_footage=bool(set(before.clips) & set(after.clips)))


def _closeness(before: Look, after: Look) -> float:
    light = abs(before.oklab_mean[0] - after.oklab_mean[0])
    colour = math.dist(before.oklab_mean[1:], after.oklab_mean[1:])
    contrast = abs(before.contrast - after.contrast)
    palette = _palettes(before, after)
    return math.exp(-(light / _LIGHT + colour / _COLOUR + contrast / _CONTRAST + palette / _PALETTE) / 2)


def _palettes(before: Look, after: Look) -> float:
    """Return the mean Oklab distance from each colour of one palette to the nearest of the other, both ways."""
    if not before.palette or not after.palette:
        return 0.0
    there = [min(math.dist(one, other) for other in after.palette) for one in before.palette]
    back = [min(math.dist(one, other) for other in before.palette) for one in after.palette]
    return (sum(there) / len(there) + sum(back) / len(back)) / 2


def _turn(before: Look, after: Look) -> float:
    """Return how much the motion of the picture turns round: 0 goes on or stands still, 1 turns back at speed."""
    moves = (before.pan, before.tilt), (after.pan, after.tilt)
    speeds = [math.hypot(*move) for move in moves]
    if min(speeds) < _STILL:
        return 0.0
    cosine = sum(a * b for a, b in zip(*moves, strict=True)) / (speeds[0] * speeds[1])
    return max(0.0, -cosine) * min(1.0, min(speeds) / (4 * _STILL))


def _notes(before: Look, after: Look, *, turns: bool, jumps: bool, away: float) -> Iterator[str]:
    light = after.oklab_mean[0] - before.oklab_mean[0]
    if abs(light) > _LIGHT / 2:
        yield "much brighter" if light > 0 else "much darker"
    if math.dist(before.oklab_mean[1:], after.oklab_mean[1:]) > _COLOUR / 2:
        yield "warmer" if after.oklab_mean[2] > before.oklab_mean[2] else "colder"
    if abs(before.contrast - after.contrast) > _CONTRAST / 2:
        yield "harder" if after.contrast > before.contrast else "softer"
    if turns:
        yield "the motion turns round"
    if jumps:
        yield "the same footage at the same size: a jump cut"
    if away > 0.45:
        yield "the eye has far to go"
