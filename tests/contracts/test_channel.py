"""The contract of a channel: exactly once, whole or not at all. An adapter that is not listed here does not exist."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from circletake.errors import CircletakeError, HomeError, MediaError, UsageError
from circletake.publish import Channel, FolderChannel

ADAPTERS: dict[str, Callable[[Path], Channel]] = {"folder": FolderChannel}
"""How each adapter is opened on an empty place."""
FILM = b"every frame of it" * 200_000
SHA = hashlib.sha256(FILM).hexdigest()


@pytest.fixture(params=sorted(ADAPTERS))
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Channel:
    return ADAPTERS[request.param](tmp_path / "place")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "master.mp4"
    path.write_bytes(FILM)
    return path


def test_a_channel_is_called_what_it_is_registered_as(channel: Channel):
    assert channel.name in ADAPTERS


def test_what_is_published_is_the_film(channel: Channel, film: Path):
    address = channel.publish(film, name="the-door.mp4", sha256=SHA)
    assert hashlib.sha256(Path(address).read_bytes()).hexdigest() == SHA
    assert film.read_bytes() == FILM, "the master stays where it is"


def test_the_same_film_under_the_same_name_is_one_release(channel: Channel, film: Path):
    first = channel.publish(film, name="the-door.mp4", sha256=SHA)
    before = Path(first).stat()
    assert channel.publish(film, name="the-door.mp4", sha256=SHA) == first
    after = Path(first).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "it was not written again"


def test_another_film_under_a_taken_name_is_refused_and_nothing_is_overwritten(
    channel: Channel, film: Path, tmp_path: Path
):
    address = channel.publish(film, name="the-door.mp4", sha256=SHA)
    other = tmp_path / "other.mp4"
    other.write_bytes(b"another")
    with pytest.raises(HomeError, match="another film") as refused:
        channel.publish(other, name="the-door.mp4", sha256=hashlib.sha256(b"another").hexdigest())
    assert "\n" not in str(refused.value)
    assert Path(address).read_bytes() == FILM


def test_two_films_lie_side_by_side(channel: Channel, film: Path):
    addresses = {channel.publish(film, name=name, sha256=SHA) for name in ("one.mp4", "two.mp4")}
    assert len(addresses) == 2


def test_many_who_publish_the_same_film_at_once_make_one_release(channel: Channel, film: Path):
    with ThreadPoolExecutor(12) as pool:
        sent = [pool.submit(channel.publish, film, name="the-door.mp4", sha256=SHA) for _ in range(24)]
        addresses = {one.result() for one in sent}
    assert len(addresses) == 1
    assert Path(addresses.pop()).read_bytes() == FILM


def test_of_two_films_that_race_for_a_name_one_is_whole_and_the_other_is_refused(channel: Channel, tmp_path: Path):
    films = {}
    for letter in (b"a", b"b"):
        path = tmp_path / f"{letter.decode()}.mp4"
        path.write_bytes(letter * 3_000_000)
        films[hashlib.sha256(letter * 3_000_000).hexdigest()] = path
    with ThreadPoolExecutor(8) as pool:
        sent = [
            (sha, pool.submit(channel.publish, path, name="the-door.mp4", sha256=sha))
            for _ in range(6)
            for sha, path in films.items()
        ]
        outcomes = [(sha, one.exception()) for sha, one in sent]
    winners = {sha for sha, error in outcomes if error is None}
    assert len(winners) == 1
    assert {type(error) for sha, error in outcomes if sha not in winners} == {HomeError}


def test_a_master_that_was_changed_after_signing_does_not_leave(channel: Channel, film: Path):
    film.write_bytes(FILM[:-1] + b"?")
    with pytest.raises(MediaError, match="not the film that was signed"):
        channel.publish(film, name="the-door.mp4", sha256=SHA)
    film.write_bytes(FILM)
    assert channel.publish(film, name="the-door.mp4", sha256=SHA), "the name is still free"


def test_a_master_that_is_gone_is_one_clear_line(channel: Channel, tmp_path: Path):
    with pytest.raises(MediaError, match=r"gone\.mp4 cannot be read"):
        channel.publish(tmp_path / "gone.mp4", name="the-door.mp4", sha256=SHA)


@pytest.mark.parametrize("name", ["", ".", "..", "../film.mp4", "a/b.mp4", "/film.mp4", ".film.mp4", "a\0b.mp4", "a/"])
def test_a_name_is_a_file_name_and_nothing_else(channel: Channel, film: Path, name: str, tmp_path: Path):
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="cannot publish under the name"):
        channel.publish(film, name=name, sha256=SHA)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_goes_wrong_is_told_as_one_of_our_errors(film: Path, tmp_path: Path):
    (tmp_path / "place").write_text("a file where the place should be", encoding="utf-8")
    for make in ADAPTERS.values():
        with pytest.raises(CircletakeError):
            make(tmp_path / "place").publish(film, name="the-door.mp4", sha256=SHA)
