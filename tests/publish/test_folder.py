"""The folder channel: what disks and dying processes do to it."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from circletake.errors import HomeError
from circletake.publish import FolderChannel
from circletake.runtime.files import sha256_of

FILM = b"every frame of it" * 100_000
SHA = hashlib.sha256(FILM).hexdigest()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "master.mp4"
    path.write_bytes(FILM)
    return path


@pytest.fixture
def small_files(film: Path) -> Iterator[None]:
    """Let no file of this process grow beyond half the film, as a quota would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (film.stat().st_size // 2, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_is_made_and_holds_the_film_alone(film: Path, tmp_path: Path):
    folder = tmp_path / "deep" / "releases"
    address = FolderChannel(folder).publish(film, name="the-door.mp4", sha256=SHA)
    assert address == str(folder / "the-door.mp4")
    assert names_in(folder) == ["the-door.mp4"]
    assert Path(address).stat().st_mode & 0o111 == 0


def test_a_relative_folder_gives_an_address_that_holds_everywhere(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    channel = FolderChannel(Path("releases"))
    monkeypatch.chdir("/")
    assert channel.publish(film, name="a.mp4", sha256=SHA) == str(tmp_path / "releases" / "a.mp4")


def test_a_folder_that_cannot_be_made_is_one_clear_line(film: Path, tmp_path: Path):
    (tmp_path / "releases").write_text("in the way", encoding="utf-8")
    with pytest.raises(HomeError, match=r"cannot write .*the-door\.mp4: .*free space or permit writing"):
        FolderChannel(tmp_path / "releases" / "more").publish(film, name="the-door.mp4", sha256=SHA)


@pytest.mark.usefixtures("small_files")
def test_a_disk_without_room_leaves_nothing_behind(film: Path, tmp_path: Path):
    with pytest.raises(HomeError, match="free space"):
        FolderChannel(tmp_path / "releases").publish(film, name="the-door.mp4", sha256=SHA)
    assert names_in(tmp_path / "releases") == []


def test_half_a_film_that_a_dead_process_left_is_removed_and_never_published(film: Path, tmp_path: Path):
    folder = tmp_path / "releases"
    folder.mkdir()
    (folder / ".the-door.mp4.part").write_bytes(FILM[:1000])
    FolderChannel(folder).publish(film, name="the-door.mp4", sha256=SHA)
    assert names_in(folder) == ["the-door.mp4"]
    assert sha256_of(folder / "the-door.mp4") == SHA


def test_a_process_that_died_right_after_the_link_leaves_a_film_that_is_not_written_to(film: Path, tmp_path: Path):
    folder = tmp_path / "releases"
    FolderChannel(folder).publish(film, name="the-door.mp4", sha256=SHA)
    os.link(folder / "the-door.mp4", folder / ".the-door.mp4.part")
    FolderChannel(folder).publish(film, name="the-door.mp4", sha256=SHA)
    assert names_in(folder) == ["the-door.mp4"]
    assert sha256_of(folder / "the-door.mp4") == SHA


_PUBLISH_FOR_EVER = """
import itertools, sys
from pathlib import Path
from circletake.publish.folder import FolderChannel
channel = FolderChannel(Path(sys.argv[1]))
for number in itertools.count():
    print(number, flush=True)
    channel.publish(Path(sys.argv[2]), name=f"{number}.mp4", sha256=sys.argv[3])
"""


@pytest.mark.parametrize("films", [1, 4, 9, 17])
def test_a_killed_process_leaves_whole_films_only(film: Path, tmp_path: Path, films: int):
    folder = tmp_path / "releases"
    line = [sys.executable, "-c", _PUBLISH_FOR_EVER, str(folder), str(film), SHA]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        begun = [process.stdout.readline().strip() for _ in range(films)][-1]
        process.send_signal(signal.SIGKILL)
    published = [path for path in folder.glob("*.mp4") if not path.name.startswith(".")]
    assert len(published) >= films - 1
    assert {sha256_of(path) for path in published} <= {SHA}
    FolderChannel(folder).publish(film, name=f"{begun}.mp4", sha256=SHA)
    assert sha256_of(folder / f"{begun}.mp4") == SHA
