"""What the re-cutter is told to do: enough to make every take again, to the bit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from circletake.domain.clip import WHOLE, Area
from circletake.domain.look import CameraMove, Look, StyleTarget
from circletake.domain.schema import Value
from circletake.domain.timing import Rational

Profile = Literal["preview", "final"]
"""`preview` is what editors choose from: small, from proxies. `final` is what goes into the film: from originals."""


class Original(Value):
    """The file that a proxy was made from, as it must still be."""

    path: str
    """On this machine."""
    sha256: str
    fps: Rational
    """That the file is played at, in its proxy too."""
    shown: tuple[int, int]
    """Width and height as it is shown."""


class Segment(Value):
    """A stretch of a clip, counted in frames of the film's rate."""

    clip: str
    file: str
    proxy: str
    first_frame: int = Field(ge=0)
    last_frame: int
    """The first frame that is no longer used."""
    speed: Rational
    """1 is as shot, 1/2 is half speed."""
    has_sound: bool
    look: Look
    active: Area = WHOLE
    """The part of the picture that may be seen."""
    original: Original | None = None
    """What a final is cut from."""


class Bed(Value):
    """The sound bed of the whole film, and where this shot lies in it: slices of neighbours join without a seam."""

    tone: str
    """Empty for no music."""
    seed: int
    film_frames: int
    cuts: tuple[int, ...]
    """Frames of the film at which shots change."""
    starts_at: int


class FrameOn(Value):
    """Whether the shot opens or closes the film."""

    first: bool
    last: bool


class Grading(Value):
    """Towards which look a variant is graded."""

    target: StyleTarget
    reference: Look | None
    """Look of the style reference."""
    reference_clip: str
    strength: float = Field(ge=0, le=1)
    grain: float = Field(ge=0, le=1)
    vignette: float = Field(ge=0, le=1)


class Variant(Value):
    """One take from the segment."""

    move: CameraMove
    strength: float
    scale: float = Field(ge=1)
    """How far it pushes in, 1 shows the whole picture."""
    x: float
    y: float
    """Where the frame is centred, 0..1."""
    seed: int
    grading: Grading
    own_sound_db: float
    """Level of the clip's own sound against the bed."""


class WorkOrder(Value):
    """One operation: a segment and its variants."""

    profile: Profile = "preview"
    slate: str
    frames: int
    fps: Rational
    size: tuple[int, int]
    codec: str
    font: str
    segment: Segment
    bed: Bed
    title: str
    fades: FrameOn
    variants: tuple[Variant, ...]
