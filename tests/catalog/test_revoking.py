"""Revoking: from now on, for all there is and all that comes, until it is lifted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from circletake.errors import RightsError, UsageError
from circletake.studio import footage
from circletake.studio.room import Studio
from tests.catalog.footage import Desk, film
from tests.catalog.synthetic import asking
from tests.publish.film import CORRIDOR, PRODUCTION, ready

RIGHTS = asking("derivative", "publish")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk.at(tmp_path)
    film(opened.folder / "a.mp4", 1)
    yield opened
    opened.studio.close()


def revoked(desk: Desk) -> list[bool]:
    return [clip.licence.revoked for clip in desk.clips]


def test_a_revocation_outlasts_the_table_and_holds_for_what_comes_later(desk: Desk):
    desk.add({"a.mp4": {}})
    told = footage.revoke(desk.studio, "North")
    assert (told.clips, told.files) == (1, ("a.mp4",))
    film(desk.folder / "b.mp4", 2)
    desk.add({"a.mp4": {}, "b.mp4": {}})
    assert revoked(desk) == [True, True]
    assert footage.revoke(desk.studio, "North", undo=True).clips == 2
    assert revoked(desk) == [False, False]
    assert [clip.licence.revision for clip in desk.clips] == [3, 2]


def test_it_reaches_older_versions_that_a_film_may_hold(desk: Desk):
    desk.add({"a.mp4": {}})
    old = desk.clip().clip_id
    film(desk.folder / "a.mp4", 2)
    desk.add({"a.mp4": {}})
    assert desk.studio.search.check([old], RIGHTS)[old].allowed
    footage.revoke(desk.studio, "North")
    assert desk.studio.search.check([old], RIGHTS)[old].reasons == ("the licence is revoked",)


def test_lifting_gives_back_no_more_than_the_table_said(desk: Desk):
    desk.add({"a.mp4": {"revoked": "yes"}})
    (desk.folder / "a.mp4").rename(desk.folder / "b.mp4")
    desk.add({"b.mp4": {"revoked": "yes"}})
    footage.revoke(desk.studio, "North")
    footage.revoke(desk.studio, "North", undo=True)
    assert revoked(desk) == [True]


def test_owner_and_licence_are_revoked_apart(desk: Desk):
    desk.add({"a.mp4": {}})
    footage.revoke(desk.studio, "North")
    footage.revoke(desk.studio, "CC0-1.0")
    footage.revoke(desk.studio, "North", undo=True)
    assert revoked(desk) == [True]
    footage.revoke(desk.studio, "CC0-1.0", undo=True)
    assert revoked(desk) == [False]


def test_what_is_revoked_while_a_file_is_read_is_revoked_when_it_is_stored(desk: Desk):
    desk.add({"a.mp4": {}})
    (clip,) = desk.clips
    source = desk.studio.sources.all()[0]
    footage.revoke(desk.studio, "North")
    desk.studio.sources.describe([(source, [clip])])
    assert revoked(desk) == [True]


@pytest.mark.parametrize("name", ["Nort", "north", "CC0"])
def test_only_an_exact_name_is_revoked_and_the_nearest_is_named(desk: Desk, name: str):
    desk.add({"a.mp4": {}})
    with pytest.raises(UsageError, match=name):
        footage.revoke(desk.studio, name)
    assert revoked(desk) == [False]


def test_a_name_with_signs_of_a_pattern_means_itself(desk: Desk):
    film(desk.folder / "b.mp4", 2)
    desk.add({"a.mp4": {"licence": 'house 10%_\\ "x"'}, "b.mp4": {"licence": "house 10 something"}})
    assert footage.revoke(desk.studio, 'house 10%_\\ "x"').files == ("a.mp4",)


def test_lifting_what_is_not_revoked_is_an_error(desk: Desk):
    desk.add({"a.mp4": {}})
    with pytest.raises(UsageError, match="'North' is not revoked"):
        footage.revoke(desk.studio, "North", undo=True)


def test_a_film_that_was_cut_is_stopped_at_publication_and_named(tmp_path: Path):
    waiting = ready(tmp_path / "studio")
    studio = Studio(waiting.house.settings, clock=waiting.clock)
    told = footage.revoke(studio, CORRIDOR.licence.owner)
    assert PRODUCTION in [one.production for one in told.held]
    with pytest.raises(RightsError, match="revoked"):
        waiting.publish()
    assert waiting.published == []
    studio.close()
