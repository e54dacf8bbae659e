"""Small real takes for these tests, written by the house's own encoder into a real file store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circletake.assemble.render import MasterEvent, MasterOrder, execute
from circletake.domain.cut import CutEvent
from circletake.domain.operation import Operation, OperationState, Outcome, Output, operation_key
from circletake.domain.plan import Plan, Scene, Transition
from circletake.domain.quality import Finding, QcReport
from circletake.domain.take import CircledTake, DigitalSourceType, PickedBy, Take
from circletake.domain.timing import samples_in
from circletake.errors import JournalConflict
from circletake.media import encode, picture
from circletake.runtime.files import FileStore
from tests.domain.examples import LOOK, PLAN, SHOT

FPS = Fraction(24)
SIZE = (320, 180)
RATE = 48_000
PRODUCTION = "film0001"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Sound = NDArray[np.float32]


class Clock:
    """Time that stands still until somebody waits."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> float:
        return self.at.timestamp()

    def today(self) -> date:
        return self.at.date()

    def monotonic(self) -> float:
        return self.now()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def bed(frames: int, *, fps: Fraction = FPS) -> Sound:
    """Return two slow notes that never repeat within a film: a continuous sound to be cut into takes."""
    at = np.arange(samples_in(frames, fps)) / RATE
    left = 0.25 * np.sin(2 * np.pi * (110 + at) * at) + 0.1 * np.sin(2 * np.pi * 331 * at)
    right = 0.25 * np.sin(2 * np.pi * (111 + at) * at) + 0.1 * np.sin(2 * np.pi * 437 * at)
    return np.stack([left, right], axis=1).astype(np.float32)


def shown(frames: int, *, light: int = 110, seed: int = 1, size: tuple[int, int] = SIZE) -> list[picture.Frame]:
    """Return pictures of a textured field with a bright block that wanders over it."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(-20, 20, (size[1] // 10, size[0] // 10, 3)).repeat(10, 0).repeat(10, 1) + light
    pictures = []
    for index in range(frames):
        rgb = np.clip(ground, 0, 255).astype(np.uint8)
        left = (20 + index * 3) % (size[0] - 50)
        rgb[60:100, left : left + 40] = min(255, light + 90)
        pictures.append(picture.from_rgb(rgb))
    return pictures


def stored(
    files: FileStore,
    pictures: Iterable[picture.Frame],
    heard: Sound | None,
    *,
    fps: Fraction = FPS,
    size: tuple[int, int] = SIZE,
    profile: encode.Profile = "take",
) -> str:
    """Encode a take into the store and return its URI."""
    scratch = files.scratch("mp4")
    encode.write_film(scratch, frames=iter(pictures), fps=fps, size=size, sound=heard, profile=profile)
    return files.adopt(scratch, ending="mp4")


def a_take(
    slate: str,
    number: int,
    *,
    uri: str = "",
    frames: int = 48,
    clips: tuple[str, ...] = (),
    style_clips: tuple[str, ...] = (),
    source_type: DigitalSourceType = "composite",
) -> Take:
    """Return a take that passed; without a URI it is one of a file that does not exist."""
    name = uri or f"media/{'0' * 60}{number:04d}.mp4"
    return Take(
        production=PRODUCTION,
        slate=slate,
        number=number,
        round=1,
        operation=operation_key(PRODUCTION, "generate", slate, 1, 1),
        generator="ripomatic",
        source_type=source_type,
        uri=name,
        sha256=Path(name).stem,
        frames=frames,
        width=SIZE[0],
        height=SIZE[1],
        look=LOOK,
        phash="00ff00ff00ff00ff",
        clips=clips,
        files=tuple(f"{name}.mp4" for name in clips),
        style_clips=style_clips,
        qc=QcReport(findings=(Finding(check="decodes", passed=True, measured="all"),)),
    )


def a_plan(shots: Sequence[tuple[int, Transition]], *, fps: Fraction = FPS, title: str = "The Door") -> Plan:
    """Return a plan of one scene with a shot for every length and transition."""
    planned = tuple(
        SHOT.model_copy(update={"slate": f"1{letter}", "frames": frames, "transition": how, "grounded_in": ()})
        for letter, (frames, how) in zip("ABCDEFGH", shots, strict=False)
    )
    scene = Scene(number=1, heading="INT. CORRIDOR - NIGHT", summary="Nobody.", shots=planned)
    changed = {"scenes": (scene,), "frames": sum(frames for frames, _ in shots), "fps": fps, "title": title}
    return PLAN.model_copy(update=changed)


def circled(*takes: Take, by: PickedBy = "person") -> dict[str, CircledTake]:
    """Circle one take a slate."""
    return {
        take.slate: CircledTake(slate=take.slate, number=take.number, round=1, by=by, who="Ada", at=NOON)
        for take in takes
    }


def an_event(take: Take, frames: int, *, transition: Transition = "cut", in_frame: int = 0) -> CutEvent:
    """Return a take as it lies on the timeline."""
    return CutEvent(
        slate=take.slate, take=take.number, uri=take.uri, in_frame=in_frame, frames=frames, transition=transition
    )


def piece(
    uri: str,
    frames: int,
    *,
    take: str = "1A-1",
    in_frame: int = 0,
    available: int | None = None,
    transition: Transition = "cut",
    length: int = 0,
) -> MasterEvent:
    """Return a take as the renderer is given it."""
    return MasterEvent(
        take=take,
        uri=uri,
        in_frame=in_frame,
        frames=frames,
        available=frames if available is None else available,
        transition=transition,
        length=length,
    )


def an_order(*events: MasterEvent, fps: Fraction = FPS, codec: str = "libx264", loudness: float = -14.0) -> MasterOrder:
    """Return an order for a small master."""
    return MasterOrder(events=events, fps=fps, size=SIZE, codec=codec, loudness=loudness)


def an_operation(order: MasterOrder) -> Operation:
    """Return the operation that asks for a master."""
    return Operation(
        key=operation_key(PRODUCTION, "assemble", "film", 1, 1),
        production=PRODUCTION,
        step="assemble",
        slate="film",
        number=1,
        round=1,
        generator="master",
        request=order.model_dump(mode="json"),
        quote=Decimal(0),
    )


def rendered(files: FileStore, order: MasterOrder) -> Output:
    """Render as a worker does, and return what came of it."""
    outcome = execute(an_operation(order), files=files)
    assert outcome.state == "done"
    (output,) = outcome.outputs
    return output


class Desk:
    """Does work at once, in this process, and counts it; keeps what the journal keeps: requests and outcomes."""

    def __init__(self, work: Callable[[Operation], Outcome]) -> None:
        self._work = work
        self.requests: dict[str, Operation] = {}
        self.done: dict[str, Outcome] = {}
        self.executed: list[str] = []

    def drain(self, operations: Sequence[Operation], *, progress: Callable[[str, int, int], None]) -> None:
        for one in operations:
            if self.requests.setdefault(one.key, one).request != one.request:
                raise JournalConflict(f"operation {one.key} was journalled before with another request")
            progress("takes", int(one.key in self.done), 1)
            if one.key not in self.done:
                self.executed.append(one.key)
                self.done[one.key] = self._work(one)
                progress("takes", 1, 1)

    def outcomes(self, keys: Sequence[str]) -> dict[str, Outcome]:
        return {key: self.done[key] for key in keys if key in self.done}

    def states(self, keys: Sequence[str]) -> dict[str, OperationState]:
        return {key: self.done[key].state if key in self.done else "planned" for key in keys if key in self.requests}

    def left(self, production: str) -> Decimal:
        return Decimal(0)

    def journalled(self, key: str) -> tuple[Operation, Outcome | None] | None:
        return (self.requests[key], self.done.get(key)) if key in self.requests else None
