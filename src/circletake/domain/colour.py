"""Colours: between sRGB, as people write them, and Oklab, as looks are measured (Ottosson 2020)."""

from __future__ import annotations

import re

Oklab = tuple[float, float, float]
"""L 0..1, a and b about -0.4..0.4."""

_CONES = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
          (0.0883024619, 0.2817188376, 0.6299787005))  # fmt: skip
_LAB = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660))  # fmt: skip


def srgb(colour: Oklab) -> tuple[int, int, int]:
    """Return an Oklab colour as sRGB, 0..255; what lies outside is clipped (transfer function of IEC 61966-2-1)."""
    lightness, a, b = colour
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return _coded(red), _coded(green), _coded(blue)


def hexadecimal(colour: Oklab) -> str:
    """Return an Oklab colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*srgb(colour))


def oklab(text: str) -> Oklab:
    """Return a colour written `#rrggbb` in Oklab.

    Raises:
        ValueError: it is not written so.
    """
    if not re.fullmatch(r"#?[0-9a-fA-F]{6}", text):
        raise ValueError(f"{text!r} is not a colour such as #c0502a")
    digits = text.removeprefix("#")
    linear = [_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4)]
    cones = [sum(w * c for w, c in zip(row, linear, strict=True)) ** (1 / 3) for row in _CONES]
    lightness, a, b = (sum(w * c for w, c in zip(row, cones, strict=True)) for row in _LAB)
    return lightness, a, b


def _coded(linear: float) -> int:
    level = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(1.0, max(0.0, level)))


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
