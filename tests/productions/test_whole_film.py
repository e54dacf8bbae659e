"""One whole production, from the brief to the published film, with every socket closed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from circletake.domain.rights import CUT_IN, permits
from circletake.media.decode import picture_sha256
from circletake.media.probe import probe
from circletake.studio import Studio
from tests.conftest import BRIEF


@dataclass(frozen=True)
class Made:
    """A studio with one film, made through the article's own call."""

    studio: Studio
    result: dict[str, Any]

    @property
    def production(self) -> str:
        return self.result["production"]

    @property
    def receipt(self) -> dict[str, Any]:
        return json.loads((self.studio.folder(self.production) / "receipt.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, starter_cache: Path) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CIRCLETAKE_CACHE", str(starter_cache))
        studio = Studio.open(tmp_path_factory.mktemp("film") / "studio")
        yield Made(studio, studio.app.invoke({"brief": BRIEF}))
        studio.close()


def test_the_articles_own_call_returns_what_it_promises(made: Made):
    result = made.result
    assert len(result["references"]) == 8
    assert len(result["candidates"]) == 24
    assert result["selected"] in result["candidates"]
    slates = [shot["slate"] for scene in result["plan"]["scenes"] for shot in scene["shots"]]
    assert list(result["selected_all"]) == slates
    assert result["selected"] == result["selected_all"][slates[0]]
    assert set(result["selected_all"].values()) <= set(result["candidates"])
    assert Path(result["film"]).suffix == ".mp4"


def test_the_film_is_what_was_asked_for(made: Made):
    film = probe(Path(made.result["film"]))
    assert (film.width, film.height, film.fps) == (1280, 720, Fraction(24))
    assert abs(film.frames - 480) <= 1
    assert (film.video_codec, film.audio_codec) == ("h264", "aac")


def test_every_shot_has_eight_references_and_a_circled_take_marked_as_nobodys(made: Made):
    studio, production = made.studio, made.production
    version, plan = studio.plan(production)
    for shot in plan.shots:
        assert len(studio.references.of(production, version, shot.slate)) == 8
    circled = studio.choices.current(production)
    assert set(circled) == {shot.slate for shot in plan.shots}
    assert {choice.by for choice in circled.values()} == {"provisional"}


def test_no_clip_is_used_against_its_licence(made: Made):
    studio, production = made.studio, made.production
    _, plan = studio.plan(production)
    takes = studio.takes.takes(production)
    clips = studio.clips.many(name for take in takes for name in (*take.clips, *take.style_clips))
    for take in takes:
        assert take.clips
        for name in take.clips:
            assert permits(clips[name].licence, plan.rights.for_uses(*CUT_IN)).allowed
        for name in take.style_clips:
            assert permits(clips[name].licence, plan.rights.for_uses("style_reference")).allowed


def test_the_master_is_signed_and_loud_enough(made: Made):
    studio, production = made.studio, made.production
    master = studio.cuts.master(production, studio.cuts.latest(production))
    assert master is not None
    assert master.loudness == pytest.approx(-14.0, abs=0.5)
    assert master.qc.passed, master.qc.reasons
    read = studio.verify(Path(made.result["film"]))
    assert read.state == "trusted"
    assert read.source_type == "composite"


def test_the_receipt_says_who_decided_and_what_it_rests_on(made: Made):
    text = (made.studio.folder(made.production) / "receipt.html").read_text(encoding="utf-8")
    assert "not by a person" in text.lower()
    assert BRIEF in text
    assert (made.studio.folder(made.production) / "contact.png").stat().st_size > 50_000
    files = {name for take in made.studio.takes.takes(made.production) for name in take.files}
    assert all(name in json.dumps(made.receipt) for name in files)


def test_every_step_is_on_record(made: Made):
    found, page = made.studio.reliability()
    assert {step.step: step.turns for step in found.steps} == dict.fromkeys(
        ("plan", "catalog", "approve", "generate", "review", "conform", "assemble", "screening", "publish"), 1
    )
    assert found.recovered == 1.0
    assert "100 % becomes 100 %" in page.read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_plan_and_the_same_pictures(made: Made):
    again = made.studio.app.invoke({"brief": BRIEF})
    assert again["plan"] == made.result["plan"]
    assert picture_sha256(Path(again["film"])) == picture_sha256(Path(made.result["film"]))
    assert again["film"] != made.result["film"]
