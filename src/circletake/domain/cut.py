"""The cut, the master and the release."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from circletake.domain.brief import Aspect
from circletake.domain.plan import Transition
from circletake.domain.quality import QcReport
from circletake.domain.rights import RightsContext
from circletake.domain.schema import Stored, Value
from circletake.domain.take import DigitalSourceType
from circletake.domain.timing import Rational


class CutEvent(Value):
    """One circled take on the timeline."""

    slate: str
    take: int
    uri: str
    in_frame: int = Field(ge=0)
    """First frame of the take that is used."""
    frames: int = Field(gt=0)
    transition: Transition = "cut"


class Cut(Stored):
    """Ordered circled takes with in and out points."""

    SCHEMA = "cut"

    production: str
    version: int = Field(ge=1)
    fps: Rational
    frames: int
    aspect: Aspect
    events: tuple[CutEvent, ...]
    timeline: str
    """URI of the OTIO file in the file store; the takes that were not circled travel in it as alternates."""


class Master(Stored):
    """The cut, rendered once and signed."""

    SCHEMA = "master"

    production: str
    cut_version: int
    uri: str
    sha256: str
    bytes: int
    frames: int
    fps: Rational
    width: int
    height: int
    loudness: float
    """Integrated loudness, LUFS."""
    true_peak: float
    """dBTP."""
    picture_sha256: str
    """Hash over all decoded frames: the same for the same picture, whatever the container says."""
    source_type: DigitalSourceType
    signer: str
    """Common name of the signing certificate."""
    qc: QcReport


class Release(Stored):
    """A published deliverable."""

    SCHEMA = "release"

    production: str
    channel: str
    """E.g. `folder`."""
    address: str
    """Where it lies now: a path or URI."""
    sha256: str
    rights: RightsContext
    """What it was checked for at the moment of release."""
    on: date
    at: datetime
    decided_by: Literal["person", "provisional"]
