"""One example of every stored value, with each field set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from circletake.domain.brief import Brief, Terms
from circletake.domain.clip import Clip
from circletake.domain.cut import Cut, CutEvent, Master, Release
from circletake.domain.look import Look, StyleTarget
from circletake.domain.operation import Outcome, Output
from circletake.domain.plan import BibleEntry, Plan, Reading, Scene, Shot, Sound
from circletake.domain.quality import Finding, QcReport
from circletake.domain.reference import Reference
from circletake.domain.rights import PERPETUAL, Licence, RightsContext, Window
from circletake.domain.schema import Stored
from circletake.domain.take import CircledTake, Take

WHEN = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
SHA = "ab" * 32

LOOK = Look(
    oklab_mean=(0.5, 0.01, -0.02),
    oklab_std=(0.1, 0.02, 0.03),
    palette=((0.2, 0.0, 0.0), (0.8, 0.01, 0.05)),
    luma=0.4,
    contrast=0.2,
    saturation=0.06,
    motion=0.01,
    loudness=-23.0,
)
LICENCE = Licence(
    owner="Starter Collection North",
    licence="CC0-1.0",
    licence_url="https://example.org/licence",
    source="shot by the house",
    territories=("WORLD",),
    uses=("style_reference", "derivative", "publish"),
    valid_from=date(2020, 1, 1),
    expires=PERPETUAL,
    media=("all",),
    people_release="none_needed",
    credit="Starter Collection North",
    revision=2,
)
RIGHTS = RightsContext(
    territories=("DE", "FR"),
    uses=("derivative", "publish"),
    media=("web",),
    window=Window(first=date(2026, 11, 22), last=date(2027, 11, 21)),
)
QC = QcReport(
    findings=(
        Finding(check="decodes", passed=True, measured="72 of 72 frames"),
        Finding(check="frozen", passed=False, measured="30 frames", reason="the picture stands still"),
    )
)
SHOT = Shot(
    slate="1A",
    frames=48,
    size="LS",
    angle="low",
    move="push_in",
    action="A long corridor; one lamp flickers.",
    sound=Sound(dialogue="", effects="hum", music="drone"),
    prompt="a long corridor at night",
    negative_prompt="people",
    bible=("corridor",),
    transition="fade_from_black",
    title="THE DOOR",
    search="corridor night",
    style=StyleTarget(luma=0.2, contrast=0.6, saturation=0.2, warmth=-0.3, motion=0.05),
    grounded_in=("abcdef012345-0",),
)
PLAN = Plan(
    title="The Door",
    logline="Somebody was here.",
    form="cold open",
    tone="dread",
    style_words=("slow", "cold"),
    subject=("corridor",),
    aspect="16:9",
    frames=48,
    rights=RIGHTS,
    readings=(Reading(field="duration", value="2 s", origin="brief", note="2s"),),
    conflicts=("calm and frantic",),
    bible=(BibleEntry(id="corridor", kind="place", description="a hospital corridor"),),
    scenes=(Scene(number=1, heading="INT. CORRIDOR - NIGHT", summary="Nobody.", shots=(SHOT,)),),
    planner="storyboard/1",
    seed=1,
)
OUTPUT = Output(
    index=0,
    outcome="take",
    uri=f"media/{SHA}.mp4",
    sha256=SHA,
    bytes=1000,
    poster=f"media/{SHA}.jpg",
    frames=48,
    width=1280,
    height=720,
    look=LOOK,
    phash="00ff00ff00ff00ff",
    recipe={"move": "push_in"},
    qc=QC,
)

EXAMPLES: dict[str, Stored] = {
    "brief": Brief(
        text="A24-style cold-open, 20s, dread tone",
        duration=Fraction(20),
        aspect="16:9",
        territories=("DE",),
        media=("web",),
        uses=("publish",),
        release=date(2026, 12, 1),
        until=date(2027, 12, 1),
    ),
    "terms": Terms(pick="provisional", takes=24, budget=Decimal("5.00"), seed=7),
    "licence": LICENCE,
    "look": LOOK,
    "clip": Clip(
        clip_id="abcdef012345-0",
        file="corridor.mp4",
        sha256=SHA,
        original="/footage/corridor.mp4",
        proxy=f"media/{SHA}.mp4",
        poster=f"media/{SHA}.jpg",
        first_frame=0,
        frames=96,
        fps=Fraction(24000, 1001),
        width=960,
        height=540,
        has_sound=True,
        title="Corridor",
        caption="A long corridor at night.",
        tags=("night", "dread"),
        look=LOOK,
        phash="00ff00ff00ff00ff",
        licence=LICENCE,
    ),
    "reference": Reference(
        clip_id="abcdef012345-0",
        file="corridor.mp4",
        title="Corridor",
        caption="A long corridor at night.",
        score=0.75,
        licence=LICENCE,
        may_cut_in=True,
        predicate_sha256=SHA,
    ),
    "plan": PLAN,
    "qc_report": QC,
    "outcome": Outcome(key="p/generate/1A/1/1", state="done", outputs=(OUTPUT,), spent=Decimal("0.15"), seconds=1.5),
    "take": Take(
        production="p",
        slate="1A",
        number=3,
        round=1,
        operation="p/generate/1A/1/1",
        generator="ripomatic",
        source_type="composite",
        uri=f"media/{SHA}.mp4",
        sha256=SHA,
        poster=f"media/{SHA}.jpg",
        frames=48,
        width=1280,
        height=720,
        look=LOOK,
        phash="00ff00ff00ff00ff",
        clips=("abcdef012345-0",),
        files=("corridor.mp4",),
        style_clips=("fedcba543210-0",),
        recipe={"move": "push_in"},
        qc=QC,
    ),
    "circled_take": CircledTake(slate="1A", number=3, round=1, by="person", who="Ada", reason="the breath", at=WHEN),
    "cut": Cut(
        production="p",
        version=1,
        fps=Fraction(24),
        frames=48,
        aspect="16:9",
        events=(CutEvent(slate="1A", take=3, uri=f"media/{SHA}.mp4", in_frame=0, frames=48),),
        timeline=f"media/{SHA}.otio",
    ),
    "master": Master(
        production="p",
        cut_version=1,
        uri=f"media/{SHA}.mp4",
        sha256=SHA,
        bytes=2000,
        frames=48,
        fps=Fraction(24),
        width=1280,
        height=720,
        loudness=-14.0,
        true_peak=-1.2,
        picture_sha256=SHA,
        source_type="composite",
        signer="circletake studio",
        qc=QC,
    ),
    "release": Release(
        production="p",
        channel="folder",
        address="/releases/the-door.mp4",
        sha256=SHA,
        rights=RIGHTS,
        on=date(2026, 11, 22),
        at=WHEN,
        decided_by="person",
    ),
}
