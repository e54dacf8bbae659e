"""The studio's keys: made once, readable by nobody else, renewed in time, and missed with one clear line."""

from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from circletake.assemble import LocalSigner, make_identity, open_identity, verify
from circletake.errors import HomeError, ProvenanceError
from circletake.runtime.clock import SystemClock, moment
from circletake.runtime.files import FileStore
from tests.assemble.film import NOON, Clock, bed, shown, stored

MANIFEST = {
    "title": "A film",
    "format": "video/mp4",
    "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType":
        "http://cv.iptc.org/newscodes/digitalsourcetype/composite"}]}}],
}  # fmt: skip


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_identity(tmp_path / "keys", clock=Clock())
    return tmp_path / "keys"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_its_owner_can_read_the_keys(keys: Path):
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert sorted(path.name for path in keys.iterdir()) == ["root.key", "root.pem", "signer.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}


def test_an_identity_is_made_once(keys: Path):
    before = snapshot(keys)
    first, again = open_identity(keys, clock=Clock()), make_identity(keys, clock=Clock())
    assert first == again
    assert snapshot(keys) == before


def test_of_many_that_make_it_at_once_all_use_the_same(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_identity(tmp_path / "keys", clock=Clock()), range(8)))
    assert len({signer.common_name for signer in made}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_the_leaf_may_only_sign_and_the_root_only_vouch(keys: Path):
    root = x509.load_pem_x509_certificate((keys / "root.pem").read_bytes())
    leaf, above = x509.load_pem_x509_certificates((keys / "signer.pem").read_bytes())
    assert above == root
    leaf.verify_directly_issued_by(root)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.not_valid_before_utc < NOON < leaf.not_valid_after_utc


def test_a_leaf_near_its_end_is_renewed_under_the_same_root(keys: Path):
    before = open_identity(keys, clock=Clock())
    untouched = snapshot(keys)
    assert open_identity(keys, clock=Clock(NOON + timedelta(days=334))) == before
    assert snapshot(keys) == untouched
    renewed = open_identity(keys, clock=Clock(NOON + timedelta(days=336)))
    assert renewed.root_pem == before.root_pem
    assert renewed.common_name != before.common_name
    assert renewed.expires == before.expires + timedelta(days=336)
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}


def test_an_expired_root_is_not_used(keys: Path):
    with pytest.raises(ProvenanceError, match=r"root certificate in .* expired on 2036-11-19: move the folder away"):
        open_identity(keys, clock=Clock(NOON + timedelta(days=3700)))


def test_a_missing_identity_says_what_to_do(tmp_path: Path):
    with pytest.raises(ProvenanceError, match=r"no signing identity in .*keys: run circletake init"):
        open_identity(tmp_path / "keys", clock=Clock())


@pytest.mark.parametrize("name", ["root.pem", "signer.pem"])
def test_a_damaged_certificate_says_where(keys: Path, name: str):
    (keys / name).write_text("not a certificate", encoding="utf-8")
    with pytest.raises(ProvenanceError, match=rf"{name} holds no readable certificate"):
        open_identity(keys, clock=Clock())


def test_keys_that_others_can_read_are_warned_about(keys: Path, caplog: pytest.LogCaptureFixture):
    (keys / "root.key").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        open_identity(keys, clock=Clock())
    assert "root.key can be read by others: run chmod 600" in caplog.text


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ProvenanceError, match=r"no keys can be made"):
        make_identity(tmp_path / "file" / "keys", clock=Clock())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_film_that_cannot_be_read_or_written_is_told_apart(files: FileStore, signer: LocalSigner, tmp_path: Path):
    film = files.path(stored(files, shown(12), bed(12)))
    with pytest.raises(ProvenanceError, match=r"gone\.mp4 cannot be read to be signed"):
        signer.sign(tmp_path / "gone.mp4", tmp_path / "out.mp4", manifest=MANIFEST)
    with pytest.raises(HomeError, match=r"cannot write .*out\.mp4"):
        signer.sign(film, tmp_path / "no" / "out.mp4", manifest=MANIFEST)
    assert list(tmp_path.glob("*.mp4")) == []


def test_what_is_there_already_is_not_overwritten(files: FileStore, signer: LocalSigner, tmp_path: Path):
    film = files.path(stored(files, shown(12), bed(12)))
    held = tmp_path / "held.mp4"
    held.write_bytes(b"another film")
    with pytest.raises(HomeError, match=r"cannot write .*held\.mp4"):
        signer.sign(film, held, manifest=MANIFEST)
    assert held.read_bytes() == b"another film"


def test_a_manifest_that_makes_no_sense_is_refused(files: FileStore, signer: LocalSigner, tmp_path: Path):
    film = files.path(stored(files, shown(12), bed(12)))
    placed = {"action": "c2pa.placed", "parameters": {"ingredientIds": ["nobody"]}}
    wrong = {**MANIFEST, "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [placed]}}]}
    with pytest.raises(ProvenanceError, match=r"cannot be signed"):
        signer.sign(film, tmp_path / "out.mp4", manifest=wrong)
    assert list(tmp_path.glob("*.mp4")) == []


def test_a_renewed_leaf_signs_what_the_same_root_trusts(files: FileStore, tmp_path: Path):
    film = files.path(stored(files, shown(12), bed(12)))
    now = moment(SystemClock().now())
    before = make_identity(tmp_path / "keys", clock=Clock(now - timedelta(days=340)))
    renewed = open_identity(tmp_path / "keys", clock=Clock(now))
    renewed.sign(film, tmp_path / "out.mp4", manifest=MANIFEST)
    read = verify(tmp_path / "out.mp4", anchors_pem=before.root_pem)
    assert read.state == "trusted"
    assert read.signer == renewed.common_name != before.common_name
    assert read.title == "A film"
