"""The look of a picture in numbers: what the catalogue stores of a clip and what grades and rankings compare."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field

from circletake.domain.schema import Stored, Value

CameraMove = Literal[
    "static", "push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "handheld", "track"
]
ShotSize = Literal["ECU", "CU", "MCU", "MS", "MLS", "LS", "ELS"]
"""Extreme close-up, close-up, medium close-up, medium, medium long, long, extreme long shot."""

SHOT_SIZES: tuple[ShotSize, ...] = ("ECU", "CU", "MCU", "MS", "MLS", "LS", "ELS")


CAMERA_MOVES: tuple[CameraMove, ...] = get_args(CameraMove)
MOVES_FROM = {"pan": 0.02, "tilt": 0.02, "zoom": 0.015}
"""Drift from which on a camera moves: picture widths, picture heights, and relative scale change a second."""


class Look(Stored):
    """Style features of picture and sound, sampled twice a second at 320x180; Oklab after Ottosson (2020)."""

    SCHEMA = "look"

    oklab_mean: tuple[float, float, float]
    """Mean of L (0..1), a, b in Oklab."""
    oklab_std: tuple[float, float, float]
    palette: tuple[tuple[float, float, float], ...]
    """Five Oklab colours, most frequent first."""
    luma: float = Field(ge=0, le=1)
    """Mean luma, 0 black to 1 white."""
    contrast: float = Field(ge=0)
    """Standard deviation of luma (0..0.5)."""
    saturation: float = Field(ge=0)
    """Mean Oklab chroma (about 0..0.3)."""
    motion: float = Field(ge=0)
    """Mean absolute luma difference between samples (0..1)."""
    pan: float = 0.0
    """Horizontal camera motion, picture widths a second, positive when the picture moves right."""
    tilt: float = 0.0
    """Vertical camera motion, picture heights a second, positive when the picture moves down."""
    zoom: float = 0.0
    """Relative scale change a second (0.05 = 5 % larger each second)."""
    edges: float = Field(default=0.0, ge=0)
    """Share of pixels on an edge (Canny)."""
    grain: float = Field(default=0.0, ge=0)
    """Median-filter residual, 0..1."""
    sharpness: float = Field(default=0.0, ge=0)
    """Variance of the Laplacian, log1p, luma in 0..255."""
    subject: tuple[float, float] = (0.5, 0.5)
    """Centre of attention (spectral-residual saliency; Hou and Zhang 2007), x and y in 0..1."""
    loudness: float = -70.0
    """Integrated loudness, LUFS (ITU-R BS.1770); -70 when silent."""
    brightness_of_sound: float = 0.0
    """Spectral centroid, kHz."""

    @property
    def move(self) -> CameraMove:
        """What the camera does, judged by what moves most for its kind; `handheld` and `track` cannot be told apart."""
        drifts: dict[CameraMove, float] = {
            "pan_left" if self.pan > 0 else "pan_right": abs(self.pan) / MOVES_FROM["pan"],
            "tilt_up" if self.tilt > 0 else "tilt_down": abs(self.tilt) / MOVES_FROM["tilt"],
            "push_in" if self.zoom > 0 else "pull_out": abs(self.zoom) / MOVES_FROM["zoom"],
        }
        most = max(drifts, key=lambda name: drifts[name])
        return most if drifts[most] >= 1.0 else "static"

    def vector(self) -> tuple[float, ...]:
        """Return the numbers as one vector for the index: 48 floats, always in the same order."""
        palette = [part for colour in (*self.palette, *((0.0, 0.0, 0.0),) * 5)[:5] for part in colour]
        numbers = (
            *self.oklab_mean,
            *self.oklab_std,
            *palette,
            self.luma,
            self.contrast,
            self.saturation,
            self.motion,
            self.pan,
            self.tilt,
            self.zoom,
            self.edges,
            self.grain,
            self.sharpness,
            *self.subject,
            self.loudness / 70.0,
            self.brightness_of_sound / 10.0,
        )
        return (*numbers, *([0.0] * (48 - len(numbers))))


class StyleTarget(Value):
    """The look that a tone asks for, on scales of 0..1; `None` means that the tone does not care."""

    luma: float | None = Field(default=None, ge=0, le=1)
    contrast: float | None = Field(default=None, ge=0, le=1)
    """0 flat, 1 hard; 0.5 is a luma deviation of 0.25."""
    saturation: float | None = Field(default=None, ge=0, le=1)
    """0 monochrome, 1 a mean Oklab chroma of 0.2."""
    warmth: float | None = Field(default=None, ge=-1, le=1)
    """-1 cold (Oklab b of -0.1), 1 warm (+0.1)."""
    motion: float | None = Field(default=None, ge=0, le=1)
    """0 still, 1 a mean luma difference of 0.15."""

    @classmethod
    def of(cls, look: Look) -> Self:
        """Return where a measured look stands on the target's scales."""
        return cls(
            luma=look.luma,
            contrast=min(1.0, look.contrast / 0.5),
            saturation=min(1.0, look.saturation / 0.2),
            warmth=max(-1.0, min(1.0, look.oklab_mean[2] / 0.1)),
            motion=min(1.0, look.motion / 0.15),
        )

    def match(self, look: Look) -> float:
        """Return how well `look` suits this target: 1 identical, 0 as far away as the scales allow.

        Mean of 1 - |difference| over the scales that the target names; 1 when it names none.
        """
        measured = StyleTarget.of(look)
        spans = {"luma": 1.0, "contrast": 1.0, "saturation": 1.0, "warmth": 2.0, "motion": 1.0}
        gaps = [
            abs(wanted - getattr(measured, name)) / span
            for name, span in spans.items()
            if (wanted := getattr(self, name)) is not None
        ]
        return 1.0 - sum(gaps) / len(gaps) if gaps else 1.0
