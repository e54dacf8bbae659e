"""Grade: bring a picture's light and colour towards a look, in Y'CbCr, with tables.

Fitted once from measured looks, applied with look-up tables and sums. Light follows a curve that keeps black, white and
everything between apart; colour is scaled by hue (skin less than the rest) and by light, and tinted by light along the
path that daylight and lamplight take in Oklab. Then what belongs to film: a vignette, and grain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import Look, StyleTarget
from circletake.media.picture import BLACK, NEUTRAL, WHITE, Frame, Size, planes

Table = NDArray[np.uint8]
Steps = NDArray[np.int16]
Curve = NDArray[np.float64]

_SPAN = WHITE - BLACK
_FINE = 64
"""Fixed point of colour tables: steps of 1/64, so that scaling and tinting round once."""
_UNITY = 128
"""Fixed point of the table that scales colour by light."""
_SOFT = 0.05
"""How far contrast lets go of the ends: the curve is at least a quarter as steep in black and white as in between."""
_SKIN_HUE = math.radians(123.0)
"""Where skin of every shade lies on a vectorscope: angle of (Cb, Cr), the I axis of NTSC."""
_SKIN_SPREAD = math.radians(24.0)
_TEAL, _GOLD = 0.35, 0.1
"""Oklab a for each b that a tint takes at least: what turns cold turns to teal, what turns warm to gold, never to
violet or to olive."""
GRAIN_SIGMA = 4.2
"""Standard deviation, in luma steps, of full grain."""
SCOPE = 2.39
"""Width to height of the wide screen (SMPTE 195)."""
_TILE = 320
"""Grain tiles are this much larger than the picture; each frame takes another window of one."""
_LMS_FROM_OKLAB = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_RGB_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
"""Oklab to linear sRGB, after Ottosson (2020), "A perceptual color space for image processing"."""


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
        """Return a point between what the tone asks for (0.6) and how the style reference looks (0.4).

        Where one is silent the other decides; where both are, the picture stays as it is.
        """
        base = reference or source
        say = 0.6 if reference else 1.0
        wanted = {
            "luma": (target.luma, base.luma),
            "contrast": (None if target.contrast is None else target.contrast * 0.5, base.contrast),
            "saturation": (None if target.saturation is None else target.saturation * 0.2, base.saturation),
            "a": (
                None if target.warmth is None else target.warmth * (0.02 if target.warmth > 0 else 0.05),
                base.oklab_mean[1],
            ),
            "b": (None if target.warmth is None else target.warmth * 0.1, base.oklab_mean[2]),
        }
        return cls(
            **{name: seen if asked is None else seen + say * (asked - seen) for name, (asked, seen) in wanted.items()}
        )


@dataclass(frozen=True)
class Grade:
    """Tables that bring one picture's look to another's."""

    luma: Table
    """256 entries, limited range."""
    cb: Steps
    """65,536 entries, by Cb * 256 + Cr: what Cb becomes, less its neutral point, in 1/64 steps."""
    cr: Steps
    depth: Steps
    """By luma before the grade: how much of that colour remains, in 1/128."""
    tint_cb: Steps
    """By luma before the grade: Cb of a grey there, in 1/64 steps, rounding included."""
    tint_cr: Steps

    def apply(self, picture: Frame) -> Frame:
        """Return the graded picture; the given one is not changed."""
        out = np.empty_like(picture)
        source, target = planes(picture), planes(out)
        cv2.LUT(source.y, self.luma, dst=target.y)
        light = cv2.resize(source.y, (source.u.shape[1], source.u.shape[0]), interpolation=cv2.INTER_AREA)
        depth = cv2.LUT(light, self.depth)
        place = source.u.astype(np.uint16)
        place <<= 8
        place |= source.v
        for into, table, tint in ((target.u, self.cb, self.tint_cb), (target.v, self.cr, self.tint_cr)):
            colour = cv2.multiply(np.take(table, place), depth, scale=1 / _UNITY, dtype=cv2.CV_16S)
            colour = cv2.add(colour, cv2.LUT(light, tint))
            np.right_shift(colour, 6, out=colour)
            into[:] = np.clip(colour, 1, 254, out=colour)
        return out


def fit(source: Look, *, target: StyleTarget, reference: Look | None, strength: float) -> Grade:
    """Return the grade that brings `source` towards a tone's target and a style reference.

    The mean of luma falls to no less than 0.42 of itself and rises to no more than 1.7 of itself, its deviation changes
    by 0.7 to 1.5, saturation by 0.45 to 1.6, the mean colour by at most 0.05 in Oklab: a day stays readable at night.
    A target without any saturation is black and white, whatever the strength: half of it would be a fault.

    Args:
        source: look of the footage.
        target: what the tone asks for.
        reference: look of the style reference, if there is one.
        strength: 0 leaves the picture, 1 goes all the way that the limits allow.
    """
    aim = Aim.at(source, target, reference)
    mean = _towards(source.luma, aim.luma, strength, least=0.42, most=1.7)
    deviation = _towards(max(source.contrast, 0.02), aim.contrast, strength, least=0.7, most=1.5)
    curve = _curve(source, mean=mean, deviation=deviation, strength=strength)
    was = max(source.saturation, 0.01)
    saturation = _towards(was, aim.saturation, strength, least=0.45, most=1.6) / was
    way_b = aim.b - saturation * source.oklab_mean[2]
    way_a = aim.a - saturation * source.oklab_mean[1]
    way_a = min(way_a, _TEAL * way_b) if way_b < 0 else max(way_a, _GOLD * way_b)
    reach = strength * min(1.0, 0.05 / max(1e-6, math.hypot(way_a, way_b)))
    tint = _tint(curve, a=reach * way_a, b=reach * way_b)
    cb, cr = _colours(saturation, tint=tint[:, 126] if strength else np.zeros(2))
    if target.saturation == 0.0:
        tint, cb, cr = np.zeros_like(tint), np.zeros_like(cb), np.zeros_like(cr)
    return Grade(
        luma=np.clip(np.rint(BLACK + _SPAN * curve), 0, 255).astype(np.uint8),
        cb=cb,
        cr=cr,
        depth=np.rint(_UNITY * (1 + min(1.0, 3 * strength) * (_depth(curve) - 1))).astype(np.int16),
        tint_cb=np.rint(_FINE * (128.5 + tint[0])).astype(np.int16),
        tint_cr=np.rint(_FINE * (128.5 + tint[1])).astype(np.int16),
    )


def _towards(value: float, goal: float, strength: float, *, least: float, most: float) -> float:
    return value + strength * (min(max(goal, least * value), most * value) - value)


def _levels() -> Curve:
    """Return the light, 0..1, of the 256 luma steps; what lies outside 16..235 counts as black or white."""
    return np.clip((np.arange(256) - BLACK) / _SPAN, 0.0, 1.0)


def _bent(light: Curve, *, gain: float, power: float) -> Curve:
    """Bend light as odds, so that black stays black and nothing is clipped.

    `gain` multiplies the odds light / (1 - light); `power` is contrast, which lets go near both ends (`_SOFT`). White
    stays white where a picture gets lighter. Where it gets darker, white comes down too (to 0.77 at a quarter of the
    odds): else the last steps below white, and the coding errors in them, would be pulled apart.
    """
    roll = 0.06 * max(0.0, -math.log(gain))
    odds = light / np.maximum(1 - light + roll, 1e-9)
    odds = gain * odds * ((light + _SOFT) / (1 - light + _SOFT)) ** (power - 1)
    return odds / (1 + odds)


def _curve(source: Look, *, mean: float, deviation: float, strength: float) -> Curve:
    """Return the curve, by luma step, after which a picture with the source's mean and deviation has these.

    Solved on quantiles of a clipped normal distribution: power by bisection, and for each power the gain.
    """
    sample = np.clip(source.luma + max(source.contrast, 0.02) * _normal_quantiles(), 0.004, 0.996)
    mean = float(sample.mean()) + mean - source.luma
    deviation = float(sample.std()) * deviation / max(source.contrast, 0.02)

    def gain_for(power: float) -> float:
        low, high = -4.0, 4.0
        for _ in range(18):
            middle = (low + high) / 2
            bright = float(_bent(sample, gain=math.exp(middle), power=power).mean()) > mean
            low, high = (low, middle) if bright else (middle, high)
        return math.exp((low + high) / 2)

    low, high = 0.7, 1.6
    for _ in range(12):
        power = (low + high) / 2
        hard = float(_bent(sample, gain=gain_for(power), power=power).std()) > deviation
        low, high = (low, power) if hard else (power, high)
    power = 1 + min(1.0, 4 * strength) * ((low + high) / 2 - 1)
    bent = _bent(_levels(), gain=gain_for(power), power=power)
    floor, ceiling = 0.006 * strength, 1 - 0.025 * strength
    return floor + (ceiling - floor) * bent


def _normal_quantiles() -> Curve:
    """Return 65 quantiles of the standard normal distribution (logistic approximation, Tocher 1963)."""
    share = (np.arange(65) + 0.5) / 65
    return np.log(share / (1 - share)) / 1.702


def _depth(curve: Curve) -> Curve:
    """Return by luma step how much colour remains: it goes with light, and thins out in black and white.

    Half of the change of light (in logarithms), since Cb and Cr of one colour are proportional to its light.
    """
    light = np.maximum(_levels(), 0.02)
    follow = np.clip(np.sqrt(np.maximum(curve, 0.004) / light), 0.5, 1.3)
    return follow * np.clip(0.45 + curve / 0.16, 0, 1) * np.clip(0.35 + (1 - curve) / 0.12, 0, 1)


def _tint(curve: Curve, *, a: float, b: float) -> NDArray[np.float64]:
    """Return (Cb, Cr) by luma step, shape (2, 256), of a grey that is shifted in Oklab.

    A cold tint lives in shadows and middle tones and leaves highlights to the light itself; a warm one is light, and
    lives in middle tones and highlights. Black and white stay clean.
    """
    rise = np.clip((curve - 0.12) / 0.6, 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    weight = (1.1 - 0.85 * rise) if b < 0 else (0.45 + 0.6 * rise)
    weight *= np.clip(0.1 + curve / 0.09, 0, 1) * np.clip(0.1 + (1 - curve) / 0.2, 0, 1)
    linear = np.where(curve <= 0.04045, curve / 12.92, ((curve + 0.055) / 1.055) ** 2.4)
    lab = np.stack([np.cbrt(linear), a * weight, b * weight])
    rgb = np.clip(_RGB_FROM_LMS @ (_LMS_FROM_OKLAB @ lab) ** 3, 0, 1)
    rgb = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    light = np.array([0.2126, 0.7152, 0.0722]) @ rgb
    return np.stack([(rgb[2] - light) / 1.8556, (rgb[0] - light) / 1.5748]) * 224.0


def _colours(saturation: float, *, tint: NDArray[np.float64]) -> tuple[Steps, Steps]:
    """Return what (Cb, Cr) become, by Cb * 256 + Cr.

    Strong colours are pushed less than weak ones. Skin keeps a third of what the others lose and takes a quarter
    less of the tint of middle tones.
    """
    cb, cr, far, skin = _wheel()
    gain = saturation / (1 + max(0.0, saturation - 1) * far / 80)
    gain = gain + skin * np.where(gain < 1, 0.35, 0.6) * (1 - gain)
    steps = [np.rint(_FINE * (part * gain - 0.25 * skin * tint[axis])) for axis, part in enumerate((cb, cr))]
    return steps[0].astype(np.int16).ravel(), steps[1].astype(np.int16).ravel()


@lru_cache(maxsize=1)
def _wheel() -> tuple[Curve, Curve, Curve, Curve]:
    """Return for every (Cb, Cr), shape (256, 256): both, how far from grey they are, and how much they are skin."""
    cb, cr = (part - 128.0 for part in np.meshgrid(np.arange(256.0), np.arange(256.0), indexing="ij"))
    far = np.hypot(cb, cr)
    off = np.angle(np.exp(1j * (np.arctan2(cr, cb) - _SKIN_HUE)))
    skin = np.exp(-((off / _SKIN_SPREAD) ** 2)) * np.clip((far - 4) / 10, 0, 1) * np.clip((90 - far) / 40, 0, 1)
    return cb, cr, far, skin


class Finish:
    """What belongs to film, over the grade: vignette, grain and, when asked for, the bars of a wide screen.

    Args:
        size: width and height of the pictures.
        grain: 0 none, 1 coarse; new for every picture, the same for the same seed and number of pictures.
        vignette: 0 none, 1 corners at 45 % of their light.
        seed: of the grain.
        bars: leave 2.39:1 of the picture between black bars.
    """

    def __init__(self, *, size: Size, grain: float, vignette: float, seed: int, bars: bool = False) -> None:
        self._bar = max(0, round((size[1] - size[0] / SCOPE) / 4)) * 2 if bars else 0
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
        if self._bar:
            for plane, bar, value in zip(
                planes(picture), (self._bar, self._bar // 2, self._bar // 2), (BLACK, NEUTRAL, NEUTRAL), strict=True
            ):
                plane[:bar] = plane[len(plane) - bar :] = value
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
