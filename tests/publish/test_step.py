"""The step: what may leave, where to, and what is on record afterwards."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest

from circletake.domain.clip import Clip
from circletake.errors import HandoffInvalid, RightsError, UsageError
from circletake.publish import FolderChannel
from circletake.publish.release import file_name
from circletake.runtime.files import sha256_of
from tests.publish.film import CORRIDOR, DOOR, FOG, PRODUCTION, TODAY, Desk

FILM = f"die-tur-grosse-{PRODUCTION}.mp4"


class Elsewhere(FolderChannel):
    """A second channel: a folder outside the house."""

    name = "elsewhere"


def licensed_anew(desk: Desk, clip: Clip, **changed: object) -> None:
    licence = clip.licence.model_copy(update={"revision": clip.licence.revision + 1, **changed})
    desk.house.clips.put([clip.model_copy(update={"licence": licence})])


def test_a_film_is_published_and_on_record(desk: Desk):
    address = str(desk.releases_folder / FILM)
    assert desk.publish() == {"release": address}
    assert sha256_of(Path(address)) == desk.master.sha256
    (release,) = desk.house.releases.of(PRODUCTION)
    assert (release.channel, release.address, release.sha256) == ("folder", address, desk.master.sha256)
    assert (release.on, release.decided_by) == (TODAY, "person")
    assert release.rights.uses == ("derivative", "publish")
    assert release.rights.territories == ("DE", "AT")
    assert (desk.folder / "receipt.html").exists()


def test_publishing_again_changes_nothing_but_the_receipt(desk: Desk):
    first = desk.publish()
    (desk.folder / "receipt.json").unlink()
    desk.clock.day += timedelta(3)
    assert desk.publish() == first
    assert desk.published == [FILM]
    assert [release.on for release in desk.house.releases.of(PRODUCTION)] == [TODAY]
    assert (desk.folder / "receipt.json").exists()


def test_a_film_that_was_copied_before_its_process_died_is_put_on_record(desk: Desk):
    desk.channels["folder"].publish(desk.house.files.path(desk.master.uri), name=FILM, sha256=desk.master.sha256)
    desk.publish()
    assert desk.published == [FILM]
    assert len(desk.house.releases.of(PRODUCTION)) == 1


def test_a_film_that_left_gets_its_receipt_even_if_a_licence_has_ended_since(desk: Desk):
    first = desk.publish()
    licensed_anew(desk, DOOR, revoked=True)
    assert desk.publish() == first
    assert "the licence is revoked" in (desk.folder / "receipt.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"revoked": True}, "the licence is revoked"),
        ({"expires": TODAY + timedelta(100)}, "expires 2027-03-02, before 2027-11-22"),
        ({"territories": ("DE",)}, "not cleared for AT"),
        ({"uses": ("style_reference", "derivative")}, "publish not allowed"),
        ({"people_release": "missing"}, "people release is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rights_that_ended_between_pick_and_release_block_it(desk: Desk, changed: dict[str, object], reason: str):
    licensed_anew(desk, DOOR, **changed)
    with pytest.raises(RightsError, match=re.escape(reason)) as refused:
        desk.publish()
    assert DOOR.clip_id in str(refused.value)
    assert "door.mp4" in str(refused.value)
    assert "1B" in str(refused.value)
    assert desk.published == []
    assert desk.house.releases.of(PRODUCTION) == ()
    assert not desk.folder.exists()


def test_of_several_clips_that_may_not_leave_the_first_is_named_and_the_others_counted(desk: Desk):
    licensed_anew(desk, CORRIDOR, revoked=True)
    licensed_anew(desk, DOOR, revoked=True)
    with pytest.raises(RightsError, match=r"clip \w+-0 of \w+\.mp4 in shot 1[AB] \(and 1 more\)"):
        desk.publish()


def test_footage_that_only_steered_the_look_is_not_in_the_film_and_does_not_block_it(desk: Desk):
    licensed_anew(desk, FOG, revoked=True)
    assert desk.publish()


@pytest.mark.parametrize(("days", "told"), [(-1, "from 2026-11-22 on"), (366, "another window")])
def test_a_film_leaves_on_a_day_of_its_release_only(desk: Desk, days: int, told: str):
    desk.clock.day = TODAY + timedelta(days)
    with pytest.raises(RightsError, match=told):
        desk.publish()
    assert desk.published == []
    desk.clock.day = TODAY + timedelta(365)
    assert desk.publish()


def test_what_nobody_approved_goes_to_the_folder_alone(nobodys: Desk, tmp_path: Path):
    both = {**nobodys.channels, "elsewhere": Elsewhere(tmp_path / "elsewhere")}
    dataclasses.replace(nobodys, channels=both).publish()
    (release,) = nobodys.house.releases.of(PRODUCTION)
    assert (release.channel, release.decided_by) == ("folder", "provisional")
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_folder_channel_what_nobody_approved_goes_nowhere(nobodys: Desk, tmp_path: Path):
    only = dataclasses.replace(nobodys, channels={"elsewhere": Elsewhere(tmp_path / "elsewhere")})
    with pytest.raises(UsageError, match="no person has approved"):
        only.publish()


def test_what_a_person_approved_goes_everywhere(desk: Desk, tmp_path: Path):
    both = {**desk.channels, "elsewhere": Elsewhere(tmp_path / "elsewhere")}
    update = dataclasses.replace(desk, channels=both).publish()
    assert {one.channel for one in desk.house.releases.of(PRODUCTION)} == {"folder", "elsewhere"}
    assert update == {"release": str(desk.releases_folder / FILM)}


def test_a_film_that_nobody_has_decided_on_does_not_leave(uncut: Desk):
    uncut.circle("1A", 1, "person")
    uncut.circle("1B", 1, "person")
    with pytest.raises(HandoffInvalid, match="no cut"):
        uncut.publish()
    uncut.cut()
    with pytest.raises(HandoffInvalid, match="no approval"):
        uncut.publish()
    assert uncut.published == []


def test_a_pick_that_came_after_the_cut_is_not_ignored(desk: Desk):
    desk.circle("1B", 3, "person")
    with pytest.raises(HandoffInvalid, match="uses take 1B-1, but 1B-3 is circled"):
        desk.publish()
    assert desk.published == []


@pytest.mark.parametrize(
    ("title", "version", "name"),
    [
        ("The Door", 1, "the-door-p.mp4"),
        ("Élan vital: où ?", 1, "elan-vital-ou-p.mp4"),
        ("../../etc/passwd\0", 1, "etc-passwd-p.mp4"),
        ("日本語", 1, "film-p.mp4"),
        ("The Door", 2, "the-door-p-cut2.mp4"),
        ("a " * 200, 1, "a-" * 30 + "p.mp4"),
    ],
)
def test_a_film_is_called_by_its_title_in_letters_that_every_file_system_takes(
    desk: Desk, title: str, version: int, name: str
):
    master = desk.master.model_copy(update={"cut_version": version})
    assert file_name(title, production="p", master=master) == name
