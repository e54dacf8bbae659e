"""The step: circled takes become one cut and one signed master, once, and nothing that is not cleared gets in."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from circletake import assemble
from circletake.assemble import LocalSigner, verify
from circletake.assemble.base import Manifest
from circletake.catalog import Search
from circletake.catalog.lance import LanceIndex
from circletake.domain.brief import Brief, Terms
from circletake.domain.clip import Clip
from circletake.domain.cut import Master
from circletake.domain.operation import Operation, Outcome
from circletake.domain.plan import Plan, Transition
from circletake.domain.production import Production
from circletake.domain.quality import QcReport
from circletake.domain.rights import PERPETUAL, Licence
from circletake.domain.take import Choice
from circletake.domain.timing import samples_in
from circletake.errors import HandoffInvalid, MediaError, ProvenanceError, RightsError
from circletake.media import decode, loudness
from circletake.media.probe import probe
from circletake.runtime.clock import SystemClock
from circletake.settings import read_settings
from circletake.studio.house import House
from tests.assemble.film import FPS, PRODUCTION, Desk, a_plan, a_take, bed, shown, stored
from tests.domain.examples import EXAMPLES, LICENCE

SHOTS: tuple[tuple[int, Transition], ...] = ((8, "fade_from_black"), (10, "dissolve"), (8, "fade_to_black"))


def a_clip(name: str, licence: Licence = LICENCE) -> Clip:
    base = EXAMPLES["clip"]
    assert isinstance(base, Clip)
    return base.model_copy(update={"clip_id": f"{name}-0", "file": f"{name}.mov", "licence": licence})


class Room:
    """Real repositories with three circled takes, and a desk that renders in this process."""

    def __init__(self, home: Path, signer: LocalSigner, *, plan: Plan | None = None) -> None:
        home.mkdir()
        self.house = House(read_settings(home, environment={}))
        self.house.database.migrate()
        self.house.clips.put([a_clip("corridor"), a_clip("door"), a_clip("fog")])
        self.house.productions.add(PRODUCTION, brief=Brief(text="a brief"), terms=Terms(), at=1.0)
        self.plan = plan or a_plan(SHOTS)
        self.house.plans.add(PRODUCTION, self.plan, by="planner")
        self.signer: assemble.Signer = signer
        self.desk = Desk(self.work)
        self.failing: list[str] = []
        self.seen: list[tuple[str, int, int]] = []
        self.loudness = -14.0
        self.state = Production(production=PRODUCTION, plan_version=1, referenced_version=1)
        self._shoot()

    def _shoot(self) -> None:
        files, at = self.house.files, 0
        heard = bed(self.plan.frames)
        for number, shot in enumerate(self.plan.shots):
            stretch = heard[samples_in(at, FPS) : samples_in(at + shot.frames, FPS)]
            at += shot.frames
            uri = stored(files, shown(shot.frames, light=70 + 40 * number), stretch)
            other = stored(files, shown(shot.frames, light=200), stretch) if shot.slate == "1B" else uri
            cut_in = ("corridor-0",) if number else ("door-0",)
            self.house.takes.add(
                [
                    a_take(shot.slate, take, uri=uri, frames=shot.frames, clips=cut_in, style_clips=("fog-0",))
                    for take, uri in ((1, other), (2, uri))
                ]
            )
            self.circle(shot.slate, 2)

    def circle(self, slate: str, number: int) -> None:
        choice = Choice(
            slate=slate,
            take=number,
            round=1,
            by="person",
            who="Ada",
            reason="the breath",
            at=self.house.clock.now(),
            idempotency_key=f"{slate}/{number}/{self.house.clock.now()}",
        )
        self.house.choices.circle(PRODUCTION, choice)

    def work(self, operation: Operation) -> Outcome:
        if self.failing:
            told = self.failing.pop()
            return Outcome(key=operation.key, state="failed", spent=Decimal(0), error_class="MediaError", error=told)
        return assemble.execute(operation, files=self.house.files)

    def assemble(self) -> Production:
        house = self.house
        update = assemble.run(
            self.state,
            plans=house.plans,
            takes=house.takes,
            circles=house.choices,
            cuts=house.cuts,
            clips=house.clips,
            files=house.files,
            rights=Search(house.clips, LanceIndex(house.home / "index")),
            work=self.desk,
            signer=self.signer,
            clock=SystemClock(),
            progress=lambda *told: self.seen.append(told),
            codec="libx264",
            loudness=self.loudness,
        )
        self.state = Production.model_validate({**self.state.model_dump(), **update})
        return self.state

    def master(self, version: int = 1) -> Master:
        found = self.house.cuts.master(PRODUCTION, version)
        assert found is not None
        return found

    @property
    def scratch(self) -> Sequence[Path]:
        """What is left half-done."""
        return list((self.house.home / "media" / "scratch").iterdir())


@pytest.fixture
def room(tmp_path: Path, signer: LocalSigner) -> Room:
    return Room(tmp_path / "studio", signer)


def test_circled_takes_become_a_signed_master(room: Room):
    state = room.assemble()
    master = room.master()
    path = room.house.files.path(master.uri)
    written, read = probe(path), verify(path, anchors_pem=room.signer.root_pem)
    assert (state.cut_version, state.master) == (1, master.uri)
    assert (written.frames, written.width, written.height, written.fps) == (26, 1280, 720, 24)
    assert (master.frames, master.width, master.height, master.bytes) == (26, 1280, 720, path.stat().st_size)
    assert master.sha256 == path.stem
    assert master.picture_sha256 == decode.picture_sha256(path)
    heard = loudness.measure(decode.decode_sound(path, start=FPS * 0, samples=samples_in(26, FPS)))
    assert heard.integrated == pytest.approx(-14.0, abs=0.5)
    assert master.loudness == pytest.approx(heard.integrated, abs=0.02)
    assert master.true_peak <= -1.0
    assert master.qc.passed, master.qc.reasons
    assert (read.state, read.signer, read.source_type) == ("trusted", master.signer, master.source_type)
    assert [one.id for one in read.ingredients] == ["door-0", "corridor-0", "fog-0"]
    assert room.scratch == []


def test_the_cut_holds_the_circled_takes_in_story_order_and_its_timeline(room: Room):
    room.assemble()
    cut = room.house.cuts.cut(PRODUCTION, 1)
    assert cut is not None
    assert [(event.slate, event.take, event.frames, event.transition) for event in cut.events] == [
        ("1A", 2, 8, "fade_from_black"),
        ("1B", 2, 10, "dissolve"),
        ("1C", 2, 8, "fade_to_black"),
    ]
    text = room.house.files.path(cut.timeline).read_text(encoding="utf-8")
    assert all(f'"{slate}-{take}"' in text for slate in ("1A", "1B", "1C") for take in (1, 2))


def test_a_second_run_renders_and_signs_nothing_again(room: Room):
    first = room.assemble()
    assert room.desk.executed == [f"{PRODUCTION}/assemble/film/1/1"]
    assert room.assemble() == first
    assert room.house.cuts.latest(PRODUCTION) == 1
    room.state = Production(production=PRODUCTION, plan_version=1, referenced_version=1)
    assert room.assemble() == first, "taken up after it died before it told the graph"
    assert len(room.desk.executed) == 1


def test_a_run_that_died_before_signing_does_not_render_again(room: Room, signer: LocalSigner):
    class Dying:
        """Dies when it is asked to sign."""

        common_name, root_pem = signer.common_name, signer.root_pem

        def sign(self, source: Path, target: Path, *, manifest: Manifest) -> None:
            raise KeyboardInterrupt

    room.signer = Dying()
    with pytest.raises(KeyboardInterrupt):
        room.assemble()
    assert room.house.cuts.master(PRODUCTION, 1) is None
    room.signer = signer
    assert room.assemble().cut_version == 1
    assert len(room.desk.executed) == 1
    assert room.scratch == []


def test_another_circled_take_makes_the_next_cut(room: Room):
    first = room.assemble()
    room.circle("1B", 1)
    second = room.assemble()
    assert second.cut_version == 2
    assert second.master != first.master
    assert room.desk.executed == [f"{PRODUCTION}/assemble/film/1/1", f"{PRODUCTION}/assemble/film/1/2"]
    assert room.master(1).uri == first.master
    assert room.master(2).picture_sha256 != room.master(1).picture_sha256


def test_a_master_whose_file_is_gone_is_made_again_as_the_next_cut(room: Room):
    first = room.assemble()
    room.house.files.path(first.master).unlink()
    second = room.assemble()
    assert second.cut_version == 2
    assert room.house.files.path(second.master).exists()
    assert room.master(2).picture_sha256 == room.master(1).picture_sha256


def test_a_failed_order_says_why_and_is_ordered_again_when_the_step_is(room: Room):
    room.failing = ["the take is damaged"]
    with pytest.raises(MediaError, match=r"cut 1 cannot be rendered: the take is damaged"):
        room.assemble()
    assert room.assemble().cut_version == 1
    assert room.desk.executed == [f"{PRODUCTION}/assemble/film/{number}/1" for number in (1, 2)]


def test_another_setting_after_a_failure_is_another_order(room: Room):
    room.failing = ["this codec does not start"]
    with pytest.raises(MediaError):
        room.assemble()
    room.loudness = -20.0
    assert room.assemble().cut_version == 1
    assert len(room.desk.executed) == 2
    assert room.master().loudness == pytest.approx(-20.0, abs=0.5)


def test_a_clip_whose_licence_was_revoked_stops_the_film(room: Room):
    room.house.clips.put([a_clip("door", LICENCE.model_copy(update={"revoked": True, "revision": 3}))])
    with pytest.raises(RightsError, match=r"take 1A-2 .* cut in door\.mov: the licence is revoked"):
        room.assemble()
    assert room.desk.executed == []
    assert room.house.cuts.latest(PRODUCTION) == 0


def test_a_clip_is_asked_for_the_whole_window_of_the_release(room: Room):
    ends = LICENCE.model_copy(update={"expires": date(2027, 1, 1)})
    room.house.clips.put([a_clip("corridor", ends)])
    with pytest.raises(RightsError, match=r"corridor\.mov: expires 2027-01-01, before 2027-11-21"):
        room.assemble()


def test_a_clip_that_only_steers_the_look_needs_no_right_to_be_cut_in(room: Room):
    looks = Licence(**{**LICENCE.model_dump(), "uses": ("style_reference",), "expires": PERPETUAL})
    room.house.clips.put([a_clip("fog", looks)])
    assert room.assemble().cut_version == 1


def test_a_shot_without_a_circled_take_is_named(tmp_path: Path, signer: LocalSigner):
    room = Room(tmp_path / "studio", signer)
    room.house.plans.add(PRODUCTION, a_plan([*SHOTS, (24, "cut")]), by="person")
    room.state = Production(production=PRODUCTION, plan_version=2, referenced_version=2)
    with pytest.raises(HandoffInvalid, match=r"shot 1D has no circled take"):
        room.assemble()


def test_a_signature_that_does_not_verify_lets_nothing_through(room: Room, signer: LocalSigner):
    room.signer = dataclasses.replace(signer, root_pem="")
    with pytest.raises(ProvenanceError, match=r"signature on cut 1 does not verify: .*untrusted"):
        room.assemble()
    assert room.house.cuts.master(PRODUCTION, 1) is None
    assert room.scratch == []


def test_what_came_without_measurements_is_not_signed(room: Room):

    def silent(operation: Operation) -> Outcome:
        outcome = room.work(operation)
        bare = outcome.outputs[0].model_copy(update={"recipe": {}, "qc": QcReport(findings=())})
        return outcome.model_copy(update={"outputs": (bare,)})

    room.desk = Desk(silent)
    with pytest.raises(HandoffInvalid, match=r"what was measured of it is missing"):
        room.assemble()


@pytest.mark.parametrize(("aspect", "size"), [("9:16", (720, 1280)), ("1:1", (720, 720)), ("4:5", (720, 900))])
def test_every_aspect_has_its_size(tmp_path: Path, signer: LocalSigner, aspect: str, size: tuple[int, int]):
    plan = a_plan([(12, "cut")]).model_copy(update={"aspect": aspect})
    room = Room(tmp_path / "studio", signer, plan=plan)
    room.assemble()
    assert (room.master().width, room.master().height) == size


def test_progress_is_told_of_a_master(room: Room):
    room.assemble()
    assert room.seen == [("master", 0, 1), ("master", 1, 1)]
