"""Synthetic clips: owners with their own content, look and licences, as in a real catalogue."""

from __future__ import annotations

import hashlib
import random
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from circletake.catalog import Search
from circletake.catalog.lance import LanceIndex
from circletake.domain.clip import Clip
from circletake.domain.look import Look
from circletake.domain.rights import MEDIA, PERPETUAL, USES, Licence, RightsContext, Window
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.engine import Database

SUBJECTS = ("harbour", "corridor", "forest", "market", "desert", "kitchen", "stadium", "glacier")
"""Each belongs to one owner."""
MOODS = ("foggy", "sunlit", "empty", "crowded", "silent", "stormy")
PLACES = ("WORLD", "DE", "FR", "US", "JP", "BR")
TODAY = date(2026, 11, 22)
WORLDWIDE = Licence(
    owner="North",
    licence="CC0-1.0",
    territories=("WORLD",),
    uses=("style_reference", "derivative", "publish"),
    valid_from=date(2020, 1, 1),
    expires=PERPETUAL,
    media=("all",),
    people_release="none_needed",
)


def asking(*uses: str, territories: tuple[str, ...] = ("DE",), media: tuple[str, ...] = ("web",)) -> RightsContext:
    """Return a rights question for the year from `TODAY`."""
    return RightsContext.model_validate(
        {
            "territories": territories,
            "uses": uses,
            "media": media,
            "window": Window(first=TODAY, last=TODAY + timedelta(365)),
        }
    )


def a_look(rng: random.Random, centre: float = 0.5) -> Look:
    """Return a look near `centre` of every scale."""

    def near(spread: float, around: float = centre) -> float:
        return min(1.0, max(0.0, rng.gauss(around, spread)))

    return Look(
        oklab_mean=(near(0.1), (near(0.1) - 0.5) / 4, (near(0.2) - 0.5) / 4),
        oklab_std=(near(0.1), near(0.1) / 5, near(0.1) / 5),
        palette=tuple((near(0.2), near(0.2) - 0.5, near(0.2) - 0.5) for _ in range(5)),
        luma=near(0.15),
        contrast=near(0.15) / 2,
        saturation=near(0.15) / 4,
        motion=near(0.15) / 5,
        zoom=near(0.2) - 0.5,
        edges=near(0.1),
        grain=near(0.1) / 10,
        sharpness=near(0.1) * 5,
        loudness=-70.0 * near(0.2),
    )


def a_clip(name: str, *, licence: Licence = WORLDWIDE, caption: str = "", look: Look | None = None) -> Clip:
    """Return a clip of no footage at all."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Clip(
        clip_id=f"{sha256[:12]}-0",
        file=f"{name}.mp4",
        sha256=sha256,
        original=f"/footage/{name}.mp4",
        proxy=f"media/{sha256}.mp4",
        first_frame=0,
        frames=96,
        fps=Fraction(24),
        width=960,
        height=540,
        has_sound=False,
        title=name,
        caption=caption or name,
        look=look or a_look(random.Random(name)),
        phash=sha256[:16],
        licence=licence,
    )


def many_clips(count: int, seed: int = 7) -> list[Clip]:
    """Return clips whose subject and look go with the owner, and whose rights go with the owner too, mostly."""
    rng = random.Random(seed)
    clips: list[Clip] = []
    for number in range(count):
        owner = number % len(SUBJECTS)
        licence = _owners_licence(owner, rng)
        caption = f"{rng.choice(MOODS)} {SUBJECTS[owner]} number {number}, seen from {rng.choice(MOODS)} ground"
        look = a_look(rng, centre=(owner + 1) / (len(SUBJECTS) + 1))
        clips.append(a_clip(f"clip{number:04d}", licence=licence, caption=caption, look=look))
    return clips


def _owners_licence(owner: int, rng: random.Random) -> Licence:
    """Return what an owner usually grants; one clip in five is an exception."""
    if rng.random() < 0.2:
        return _any_licence(f"owner {owner}", rng)
    return WORLDWIDE.model_copy(
        update={
            "owner": f"owner {owner}",
            "territories": ("WORLD",) if owner % 2 else (PLACES[1 + owner % 5], PLACES[1 + (owner + 1) % 5]),
            "uses": USES[: 1 + owner % 4],
            "media": ("all",) if owner % 3 else ("web", "social"),
            "expires": PERPETUAL if owner % 4 else TODAY + timedelta(200),
        }
    )


def _any_licence(owner: str, rng: random.Random) -> Licence:
    return Licence(
        owner=owner,
        licence=rng.choice(["CC0-1.0", "HOUSE-7", "", "unknown"]),
        territories=tuple(rng.sample(PLACES, rng.randint(0, 3))),
        uses=tuple(rng.sample(USES, rng.randint(0, 4))),
        valid_from=rng.choice([None, TODAY - timedelta(300), TODAY + timedelta(30)]),
        expires=rng.choice([None, TODAY + timedelta(20), TODAY + timedelta(500), PERPETUAL]),
        media=tuple(rng.sample(MEDIA, rng.randint(0, 3))),
        people_release=rng.choice(["none_needed", "signed", "missing", "unknown"]),
        revoked=rng.random() < 0.2,
    )


def any_question(rng: random.Random) -> RightsContext:
    """Return a random rights question."""
    first = TODAY + timedelta(rng.randint(-100, 100)) if rng.random() < 0.95 else date(2019, 6, 1)
    return RightsContext.model_validate(
        {
            "territories": rng.sample(PLACES, rng.randint(1, 2)),
            "uses": rng.sample(USES, rng.randint(1, 3)),
            "media": rng.sample(MEDIA, rng.randint(1, 2)),
            "window": Window(first=first, last=first + timedelta(rng.randint(0, 400))),
        }
    )


def opened(home: Path) -> tuple[Clips, Search]:
    """Open the catalogue of a home."""
    home.mkdir(parents=True, exist_ok=True)
    database = Database(home)
    database.migrate()
    clips = Clips(database, clock=SystemClock())
    return clips, Search(clips, LanceIndex(home / "index"))
