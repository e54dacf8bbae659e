"""Adding footage: rights first and whole, every file with all its shots or not at all, and nothing read twice."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from circletake.catalog.adding import Added
from circletake.domain.reference import Query
from circletake.domain.rights import RightsContext, Window, permits
from circletake.errors import UsageError
from tests.catalog.reels import House, reel, table

CUT_IN = RightsContext(
    territories=("WORLD",),
    uses=("derivative", "publish"),
    media=("all",),
    window=Window(first=date(2026, 1, 1), last=date(2026, 12, 31)),
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Two films, one of two shots, and their rights."""
    folder = tmp_path / "footage"
    reel(folder / "one.mp4", 1)
    reel(folder / "scenes" / "two.mp4", 2, 3)
    table(folder / "rights.csv", {"file": "one.mp4"}, {"file": "scenes/two.mp4", "owner": "Ben"})
    return folder


def outcomes(added: Added) -> dict[str, str]:
    return {Path(one.path).name: one.outcome for one in added.files}


def found(house: House) -> set[str]:
    return {clip.file for clip in house.search.find(Query(text="shapes"), rights=CUT_IN, k=20).clips}


def test_every_shot_of_a_file_is_a_clip_with_its_rights(house: House, footage: Path):
    added = house.add(footage, rights=footage / "rights.csv")
    assert outcomes(added) == {"one.mp4": "added", "two.mp4": "added"}
    assert added.clips == 3
    assert [(clip.file, clip.first_frame, clip.licence.owner) for clip in house.clips.all()] == [
        ("one.mp4", 0, "Ada"),
        ("scenes/two.mp4", 0, "Ben"),
        ("scenes/two.mp4", 30, "Ben"),
    ]
    for clip in house.clips.all():
        assert clip.clip_id == f"{clip.sha256[:12]}-{clip.first_frame}"
        assert all(house.files.path(uri).exists() for uri in (clip.proxy, clip.preview, clip.poster))
    assert found(house) == {"one.mp4", "scenes/two.mp4"}


def test_adding_again_reads_nothing_and_changes_nothing(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    before = house.clips.all()
    again = house.add(footage, rights=footage / "rights.csv")
    assert house.plays == []
    assert set(outcomes(again).values()) == {"unchanged"}
    assert (again.clips, again.rights_changed) == (0, 0)
    assert house.clips.all() == before
    assert house.clips.unindexed() == ()


def test_a_file_that_was_only_touched_keeps_its_clips(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    before = house.clips.all()
    os.utime(footage / "one.mp4", ns=(1, 1))
    assert outcomes(house.add(footage, rights=footage / "rights.csv"))["one.mp4"] == "unchanged"
    assert house.clips.all() == before


def test_another_content_under_the_same_path_is_a_new_version(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    (old,) = house.clips.of_file("one.mp4")
    reel(footage / "one.mp4", 9, frames=36)
    assert outcomes(house.add(footage, rights=footage / "rights.csv"))["one.mp4"] == "new version"
    (new,) = house.clips.of_file("one.mp4")
    assert (new.version, new.superseded) == (2, False)
    assert house.clips.get(old.clip_id).superseded
    hits = {clip.clip_id for clip in house.search.find(Query(), rights=CUT_IN, k=20).clips}
    assert new.clip_id in hits
    assert old.clip_id not in hits
    assert house.search.check([old.clip_id], CUT_IN)[old.clip_id].allowed


def test_a_broken_new_version_leaves_the_old_one_in_place(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    before = house.clips.all()
    (footage / "one.mp4").write_bytes(b"no film any more")
    added = house.add(footage, rights=footage / "rights.csv")
    assert outcomes(added)["one.mp4"] == "refused"
    assert house.clips.all() == before
    assert found(house) == {"one.mp4", "scenes/two.mp4"}


def test_a_file_that_moved_is_known_by_its_content(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    (before,) = house.clips.of_file("one.mp4")
    (footage / "one.mp4").rename(footage / "moved.mp4")
    table(footage / "rights.csv", {"file": "moved.mp4"}, {"file": "scenes/two.mp4", "owner": "Ben"})
    assert outcomes(house.add(footage, rights=footage / "rights.csv"))["moved.mp4"] == "moved"
    (after,) = house.clips.of_file("moved.mp4")
    assert after.clip_id == before.clip_id
    assert after.original == str((footage / "moved.mp4").resolve())
    assert house.clips.of_file("one.mp4") == ()


def test_a_copy_keeps_the_rights_of_the_first_file(house: House, footage: Path):
    table(footage / "rights.csv", {"file": "one.mp4", "uses": "style_reference"}, {"file": "scenes/two.mp4"})
    house.add(footage, rights=footage / "rights.csv")
    shutil.copy(footage / "one.mp4", footage / "kinder.mp4")
    table(footage / "kinder.csv", {"file": "kinder.mp4"})
    added = house.add(footage / "kinder.mp4", rights=footage / "kinder.csv")
    (report,) = added.files
    assert report.outcome == "copy"
    assert "stays under the rights of that one" in report.reason
    assert "one.mp4" not in found(house)
    assert not permits(house.clips.of_file("one.mp4")[0].licence, CUT_IN).allowed


def test_a_file_without_a_row_may_be_used_for_nothing_until_it_has_one(house: House, footage: Path):
    reel(footage / "three.mp4", 5)
    added = house.add(footage, rights=footage / "rights.csv")
    assert added.without_rights == ("three.mp4",)
    (clip,) = house.clips.of_file("three.mp4")
    assert not permits(clip.licence, CUT_IN.for_uses("style_reference")).allowed
    table(footage / "rights.csv", {"file": "three.mp4"}, {"file": "one.mp4"}, {"file": "scenes/two.mp4"})
    house.add(footage, rights=footage / "rights.csv")
    assert house.plays == []
    assert "three.mp4" in found(house)


def test_changed_rights_reach_every_clip_of_the_file_and_the_search(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    table(footage / "rights.csv", {"file": "one.mp4"}, {"file": "scenes/two.mp4", "uses": "style_reference"})
    changed = house.add(footage, rights=footage / "rights.csv")
    assert changed.rights_changed == 1
    assert [clip.licence.revision for clip in house.clips.all()] == [1, 2, 2]
    assert found(house) == {"one.mp4"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"file": "one.mp4", "territories": "Mars"}, r"rights\.csv, line 2, column territories: unknown territory"),
        ({"file": "nowhere.mp4"}, r"rights\.csv, line 2, column file: there is no file 'nowhere\.mp4'"),
    ],
)
def test_a_table_with_one_wrong_cell_applies_nothing(house: House, footage: Path, row: dict[str, str], message: str):
    house.add(footage, rights=footage / "rights.csv")
    before = house.clips.all()
    table(footage / "rights.csv", row, {"file": "scenes/two.mp4", "uses": "style_reference"})
    with pytest.raises(UsageError, match=message):
        house.add(footage, rights=footage / "rights.csv")
    assert house.clips.all() == before


def test_a_table_kept_elsewhere_speaks_of_files_in_the_folder_that_is_added(
    house: House, footage: Path, tmp_path: Path
):
    rights = table(tmp_path / "office" / "rights.csv", {"file": "one.mp4"}, {"file": "scenes/two.mp4"})
    assert house.add(footage, rights=rights).without_rights == ()
    assert found(house) == {"one.mp4", "scenes/two.mp4"}


def test_two_rows_that_mean_one_file_are_refused(house: House, footage: Path):
    rights = table(footage / "rights.csv", {"file": "one.mp4"}, {"file": "./one.mp4"}, {"file": "scenes/two.mp4"})
    with pytest.raises(UsageError, match=r"line 3, column file: .* is the file that line 2 speaks of"):
        house.add(footage, rights=rights)


def test_a_refused_file_costs_the_others_nothing(house: House, footage: Path):
    (footage / "broken.mp4").write_bytes(b"ffconcat version 1.0\nfile one.mp4\n")
    added = house.add(footage, rights=footage / "rights.csv")
    assert outcomes(added) == {"broken.mp4": "refused", "one.mp4": "added", "two.mp4": "added"}
    assert added.files[0].reason.count("\n") == 0
    assert added.files[0].reason.startswith("broken.mp4 is not a video file")


def test_a_file_whose_worker_dies_is_tried_once_more_and_then_refused(house: House, footage: Path):
    house.fates = {"one.mp4": ["died"], "two.mp4": ["died", "died"]}
    added = house.add(footage, rights=footage / "rights.csv")
    assert outcomes(added) == {"one.mp4": "added", "two.mp4": "refused"}
    assert "ended the worker that read it, twice" in added.files[1].reason
    assert house.plays.count("two.mp4") == 2


def test_a_file_past_its_deadline_is_refused_at_once(house: House, footage: Path):
    house.fates = {"one.mp4": ["late"]}
    added = house.add(footage, rights=footage / "rights.csv")
    assert outcomes(added)["one.mp4"] == "refused"
    assert "was not read within 6" in added.files[0].reason
    assert house.plays.count("one.mp4") == 1


def test_what_a_worker_left_and_nobody_stored_is_not_read_again(
    house: House, footage: Path, monkeypatch: pytest.MonkeyPatch
):
    class Died(Exception):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(house.sources, "finish", die)
        with pytest.raises(Died):
            house.add(footage, rights=footage / "rights.csv")
    assert house.clips.count() == 0
    added = house.add(footage, rights=footage / "rights.csv")
    assert house.plays == ["two.mp4"]
    assert outcomes(added) == {"one.mp4": "added", "two.mp4": "added"}
    assert house.clips.count() == 3


def test_a_revocation_outlives_the_table_that_does_not_know_it(house: House, footage: Path):
    house.add(footage, rights=footage / "rights.csv")
    house.sources.revoke("Ben", who="Ada", judged=lambda named, revoked: ())
    reel(footage / "four.mp4", 7)
    rows = [{"file": name, "owner": "Ben"} for name in ("four.mp4", "one.mp4", "scenes/two.mp4")]
    house.add(footage, rights=table(footage / "rights.csv", *rows))
    assert all(clip.licence.revoked for clip in house.clips.all())
    assert found(house) == set()
