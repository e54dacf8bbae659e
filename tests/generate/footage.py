"""Small real footage for these tests: written by the house's own encoder into a real file store."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from circletake.domain.clip import Clip
from circletake.domain.look import StyleTarget
from circletake.domain.plan import Plan, Scene
from circletake.domain.timing import samples_in
from circletake.generate import HouseFormat, ShotOrder
from circletake.generate.casting import Cast, share_out
from circletake.media import encode, look, picture
from circletake.runtime.files import FileStore
from tests.domain.examples import EXAMPLES, PLAN, SHOT

FPS = Fraction(24)
SIZE = (320, 180)


def clip(files: FileStore, name: str, *, frames: int = 96, light: int = 90, seed: int = 1) -> Clip:
    """Return a clip of a textured field with a bright block that wanders across it, with sound."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(0, 60, (SIZE[1] // 4, SIZE[0] // 4, 3)).repeat(4, 0).repeat(4, 1) + light // 2
    shown = []
    for index in range(frames):
        rgb = np.clip(ground + rng.integers(0, 6, ground.shape), 0, 255).astype(np.uint8)
        left = 20 + index * 2
        rgb[70:110, left : left + 40] = (light + 100, light + 60, light)
        shown.append(picture.from_rgb(np.ascontiguousarray(rgb)))
    tone = 0.2 * np.sin(np.arange(samples_in(frames, FPS)) * 2 * np.pi * 220 / 48_000)
    heard = np.stack([tone, tone], axis=1).astype(np.float32)
    scratch = files.scratch("mp4")
    encode.write_film(scratch, frames=iter(shown), fps=FPS, size=SIZE, sound=heard, profile="proxy")
    uri = files.adopt(scratch, ending="mp4")
    base = EXAMPLES["clip"]
    assert isinstance(base, Clip)
    changes = {
        "clip_id": f"{name}-0",
        "file": f"{name}.mp4",
        "proxy": uri,
        "original": uri,
        "sha256": uri.removeprefix("media/").removesuffix(".mp4"),
        "width": SIZE[0],
        "height": SIZE[1],
        "frames": frames,
        "fps": FPS,
        "look": look.measure(shown, fps=FPS, sound=heard),
        "phash": look.phash(shown[frames // 2]),
    }
    return base.model_copy(update=changes)


def plan(*lengths: int, tone: str = "dread") -> Plan:
    """Return a plan of one scene with shots of these lengths."""
    shots = tuple(
        SHOT.model_copy(
            update={
                "slate": f"1{letter}",
                "frames": frames,
                "title": "",
                "style": StyleTarget(luma=0.2),
                "grounded_in": (),
            }
        )
        for letter, frames in zip("ABCDEF", lengths, strict=False)
    )
    scene = Scene(number=1, heading="EXT. FIELD - DAY", summary="", shots=shots)
    return PLAN.model_copy(update={"scenes": (scene,), "frames": sum(lengths), "tone": tone})


def order(files: FileStore, clips: tuple[Clip, ...], *, takes: int = 4, seed: int = 1, frames: int = 48) -> ShotOrder:
    """Return an order for the first shot of a plan of two, whose second shot needs no footage of these clips."""
    asked = plan(frames, 24)
    offers = {"1A": Cast(clips, clips), "1B": Cast((), clips)}
    return ShotOrder(
        plan=asked,
        shot=asked.shots[0],
        starts_at=0,
        takes=takes,
        skip=0,
        round=1,
        seed=seed,
        cut_in=clips,
        style=clips,
        moments=share_out(asked, offers, takes=())["1A"],
        format=HouseFormat(),
    )


def store(home: Path) -> FileStore:
    """Return a file store."""
    return FileStore(home)
