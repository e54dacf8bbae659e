"""Adding a folder: what is new, known, moved, copied, replaced or refused, and whose rights it stands under."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from circletake.domain.reference import Query
from circletake.errors import UsageError
from tests.catalog.footage import STYLE_ONLY, Desk, film, outcomes
from tests.catalog.synthetic import asking

RIGHTS = asking("derivative", "publish")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk.at(tmp_path)
    yield opened
    opened.studio.close()


def found(desk: Desk) -> list[str]:
    result = desk.studio.search.find(Query(text="harbour"), rights=RIGHTS, k=5)
    return [one.clip_id for one in result.references]


def test_adding_again_opens_and_changes_nothing(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    assert outcomes(desk.add({"a.mp4": {}})) == {"a.mp4": "added"}
    before = desk.clips
    assert desk.clip().clip_id == f"{desk.clip().sha256[:12]}-0"
    assert outcomes(desk.add({"a.mp4": {}})) == {"a.mp4": "unchanged"}
    assert desk.clips == before
    assert desk.studio.clips.unindexed() == ()
    assert desk.reader.opened == []


def test_a_touched_file_is_unchanged_and_keeps_its_revision(desk: Desk):
    path = film(desk.folder / "a.mp4", 1)
    desk.add({"a.mp4": {}})
    before = desk.clips
    os.utime(path, ns=(1, 1))
    assert outcomes(desk.add({"a.mp4": {}})) == {"a.mp4": "unchanged"}
    assert desk.clips == before
    desk.add({"a.mp4": {}})
    assert desk.reader.opened == []


def test_new_rights_reach_every_clip_and_raise_the_revision_once(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    desk.add({"a.mp4": {}})
    for changed in (1, 0):
        assert desk.add({"a.mp4": STYLE_ONLY}).rights_changed == changed
        assert (desk.clip().licence.uses, desk.clip().licence.revision) == (("style_reference",), 2)
    assert found(desk) == []


def test_a_row_for_a_file_that_is_nowhere_applies_nothing(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    desk.add({"a.mp4": {}})
    film(desk.folder / "b.mp4", 2)
    with pytest.raises(UsageError, match=r"rights\.csv, line 3, column file: there is no file 'nowhere\.mp4'"):
        desk.add({"a.mp4": STYLE_ONLY, "nowhere.mp4": {}})
    assert desk.clip().licence.revision == 1


def test_a_copy_stays_under_the_rights_of_the_first_and_is_not_opened_again(desk: Desk):
    first = film(desk.folder / "z.mp4", 1)
    rows = {"z.mp4": STYLE_ONLY, "b.mp4": {"owner": "Launderer"}}
    desk.add({"z.mp4": STYLE_ONLY})
    shutil.copyfile(first, desk.folder / "b.mp4")
    assert outcomes(desk.add(rows)) == {"b.mp4": "copy", "z.mp4": "unchanged"}
    assert outcomes(desk.add(rows)) == {"b.mp4": "copy", "z.mp4": "unchanged"}
    assert desk.reader.opened == []
    assert (desk.clip().licence.owner, desk.clip().licence.uses) == ("North", ("style_reference",))


def test_touching_the_first_does_not_free_its_copy_from_its_rights(desk: Desk):
    first = film(desk.folder / "z.mp4", 1)
    desk.add({"z.mp4": STYLE_ONLY})
    shutil.copyfile(first, desk.folder / "b.mp4")
    os.utime(first, ns=(1, 1))
    rows = {"z.mp4": STYLE_ONLY, "b.mp4": {"owner": "Launderer"}}
    assert outcomes(desk.add(rows)) == {"b.mp4": "copy", "z.mp4": "unchanged"}
    assert (desk.clip().licence.owner, desk.clip().licence.uses) == ("North", ("style_reference",))


def test_of_two_equal_files_in_one_run_one_is_a_copy(desk: Desk):
    shutil.copyfile(film(desk.folder / "a.mp4", 1), desk.folder / "b.mp4")
    added = desk.add({"a.mp4": {}, "b.mp4": {"owner": "South"}})
    assert outcomes(added) == {"a.mp4": "added", "b.mp4": "copy"}
    assert desk.clip().licence.owner == "North"


def test_the_copy_of_a_file_that_is_gone_takes_its_place(desk: Desk):
    first = film(desk.folder / "a.mp4", 1)
    shutil.copyfile(first, desk.folder / "b.mp4")
    desk.add({"a.mp4": {}, "b.mp4": {}})
    first.unlink()
    assert outcomes(desk.add({"b.mp4": {}})) == {"b.mp4": "moved"}
    assert desk.clip().original == str(desk.folder / "b.mp4")


def test_a_moved_file_keeps_its_clips_and_its_old_place_may_hold_another(desk: Desk):
    film(desk.folder / "a.mp4", 1).rename(desk.folder / "first.mp4")
    desk.add({"first.mp4": {}})
    known = desk.clip().clip_id
    (desk.folder / "first.mp4").rename(desk.folder / "b.mp4")
    assert outcomes(desk.add({"b.mp4": {}})) == {"b.mp4": "moved"}
    assert (desk.clip().clip_id, desk.clip().original) == (known, str(desk.folder / "b.mp4"))
    film(desk.folder / "first.mp4", 2)
    added = desk.add({"first.mp4": {"owner": "South"}, "b.mp4": {}})
    assert outcomes(added) == {"b.mp4": "unchanged", "first.mp4": "added"}
    assert {clip.file: clip.licence.owner for clip in desk.clips} == {"b.mp4": "North", "first.mp4": "South"}


def test_a_file_that_was_moved_over_another_takes_its_place(desk: Desk):
    film(desk.folder / "x.mp4", 1)
    film(desk.folder / "y.mp4", 2)
    desk.add({"x.mp4": {}, "y.mp4": {"owner": "South"}})
    covered = next(clip for clip in desk.clips if clip.file == "y.mp4")
    (desk.folder / "x.mp4").rename(desk.folder / "y.mp4")
    assert outcomes(desk.add({"y.mp4": {"owner": "South"}})) == {"y.mp4": "moved"}
    assert desk.clip().original == str(desk.folder / "y.mp4")
    assert desk.studio.clips.get(covered.clip_id).superseded


def test_two_files_that_changed_places_are_told_apart(desk: Desk):
    film(desk.folder / "x.mp4", 1)
    film(desk.folder / "y.mp4", 2)
    rows = {"x.mp4": {"owner": "X"}, "y.mp4": {"owner": "Y"}}
    desk.add(rows)
    first = {clip.file: clip.sha256 for clip in desk.clips}
    (desk.folder / "x.mp4").rename(desk.folder / "t")
    (desk.folder / "y.mp4").rename(desk.folder / "x.mp4")
    (desk.folder / "t").rename(desk.folder / "y.mp4")
    desk.add(rows)
    assert {clip.file: clip.sha256 for clip in desk.clips} == {"x.mp4": first["y.mp4"], "y.mp4": first["x.mp4"]}


def test_a_new_version_hides_the_old_one_which_still_resolves(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    desk.add({"a.mp4": {}})
    old = desk.clip()
    film(desk.folder / "a.mp4", 2)
    assert outcomes(desk.add({"a.mp4": {}})) == {"a.mp4": "new version"}
    assert desk.clip().version == 2
    assert desk.studio.clips.get(old.clip_id) == old.model_copy(update={"superseded": True})
    assert found(desk) == [desk.clip().clip_id]


def test_an_older_content_may_come_back(desk: Desk):
    path = film(desk.folder / "a.mp4", 1)
    content = path.read_bytes()
    desk.add({"a.mp4": {}})
    old = desk.clip()
    desk.add({film(path, 2).name: {}})
    path.write_bytes(content)
    desk.add({"a.mp4": {}})
    assert (desk.clip().clip_id, desk.clip().version) == (old.clip_id, 3)
    assert found(desk) == [old.clip_id]


def test_what_was_said_of_one_content_is_not_said_of_the_next(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    film(desk.folder / "b.mp4", 3)
    desk.add({"a.mp4": {}, "b.mp4": {}})
    film(desk.folder / "a.mp4", 2)
    added = desk.add({"b.mp4": {}})
    assert added.without_rights == ("a.mp4",)
    assert [clip.licence.uses for clip in desk.clips if clip.version == 2] == [()]


def test_a_file_with_rights_from_another_table_is_not_reported_as_without(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    film(desk.folder / "b.mp4", 3)
    desk.add({"a.mp4": {}, "b.mp4": {}})
    assert desk.add({"b.mp4": {}}).without_rights == ()


def test_a_version_that_cannot_be_read_leaves_the_one_before_it(desk: Desk):
    path = film(desk.folder / "a.mp4", 1)
    desk.add({"a.mp4": {}})
    before = desk.clips
    path.write_bytes(path.read_bytes()[:900])
    assert outcomes(desk.add({"a.mp4": {}})) == {"a.mp4": "refused"}
    assert desk.clips == before


def test_pipes_links_loops_and_odd_names_are_refused_and_the_rest_is_taken(desk: Desk, tmp_path: Path):
    film(tmp_path / "elsewhere" / "secret.mp4", 5)
    film(desk.folder / "a.mp4", 1)
    os.mkfifo(desk.folder / "pipe.mp4")
    (desk.folder / "out.mp4").symlink_to(tmp_path / "elsewhere" / "secret.mp4")
    (desk.folder / "folder").symlink_to(tmp_path / "elsewhere")
    (desk.folder / "again.mp4").symlink_to("a.mp4")
    (desk.folder / "loop.mp4").symlink_to("loop.mp4")
    (desk.folder / "nowhere.mp4").symlink_to("nothing.mp4")
    (desk.folder / "two\nlines.mp4").write_bytes(b"x")
    (desk.folder / "notes.txt").write_text("no footage", encoding="utf-8")
    (desk.folder / ".hidden.mp4").write_bytes(b"x")
    added = desk.add({"a.mp4": {}})
    refused = {"pipe.mp4", "out.mp4", "folder", "loop.mp4", "nowhere.mp4", "two?lines.mp4"}
    assert outcomes(added) == {"a.mp4": "added"} | dict.fromkeys(refused, "refused")
    assert all("\n" not in one.reason for one in added.files)
    assert desk.reader.opened == ["a.mp4"]


@pytest.mark.parametrize(
    "script",
    [
        "ffconcat version 1.0\nfile a.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.mp4\n#EXT-X-ENDLIST\n",
        '<?xml version="1.0"?><MPD><BaseURL>a.mp4</BaseURL></MPD>',
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n",
        "subfile,,start,0,end,0,,:a.mp4",
    ],
    ids=["ffconcat", "HLS", "DASH", "SDP", "subfile"],
)
def test_a_script_that_points_at_another_file_is_no_footage(desk: Desk, script: str):
    film(desk.folder / "a.mp4", 1)
    (desk.folder / "b.mp4").write_text(script, encoding="utf-8")
    assert outcomes(desk.add({"a.mp4": STYLE_ONLY, "b.mp4": {}})) == {"a.mp4": "added", "b.mp4": "refused"}
    assert desk.clip().licence.uses == ("style_reference",)


def test_four_sparse_gigabytes_are_refused_without_being_read(desk: Desk):
    with (desk.folder / "vast.mp4").open("wb") as out:
        out.truncate(4 << 30)
    assert outcomes(desk.add({"vast.mp4": {}})) == {"vast.mp4": "refused"}


def test_the_studios_own_home_is_never_footage(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    desk.add({"a.mp4": {}})
    assert outcomes(desk.add({"a.mp4": {}}, desk.folder.parent)) == {"a.mp4": "unchanged"}


def test_a_sheet_that_nobody_stored_is_taken_up_without_reading_the_file_again(desk: Desk):
    film(desk.folder / "a.mp4", 1)
    desk.reader.dies = True
    with pytest.raises(KeyboardInterrupt):
        desk.add({"a.mp4": {}})
    assert (desk.reader.opened, desk.clips) == (["a.mp4"], ())
    assert outcomes(desk.add({"a.mp4": {}})) == {"a.mp4": "added"}
    assert desk.reader.opened == []
