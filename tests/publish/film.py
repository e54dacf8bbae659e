"""A film that is ready to leave: a small catalogue, a plan of two shots, takes, picks, a cut and a master."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

from circletake import publish
from circletake.catalog import Search
from circletake.catalog.lance import LanceIndex
from circletake.domain.brief import Brief, Terms
from circletake.domain.clip import Clip
from circletake.domain.cut import Cut, CutEvent, Master
from circletake.domain.operation import Operation, Outcome
from circletake.domain.plan import Plan, Scene, Shot
from circletake.domain.production import Production, Update
from circletake.domain.quality import Finding, QcReport
from circletake.domain.reference import Reference
from circletake.domain.rights import CUT_IN, RightsContext, Window
from circletake.domain.take import Choice, PickedBy, Take
from circletake.media import picture, still
from circletake.publish import Channel, FolderChannel, Receipts
from circletake.settings import read_settings
from circletake.studio.house import House
from tests.catalog.synthetic import WORLDWIDE, a_clip
from tests.domain.examples import LOOK, PLAN, SHOT

PRODUCTION = "film0001"
TODAY = date(2026, 11, 22)
BRIEF = "A cold open, 4 s: the door & <b>nobody</b>"
CREDITED = WORLDWIDE.model_copy(update={"licence": "CC-BY-4.0", "owner": "South", "credit": "Footage: South"})
STYLE_ONLY = WORLDWIDE.model_copy(update={"uses": ("style_reference",), "owner": "East"})
CORRIDOR = a_clip("corridor")
DOOR = a_clip("door", licence=CREDITED)
FOG = a_clip("fog", licence=STYLE_ONLY)


class Calendar:
    """A clock that stands at noon of a day until it is told otherwise."""

    def __init__(self, today: date) -> None:
        self.day = today

    def now(self) -> float:
        return datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC).timestamp()

    def today(self) -> date:
        return self.day

    def monotonic(self) -> float:
        return self.now()

    def sleep(self, seconds: float) -> None:
        self.day += timedelta(seconds=seconds)


def a_poster(seed: int, *, size: tuple[int, int] = (320, 180)) -> bytes:
    """Return a JPEG of a few soft colours."""
    rng = np.random.default_rng(seed)
    rgb = np.empty((size[1], size[0], 3), np.uint8)
    rgb[:] = (40, *rng.integers(30, 220, 2))
    rgb[: size[1] // 2] //= 2
    return still.jpeg(picture.from_rgb(rgb), width=size[0])


def a_plan() -> Plan:
    """Return a plan of two shots, for Germany and Austria in the web, for a year."""
    rights = RightsContext(
        territories=("DE", "AT"),
        uses=CUT_IN,
        media=("web",),
        window=Window(first=TODAY, last=TODAY + timedelta(365)),
    )
    shots: tuple[Shot, ...] = tuple(
        SHOT.model_copy(update={"slate": slate, "title": "", "grounded_in": ()}) for slate in ("1A", "1B")
    )
    scene = Scene(number=1, heading="INT. CORRIDOR - NIGHT", summary="Nobody.", shots=shots)
    changed = {"title": "Die Tür: Größe", "frames": 96, "rights": rights, "scenes": (scene,)}
    return PLAN.model_copy(update={**changed, "conflicts": ("calm & loud",)})


def a_take(house: House, slate: str, number: int, *, clip: Clip, reason: str = "") -> Take:
    """Return a take with its poster in the file store; with a reason it failed quality control."""
    film = house.files.write(f"{slate}-{number}".encode(), ending="mp4")
    finding = Finding(check="frozen", passed=not reason, measured="30 frames", reason=reason)
    return Take(
        production=PRODUCTION,
        slate=slate,
        number=number,
        round=1,
        operation=f"{PRODUCTION}/generate/{slate}/1/1",
        generator="ripomatic",
        source_type="composite",
        uri=film,
        sha256=Path(film).stem,
        poster=house.files.write(a_poster(number), ending="jpg"),
        frames=48,
        width=1280,
        height=720,
        look=LOOK,
        phash="00ff00ff00ff00ff",
        clips=(clip.clip_id,),
        files=(clip.file,),
        style_clips=(FOG.clip_id,),
        recipe={"move": "push_in", "number": number},
        qc=QcReport(findings=(finding,)),
    )


def a_reference(clip: Clip) -> Reference:
    """Return a reference to a clip with its licence as it stands."""
    return Reference(
        clip_id=clip.clip_id,
        file=clip.file,
        title=clip.title,
        caption=clip.caption,
        score=0.5,
        licence=clip.licence,
        may_cut_in=set(CUT_IN) <= set(clip.licence.uses),
        predicate_sha256="ab" * 32,
    )


@dataclass(frozen=True)
class Desk:
    """Everything that publish is given."""

    house: House
    clock: Calendar
    search: Search
    receipts: Receipts
    releases_folder: Path
    channels: Mapping[str, Channel]

    @property
    def folder(self) -> Path:
        """Where the receipt lies."""
        return self.house.home / "productions" / PRODUCTION

    @property
    def master(self) -> Master:
        found = self.house.cuts.master(PRODUCTION, 1)
        assert found is not None
        return found

    @property
    def published(self) -> list[str]:
        """Names in the releases folder, hidden ones too."""
        return sorted(path.name for path in self.releases_folder.glob("*")) if self.releases_folder.exists() else []

    def publish(self) -> Update:
        """Run the step as the graph does."""
        house = self.house
        return publish.run(
            Production(production=PRODUCTION, plan_version=1, referenced_version=1, cut_version=1),
            plans=house.plans,
            decisions=house.decisions,
            cuts=house.cuts,
            takes=house.takes,
            circles=house.choices,
            releases=house.releases,
            files=house.files,
            rights=self.search,
            channels=self.channels,
            receipts=self.receipts,
            clock=self.clock,
        )

    def approve(self, by: PickedBy) -> None:
        """Record the approvals of plan and film."""
        who, note = ("Ada", "slower start") if by == "person" else ("provisional ranking", "not by a person")
        for point in ("plan", "film"):
            self.house.decisions.record(PRODUCTION, point, 1, by=by, who=who, note=note, at=self.clock.now())

    def circle(self, slate: str, number: int, by: PickedBy) -> None:
        """Circle a take."""
        who = "Ada" if by == "person" else "provisional ranking"
        choice = Choice(
            slate=slate,
            take=number,
            round=1,
            by=by,
            who=who,
            reason="the breath",
            at=self.clock.now(),
            idempotency_key=f"{slate}/{number}",
        )
        self.house.choices.circle(PRODUCTION, choice)

    def cut(self) -> None:
        """Cut what is circled, and store a master."""
        film = self.house.files.write(b"a film " * 5000, ending="mp4")
        circled = self.house.choices.current(PRODUCTION)
        events = tuple(
            CutEvent(slate=slate, take=one.number, uri=film, in_frame=0, frames=48) for slate, one in circled.items()
        )
        cut = Cut(
            production=PRODUCTION, version=1, fps=Fraction(24), frames=96, aspect="16:9", events=events, timeline=film
        )
        self.house.cuts.save(cut)
        measured = Finding(check="loudness", passed=True, measured="-14.0 LUFS")
        master = Master(
            production=PRODUCTION,
            cut_version=1,
            uri=film,
            sha256=hashlib.sha256(b"a film " * 5000).hexdigest(),
            bytes=35_000,
            frames=96,
            fps=Fraction(24),
            width=1280,
            height=720,
            loudness=-14.02,
            true_peak=-1.6,
            picture_sha256="cd" * 32,
            source_type="composite",
            signer="circletake studio signer",
            qc=QcReport(findings=(measured,)),
        )
        self.house.cuts.save_master(master)


def a_desk(home: Path) -> Desk:
    """Open a home with the plan, its references and six takes: nothing is circled, cut or approved yet."""
    clock = Calendar(TODAY)
    house = House(read_settings(home, environment={}), clock=clock)
    home.mkdir(parents=True)
    house.database.migrate()
    house.clips.put([CORRIDOR, DOOR, FOG])
    house.productions.add(PRODUCTION, brief=Brief(text=BRIEF), terms=Terms(), at=clock.now())
    house.plans.add(PRODUCTION, a_plan(), by="planner")
    references = tuple(a_reference(clip) for clip in (CORRIDOR, DOOR, FOG))
    house.references.save(PRODUCTION, 1, {"": references, "1A": references, "1B": references})
    takes = [a_take(house, "1A", number, clip=CORRIDOR) for number in (1, 2)]
    takes += [a_take(house, "1A", 3, clip=CORRIDOR, reason="the picture stands still")]
    takes += [a_take(house, "1B", number, clip=DOOR) for number in (1, 2, 3)]
    house.takes.add(takes)
    _journal(house)
    receipts = Receipts(
        home / "productions",
        productions=house.productions,
        plans=house.plans,
        references=house.references,
        clips=house.clips,
        takes=house.takes,
        circles=house.choices,
        decisions=house.decisions,
        cuts=house.cuts,
        releases=house.releases,
        operations=house.operations,
        attempts=house.attempts,
        files=house.files,
        clock=clock,
    )
    folder = FolderChannel(home / "releases")
    search = Search(house.clips, LanceIndex(home / "index"))
    return Desk(house, clock, search, receipts, home / "releases", {folder.name: folder})


def _journal(house: House) -> None:
    operation = Operation(
        key=f"{PRODUCTION}/generate/1A/1/1",
        production=PRODUCTION,
        step="generate",
        slate="1A",
        number=1,
        round=1,
        generator="ripomatic",
        request={"slate": "1A"},
        quote=Decimal("0.25"),
    )
    house.operations.plan([operation])
    with house.operations.batch() as batch:
        batch.finish(Outcome(key=operation.key, state="done", spent=Decimal("0.15")))


def ready(home: Path, *, by: PickedBy = "person") -> Desk:
    """Open a home whose film only waits to be published, decided by a person or by nobody."""
    desk = a_desk(home)
    desk.circle("1A", 2, by)
    desk.circle("1B", 1, by)
    desk.cut()
    desk.approve(by)
    return desk
