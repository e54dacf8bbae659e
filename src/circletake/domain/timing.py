"""Rational time: frame rates are fractions, durations are frames, seconds are derived."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

AUDIO_RATE = 48_000
"""Samples a second of every sound in the house (EBU R 128 practice; also what AAC in MP4 players expect)."""


def to_fraction(value: object) -> Fraction:
    """Read a fraction from `"24000/1001"`, a whole number or a Fraction; floats are refused as inexact.

    Raises:
        ValueError: not a positive or zero rational number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Fraction):
        raise ValueError('a rational number is needed, such as "24/1"')
    try:
        return Fraction(value)
    except ZeroDivisionError as error:
        raise ValueError("a denominator of zero") from error


Rational = Annotated[
    Fraction,
    PlainValidator(to_fraction, json_schema_input_type=str),
    PlainSerializer(lambda value: f"{value.numerator}/{value.denominator}", return_type=str),
]
"""A Fraction that is stored as text, e.g. `"24/1"`."""


def frames_in(seconds: Fraction, fps: Fraction) -> int:
    """Return the whole number of frames nearest to `seconds` (halves up)."""
    return int(seconds * fps + Fraction(1, 2))


def seconds_of(frames: int, fps: Fraction) -> Fraction:
    """Return the exact duration of `frames`, in seconds."""
    return Fraction(frames) / fps


def samples_in(frames: int, fps: Fraction) -> int:
    """Return how many audio samples at 48 kHz lie under `frames`, rounded to the nearest."""
    return int(Fraction(frames) / fps * AUDIO_RATE + Fraction(1, 2))


def timecode(frames: int, fps: Fraction) -> str:
    """Return non-drop SMPTE timecode `HH:MM:SS:FF` of a frame count (nominal rate: fps rounded up)."""
    base = -(-fps.numerator // fps.denominator)
    seconds, frame = divmod(frames, base)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frame:02d}"
