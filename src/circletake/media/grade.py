"""Grade: bring a picture's light and colour towards a look, in Y'CbCr, with tables.

Fitted once from measured looks, applied with look-up tables and sums: light by a curve that keeps toe and shoulder,
colour by a scale of chroma and a tint that depends on light. Then what belongs to film: a vignette, and grain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import Look, StyleTarget
from circletake.media.picture import BLACK, WHITE, Frame, Size, planes

Table = NDArray[np.uint8]
_SPAN = WHITE - BLACK
_B_TO_CB = -520.0
_A_TO_CR = 450.0
_B_TO_CR = 60.0
"""8-bit chroma steps per unit of Oklab a and b, fitted to the sRGB primaries (yellow: b 0.199 is Cb -112; red: a 0.225
is Cr +112)."""
GRAIN_SIGMA = 4.2
"""Standard deviation, in luma steps, of full grain."""
_TILE = 320
"""Grain tiles are this much larger than the picture; each frame takes another window of one."""


@dataclass(frozen=True)
class Aim:
    """The look that is graded towards."""

    luma: float
    contrast: float
    saturation: float
    a: float
    b: float

    @classmethod
    def at(cls, source: Look, target: StyleTarget, reference: Look | None) -> Aim:
        """Return the middle between what the tone asks for and how the style reference looks.

        Where the tone is silent, the reference decides; where both are, the picture stays as it is.
        """
        base = reference or source
        wanted = {
            "luma": (target.luma, base.luma),
            "contrast": (None if target.contrast is None else target.contrast * 0.5, base.contrast),
            "saturation": (None if target.saturation is None else target.saturation * 0.2, base.saturation),
            "b": (None if target.warmth is None else target.warmth * 0.1, base.oklab_mean[2]),
        }
        mixed = {name: seen if asked is None else 0.6 * asked + 0.4 * seen for name, (asked, seen) in wanted.items()}
        return cls(a=0.5 * (base.oklab_mean[1] + source.oklab_mean[1]), **mixed)


@dataclass(frozen=True)
class Grade:
    """Tables that bring one picture's look to another's."""

    luma: Table
    """256 entries, limited range."""
    chroma: Table
    """256 entries: chroma scaled about its neutral point."""
    tint_cb: Table
    """By luma: what is added to Cb, plus 128."""
    tint_cr: Table

    def apply(self, picture: Frame) -> Frame:
        """Return the graded picture; the given one is not changed."""
        out = np.empty_like(picture)
        source, target = planes(picture), planes(out)
        target.y[:] = cv2.LUT(source.y, self.luma)
        light = cv2.resize(target.y, (source.u.shape[1], source.u.shape[0]), interpolation=cv2.INTER_AREA)
        for plane, into, tint in ((source.u, target.u, self.tint_cb), (source.v, target.v, self.tint_cr)):
            into[:] = cv2.addWeighted(cv2.LUT(plane, self.chroma), 1.0, cv2.LUT(light, tint), 1.0, -128.0)
        return out


def fit(source: Look, *, target: StyleTarget, reference: Look | None, strength: float) -> Grade:
    """Return the grade that brings `source` towards a tone's target and a style reference.

    Light moves by a gamma (at most 0.6 to 1.75) and a contrast (0.85 to 1.3) about the new mean; saturation by 0.55 to
    1.5; the mean colour by at most 0.035 in Oklab, most of it in the shadows, where a tint reads as atmosphere and
    spares skin.

    Args:
        source: look of the footage.
        target: what the tone asks for.
        reference: look of the style reference, if there is one.
        strength: 0 leaves the picture, 1 goes all the way that the limits allow.
    """
    aim = Aim.at(source, target, reference)
    mean = min(max(source.luma, 0.04), 0.96)
    gamma = math.log(min(max(aim.luma, 0.06), 0.9)) / math.log(mean)
    gamma = 1 + strength * (min(max(gamma, 0.6), 1.75) - 1)
    new_mean = mean**gamma
    contrast = aim.contrast / max(0.03, source.contrast)
    contrast = 1 + strength * (min(max(contrast, 0.85), 1.3) - 1)
    saturation = aim.saturation / max(0.01, source.saturation)
    saturation = 1 + strength * (min(max(saturation, 0.55), 1.5) - 1)
    shift_a = strength * min(max(aim.a - source.oklab_mean[1], -0.02), 0.02)
    shift_b = strength * min(max(aim.b - source.oklab_mean[2], -0.035), 0.035)
    return Grade(
        luma=_curve(gamma, contrast, new_mean),
        chroma=_scaled(saturation),
        tint_cb=_tint(_B_TO_CB * shift_b),
        tint_cr=_tint(_A_TO_CR * shift_a + _B_TO_CR * shift_b),
    )


def _curve(gamma: float, contrast: float, mean: float) -> Table:
    levels = (np.arange(256) - BLACK) / _SPAN
    light = np.clip(levels, 0.0, 1.0) ** gamma
    light = mean + (light - mean) * contrast
    return np.clip(np.rint(BLACK + _SPAN * _shoulder(light)), 0, 255).astype(np.uint8)


def _shoulder(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Roll off below 0.06 and above 0.9 instead of clipping: both ends reach black and white only asymptotically."""
    toe, knee = 0.06, 0.9
    low = toe * np.exp((np.minimum(light, toe) - toe) / toe)
    high = 1 - (1 - knee) * np.exp(-(np.maximum(light, knee) - knee) / (1 - knee))
    return np.where(
        light < toe, low - toe * math.exp(-1) * (1 - np.clip(light / toe, 0, 1)), np.where(light > knee, high, light)
    )


def _scaled(saturation: float) -> Table:
    return np.clip(np.rint(128 + saturation * (np.arange(256) - 128.0)), 0, 255).astype(np.uint8)


def _tint(steps: float) -> Table:
    """Return a tint by luma: strongest in the shadows, a third in the highlights, none in black and white itself."""
    light = np.clip((np.arange(256) - BLACK) / _SPAN, 0, 1)
    weight = (1.15 - 0.75 * light) * np.clip(light / 0.08, 0.25, 1) * np.clip((1 - light) / 0.1, 0, 1)
    return np.clip(np.rint(128 + steps * weight), 0, 255).astype(np.uint8)


class Finish:
    """What belongs to film, over the grade: vignette and grain. The same seed gives the same grain."""

    def __init__(self, *, size: Size, grain: float, vignette: float, seed: int) -> None:
        self._grain = _grain_tile(size, round(grain * GRAIN_SIGMA, 3)) if grain > 0 else None
        self._vignette = _vignette(size, round(vignette, 3)) if vignette > 0 else None
        self._rng = np.random.default_rng(seed)

    def apply(self, picture: Frame) -> Frame:
        """Return the picture with vignette and fresh grain; changes it in place."""
        light = planes(picture).y
        if self._vignette is not None:
            darker, lifted = self._vignette
            light[:] = cv2.add(cv2.multiply(light, darker, scale=1 / 255), lifted)
        if self._grain is not None:
            top, left = (int(value) for value in self._rng.integers(0, _TILE, size=2))
            window = self._grain[top : top + light.shape[0], left : left + light.shape[1]]
            light[:] = cv2.addWeighted(light, 1.0, window, 1.0, -128.0)
        return picture


@lru_cache(maxsize=8)
def _grain_tile(size: Size, sigma: float) -> Table:
    """Return grain of the given deviation about 128: noise softened to the size of film grain (0.7 pixels at 720p)."""
    rng = np.random.default_rng(7_301)
    noise = rng.standard_normal((size[1] + _TILE, size[0] + _TILE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.7 * min(size) / 720)
    return np.clip(np.rint(128 + soft / soft.std() * sigma), 0, 255).astype(np.uint8)


@lru_cache(maxsize=8)
def _vignette(size: Size, amount: float) -> tuple[Table, Table]:
    """Return what luma is multiplied by (of 255) and what is added so that black stays at 16."""
    width, height = size
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (np.arange(height) + 0.5) / height * 2 - 1
    reach = np.clip((np.hypot(x[None, :], y[:, None]) - 0.55) / 0.85, 0, 1)
    keep = 1 - 0.55 * amount * (reach * reach * (3 - 2 * reach))
    return np.rint(255 * keep).astype(np.uint8), np.rint(BLACK * (1 - keep)).astype(np.uint8)
