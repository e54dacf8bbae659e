"""The plan: scenes, shots and the continuity bible that a brief is broken into, and what was assumed on the way."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from circletake.domain.brief import Aspect
from circletake.domain.look import CameraMove, ShotSize, StyleTarget
from circletake.domain.rights import RightsContext
from circletake.domain.schema import Stored, Value
from circletake.domain.timing import Rational

Origin = Literal["brief", "flag", "assumed"]
Angle = Literal["eye_level", "low", "high", "overhead", "dutch"]
Transition = Literal["cut", "dissolve", "fade_from_black", "fade_to_black"]
SLATE = r"^[1-9][0-9]{0,2}[A-HJ-NP-Z]{1,2}$"
"""A slate: scene number and shot letters, never I or O (they read as 1 and 0)."""


class Reading(Value):
    """One thing that was read from the brief: what, which value, and where it came from."""

    field: str
    """E.g. `duration`, `aspect`, `form`, `tone`, `subject`, `territories`, `media`, `window`."""
    value: str
    origin: Origin
    note: str = ""
    """Why it was assumed, or the words it was read from."""


class BibleEntry(Value):
    """A person, place or prop that must stay the same wherever it is seen."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Literal["person", "place", "prop"]
    description: str


class Sound(Value):
    """What is heard in a shot."""

    dialogue: str = ""
    effects: str = ""
    music: str = ""


class Shot(Value):
    """One camera set-up."""

    slate: str = Field(pattern=SLATE)
    frames: int = Field(gt=0)
    size: ShotSize
    angle: Angle = "eye_level"
    move: CameraMove
    action: str
    """What is seen, in one sentence."""
    sound: Sound = Sound()
    prompt: str = Field(max_length=4_000)
    """What a video model is asked for."""
    negative_prompt: str = Field(default="", max_length=2_000)
    bible: tuple[str, ...] = ()
    """Ids of the bible entries that are seen."""
    transition: Transition = "cut"
    """How the shot begins."""
    title: str = Field(default="", max_length=120)
    """Words on the screen; empty for none."""
    search: str
    """Words to look for in the catalogue."""
    style: StyleTarget = StyleTarget()
    """The look of this shot."""
    grounded_in: tuple[str, ...] = ()
    """Clip ids that the shot was planned around, nearest first."""


class Scene(Value):
    """A unit of story: same time and place."""

    number: int = Field(ge=1, le=999)
    heading: str
    """Slugline, e.g. `INT. CORRIDOR - NIGHT`."""
    summary: str
    shots: tuple[Shot, ...] = Field(min_length=1)


class Plan(Stored):
    """What will be shot. Its durations add up to `frames` exactly, or it is refused."""

    SCHEMA = "plan"

    title: str
    logline: str
    form: str
    """E.g. `cold open`, `teaser`, `product spot`."""
    tone: str
    style_words: tuple[str, ...]
    subject: tuple[str, ...]
    """Subject words, as the brief uses them."""
    language: Literal["en", "de", "fr", "es"] = "en"
    aspect: Aspect
    fps: Rational = Fraction(24)
    frames: int = Field(gt=0)
    rights: RightsContext
    """What the film will be used for: territories, uses, media, window."""
    readings: tuple[Reading, ...]
    """What was read from the brief, what a flag said, and what was assumed."""
    conflicts: tuple[str, ...] = ()
    """Demands of the brief that cannot all be met, and what was done instead."""
    bible: tuple[BibleEntry, ...] = ()
    scenes: tuple[Scene, ...] = Field(min_length=1)
    planner: str
    """Planner and version, e.g. `storyboard/1`."""
    seed: int

    @property
    def shots(self) -> tuple[Shot, ...]:
        """All shots in story order."""
        return tuple(shot for scene in self.scenes for shot in scene.shots)

    @property
    def assumed(self) -> tuple[Reading, ...]:
        """What nobody said."""
        return tuple(reading for reading in self.readings if reading.origin == "assumed")

    def shot(self, slate: str) -> Shot | None:
        """Return the shot of a slate, or `None`."""
        return next((shot for shot in self.shots if shot.slate == slate), None)

    def starts(self) -> dict[str, int]:
        """Return for each slate the frame of the film at which it begins."""
        starts: dict[str, int] = {}
        at = 0
        for shot in self.shots:
            starts[shot.slate] = at
            at += shot.frames
        return starts

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        slates = [shot.slate for shot in self.shots]
        twice = next((slate for slate in slates if slates.count(slate) > 1), None)
        if twice:
            raise ValueError(f"slate {twice} is used twice")
        for scene in self.scenes:
            stray = next(
                (s.slate for s in scene.shots if s.slate.rstrip("ABCDEFGHJKLMNPQRSTUVWXYZ") != str(scene.number)),
                None,
            )
            if stray:
                raise ValueError(f"slate {stray} does not belong to scene {scene.number}")
        total = sum(shot.frames for shot in self.shots)
        if total != self.frames:
            raise ValueError(f"the shots add up to {total} frames, the film has {self.frames}")
        known = {entry.id for entry in self.bible}
        for shot in self.shots:
            missing = next((name for name in shot.bible if name not in known), None)
            if missing:
                raise ValueError(f"shot {shot.slate} names {missing!r}, which is not in the bible")
        return self
