"""What a signed film says about itself, and what is noticed when somebody touches it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from circletake.assemble import LocalSigner, Verification, make_identity, verify
from circletake.assemble.base import Manifest
from circletake.assemble.provenance import manifest, source_type
from circletake.domain.clip import Clip
from circletake.domain.take import DigitalSourceType, Take
from circletake.errors import ProvenanceError
from circletake.media import decode
from circletake.runtime.clock import SystemClock
from circletake.runtime.files import FileStore
from tests.assemble.film import NOON, PRODUCTION, a_plan, a_take, bed, circled, shown, stored
from tests.domain.examples import EXAMPLES, RIGHTS

PLAN = a_plan([(24, "cut"), (24, "cut")], title="Die Tür: Größe")


def a_clip(name: str) -> Clip:
    base = EXAMPLES["clip"]
    assert isinstance(base, Clip)
    return base.model_copy(update={"clip_id": f"{name}-0", "file": f"{name}.mov", "title": name.title()})


CORRIDOR, DOOR, FOG = (a_clip(name) for name in ("corridor", "door", "fog"))
TAKES = (
    a_take("1A", 2, clips=("corridor-0",), style_clips=("fog-0", "door-0")),
    a_take("1B", 1, clips=("door-0",), style_clips=("fog-0",)),
)


def told(takes: tuple[Take, ...] = TAKES, *, clips: tuple[Clip, ...] = (CORRIDOR, DOOR, FOG)) -> Manifest:
    return manifest(
        PLAN,
        production=PRODUCTION,
        cut_version=2,
        takes=takes,
        circles={**circled(*takes[:1], by="provisional"), **circled(*takes[1:])},
        clips={clip.clip_id: clip for clip in clips},
        rights=RIGHTS,
        at=NOON,
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = FileStore(tmp_path_factory.mktemp("film"))
    return files.path(stored(files, shown(24), bed(24)))


@pytest.fixture(scope="module")
def signed(film: Path, signer: LocalSigner) -> Path:
    target = film.with_name("signed.mp4")
    signer.sign(film, target, manifest=told())
    return target


def assertion(read: Path, label: str) -> bytes:
    """Return the raw bytes that follow an assertion's label in the file."""
    data = read.read_bytes()
    return data[data.index(label.encode()) :]


def test_a_signed_film_is_trusted_under_its_own_root(signed: Path, signer: LocalSigner):
    read = verify(signed, anchors_pem=signer.root_pem)
    assert read.state == "trusted"
    assert read.problems == ()
    assert read.title == "Die Tür: Größe"
    assert read.signer == signer.common_name
    assert read.source_type == "composite"
    assert read.picked_by == "provisional"
    assert read.generator.startswith("circletake ")


def test_the_picture_is_the_same_after_signing(film: Path, signed: Path):
    assert decode.picture_sha256(signed) == decode.picture_sha256(film)


def test_the_film_names_what_was_cut_in_and_what_was_looked_at(signed: Path, signer: LocalSigner):
    read = verify(signed, anchors_pem=signer.root_pem)
    assert [str(one) for one in read.ingredients] == [
        "Corridor (corridor-0): cut in",
        "Door (door-0): cut in",
        "Fog (fog-0): looked at",
    ]
    assert {one.sha256 for one in read.ingredients} == {CORRIDOR.sha256}
    assert read.actions == ("c2pa.created", "c2pa.placed", "c2pa.color_adjustments")


def test_the_film_carries_its_rights_and_its_picks_but_no_persons_name(signed: Path):
    rights = assertion(signed, "org.circletake.rights")
    assert RIGHTS.predicate_sha256().encode() in rights
    assert b"corridor.mov" in rights
    assert CORRIDOR.licence.owner.encode() in rights
    assert PRODUCTION.encode() in assertion(signed, "org.circletake.production")
    assert b"Ada" not in signed.read_bytes()


def test_a_stranger_finds_it_whole_but_does_not_trust_it(signed: Path, tmp_path: Path):
    for anchors in ("", make_identity(tmp_path / "keys", clock=SystemClock()).root_pem):
        read = verify(signed, anchors_pem=anchors)
        assert read.state == "valid"
        assert any("signingCredential.untrusted" in problem for problem in read.problems)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_one_bit_of_the_picture_changed_is_noticed(signed: Path, signer: LocalSigner, tmp_path: Path, place: float):
    data = bytearray(signed.read_bytes())
    start = data.index(b"mdat") + 4
    data[start + int((len(data) - start) * place)] ^= 1
    touched = tmp_path / "touched.mp4"
    touched.write_bytes(data)
    read = verify(touched, anchors_pem=signer.root_pem)
    assert read.state == "invalid"
    assert any("bmffHash.mismatch" in problem for problem in read.problems)


def test_another_licence_written_into_the_film_is_noticed(signed: Path, signer: LocalSigner, tmp_path: Path):
    touched = tmp_path / "touched.mp4"
    touched.write_bytes(signed.read_bytes().replace(b"corridor.mov", b"corridoX.mov"))
    read = verify(touched, anchors_pem=signer.root_pem)
    assert read.state == "invalid"
    assert read.problems


def test_an_unsigned_film_says_so(film: Path, signer: LocalSigner):
    assert verify(film, anchors_pem=signer.root_pem) == Verification(
        state="unsigned", problems=("the file carries no provenance",)
    )


def test_what_is_no_film_is_not_called_trusted(signer: LocalSigner, tmp_path: Path):
    text = tmp_path / "letter.mp4"
    text.write_text("dear editor", encoding="utf-8")
    assert verify(text, anchors_pem=signer.root_pem).state in {"unsigned", "invalid"}
    with pytest.raises(ProvenanceError, match=r"nowhere\.mp4 cannot be opened"):
        verify(tmp_path / "nowhere.mp4", anchors_pem=signer.root_pem)


def test_a_clip_that_left_the_catalogue_is_still_named(film: Path, signer: LocalSigner, tmp_path: Path):
    target = tmp_path / "signed.mp4"
    signer.sign(film, target, manifest=told(clips=(DOOR,)))
    read = verify(target, anchors_pem=signer.root_pem)
    assert read.state == "trusted"
    assert [one.id for one in read.ingredients] == ["corridor-0", "door-0", "fog-0"]
    assert read.ingredients[0].sha256 == ""


def test_a_film_made_of_nothing_but_takes_without_clips_is_signed_too(film: Path, signer: LocalSigner, tmp_path: Path):
    target = tmp_path / "signed.mp4"
    signer.sign(film, target, manifest=told((a_take("1A", 1, source_type="trainedAlgorithmicMedia"),)))
    read = verify(target, anchors_pem=signer.root_pem)
    assert (read.state, read.source_type) == ("trusted", "trainedAlgorithmicMedia")
    assert read.actions == ("c2pa.created",)


@pytest.mark.parametrize(
    ("kinds", "whole"),
    [
        (("composite", "composite"), "composite"),
        (("algorithmicMedia",), "algorithmicMedia"),
        (("digitalCapture",), "digitalCapture"),
        (("digitalCapture", "digitalCapture"), "composite"),
        (("composite", "algorithmicMedia"), "composite"),
        (("trainedAlgorithmicMedia", "trainedAlgorithmicMedia"), "trainedAlgorithmicMedia"),
        (("composite", "trainedAlgorithmicMedia"), "compositeWithTrainedAlgorithmicMedia"),
        (("digitalCapture", "compositeWithTrainedAlgorithmicMedia"), "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_the_source_type_is_what_the_takes_are(kinds: tuple[DigitalSourceType, ...], whole: DigitalSourceType):
    takes = [a_take("1A", number, source_type=kind) for number, kind in enumerate(kinds, 1)]
    assert source_type(takes) == whole
    assert whole in get_args(DigitalSourceType)


def test_the_day_is_the_studios_clocks(signed: Path):
    assert NOON.date() == date(2026, 11, 22)
    assert b"2026-11-22T12:00:00Z" in signed.read_bytes()
