"""Takes: candidate clips of one shot, kept for ever; and the circled take, the one that is used."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from circletake.domain.look import Look
from circletake.domain.quality import QcReport
from circletake.domain.schema import Stored, Value

PickedBy = Literal["person", "agent", "provisional"]
DigitalSourceType = Literal[
    "composite",
    "algorithmicMedia",
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "digitalCapture",
]
"""IPTC NewsCodes Digital Source Type, as C2PA uses it."""


class Take(Stored):
    """One candidate clip of one shot. `12A-7` is take 7 of slate 12A."""

    SCHEMA = "take"

    production: str
    slate: str
    number: int = Field(ge=1)
    round: int = Field(ge=1)
    operation: str
    """Key of the operation that yielded it."""
    generator: str
    source_type: DigitalSourceType
    uri: str
    """`media/<sha256>.mp4` in the file store."""
    sha256: str
    poster: str = ""
    frames: int
    width: int
    height: int
    look: Look
    phash: str
    clips: tuple[str, ...] = ()
    """Ids of the catalogue clips that are cut in."""
    files: tuple[str, ...] = ()
    """The same clips' `file` as the rights CSV names it."""
    style_clips: tuple[str, ...] = ()
    """Ids of the catalogue clips that steered the look only."""
    recipe: dict[str, JsonValue] = Field(default_factory=dict)
    qc: QcReport

    @property
    def id(self) -> str:
        """Slate and number, e.g. `12A-7`."""
        return f"{self.slate}-{self.number}"


class CircledTake(Stored):
    """The take that is used for a shot: who circled it, and why."""

    SCHEMA = "circled_take"

    slate: str
    number: int
    round: int
    by: PickedBy
    """`provisional` means: not by a person."""
    who: str
    """Name of the person, or of the rule."""
    reason: str = ""
    at: datetime


class Choice(Value):
    """A circling, as it is put on record."""

    slate: str
    take: int
    round: int
    by: PickedBy
    who: str
    """Name of the person, or of the rule."""
    reason: str
    at: float
    """Unix seconds."""
    idempotency_key: str
    """The same key twice is one event."""
