"""Opening files: one local file and nothing it points to; nothing half-written; errors by class."""

from __future__ import annotations

import resource
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.media.footage import FPS, SMALL, clip, hum, numbered, squares

from circletake.errors import HomeError, MediaError
from circletake.media.container import first_video, open_source
from circletake.media.encode import write_film
from circletake.media.picture import Frame


def test_what_is_not_there_is_one_clear_line(tmp_path: Path):
    with pytest.raises(MediaError, match="no such file") as raised, open_source(tmp_path / "gone.mp4"):
        pass
    assert "\n" not in str(raised.value)
    assert "gone.mp4" in str(raised.value)


def test_what_is_no_media_file_is_refused_without_a_word_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    path = tmp_path / "note.mp4"
    path.write_text("this is a letter\n" * 200, encoding="utf-8")
    with pytest.raises(MediaError), open_source(path):
        pass
    assert capfd.readouterr() == ("", "")


def test_a_list_that_names_another_file_does_not_open_it(tmp_path: Path):
    clip(tmp_path / "secret.mp4")
    path = tmp_path / "list.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{tmp_path}/secret.mp4'\n", encoding="utf-8")
    with pytest.raises(MediaError), open_source(path):
        pass


def test_a_name_that_looks_like_an_address_is_only_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    written = clip(tmp_path / "data:take.mp4")
    with open_source(Path("data:take.mp4")) as container:
        assert first_video(container, written).codec_context.width == SMALL[0]


def test_sound_alone_is_not_a_clip(tmp_path: Path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, 48_000, 0, "NONE", ""))
        out.writeframes(b"\0" * 9_600)
    with open_source(path) as container, pytest.raises(MediaError, match="no video stream"):
        first_video(container, path)


def test_a_folder_that_is_not_there_is_a_matter_of_the_home(tmp_path: Path):
    with pytest.raises(HomeError, match="cannot write"):
        write_film(tmp_path / "no" / "film.mp4", frames=[numbered(1)], fps=FPS, size=SMALL, sound=None)


def test_a_disk_that_fills_up_is_a_matter_of_the_home_and_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "film.mp4"
    noise = np.random.default_rng(0).integers(16, 235, (24, 270, 320), dtype=np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        with pytest.raises(HomeError, match="cannot write"):
            write_film(path, frames=noise, fps=FPS, size=(320, 180), sound=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not path.exists()
    write_film(path, frames=noise, fps=FPS, size=(320, 180), sound=None)
    assert path.stat().st_size > 400_000


def test_a_film_whose_pictures_fail_leaves_nothing_behind(tmp_path: Path):
    def failing() -> Iterator[Frame]:
        yield from squares(30, size=SMALL)
        raise MediaError("the segment is damaged")

    with pytest.raises(MediaError, match="segment is damaged"):
        write_film(tmp_path / "film.mp4", frames=failing(), fps=FPS, size=SMALL, sound=hum(60_000))
    assert list(tmp_path.iterdir()) == []
