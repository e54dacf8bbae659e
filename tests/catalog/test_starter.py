"""The starter catalogue: drawn once, there for every new home, and good enough to make films from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from circletake.catalog import read_rights
from circletake.catalog.starter import STARTER_CSV, draw_clip, make_starter
from circletake.domain.clip import Clip
from circletake.domain.look import StyleTarget
from circletake.domain.reference import Query
from circletake.domain.rights import CUT_IN, permits
from circletake.errors import HomeError, WorkerLost
from circletake.media import decode, procedural
from circletake.media.probe import probe
from circletake.runtime.files import FileStore, sha256_of
from tests.catalog.starting import StarterHome, never
from tests.catalog.synthetic import a_clip, asking, opened

WORLD = asking("style_reference", territories=("WORLD",), media=("all",))


def _allowed(clips: Sequence[Clip], *uses: str) -> int:
    question = asking(*uses, territories=("WORLD",), media=("all",))
    return sum(permits(clip.licence, question).allowed for clip in clips)


def _fill(home: Path, cache: Path, draw_all=never) -> int:
    clips, search = opened(home)
    return make_starter(
        clips=clips,
        files=FileStore(home),
        search=search,
        cache=cache,
        draw_all=draw_all,
        progress=lambda what, done, total: None,
    )


def test_every_drawing_has_a_row_and_every_row_a_drawing():
    assert {Path(file).stem for file in read_rights(STARTER_CSV)} == {clip.name for clip in procedural.CLIPS}


def test_there_is_enough_to_make_a_film_from(starter_home: StarterHome):
    clips = starter_home.clips.all()
    assert starter_home.added == len(clips) >= 24
    assert len({clip.scene for clip in procedural.CLIPS}) >= 12
    assert _allowed(clips, "style_reference") >= 16
    assert _allowed(clips, *CUT_IN) >= 10
    assert _allowed(clips, "style_reference", *CUT_IN) >= 10
    assert _allowed(clips, "style_reference") < len(clips)
    assert len({clip.licence.owner for clip in clips}) >= 3


def test_every_clip_is_what_its_row_says(starter_home: StarterHome):
    drawings = {clip.name: clip for clip in procedural.CLIPS}
    rows = read_rights(STARTER_CSV)
    for clip in starter_home.clips.all():
        drawing, row = drawings[Path(clip.file).stem], rows[clip.file]
        assert (clip.frames, clip.fps) == (drawing.frames, drawing.fps)
        assert (clip.title, clip.caption, clip.tags, clip.licence) == (row.title, row.caption, row.tags, row.licence)
        assert clip.title
        assert clip.caption
        film = starter_home.files.path(clip.proxy)
        assert sha256_of(film) == clip.sha256
        assert clip.clip_id == f"{clip.sha256[:12]}-0"
        assert starter_home.files.path(clip.poster).read_bytes().startswith(b"\xff\xd8\xff")
        found = probe(film)
        assert (found.width, found.height) == (clip.width, clip.height) == (960, 540)


def test_a_clip_decodes_from_end_to_end_and_can_be_heard(starter_home: StarterHome):
    for clip in starter_home.clips.all()[::8]:
        film = starter_home.files.path(clip.proxy)
        assert sum(1 for _ in decode.iterate_frames(film)) == clip.frames
        sound = decode.decode_sound(film, start=Fraction(0), samples=48_000)
        assert clip.has_sound
        assert abs(sound).max() > 0.01


def test_no_two_clips_look_the_same(starter_home: StarterHome):
    hashes = [int(clip.phash, 16) for clip in starter_home.clips.all()]
    nearest = min((one ^ other).bit_count() for at, one in enumerate(hashes) for other in hashes[:at])
    assert len(set(hashes)) == len(hashes)
    assert nearest >= 2


def test_words_find_what_a_clip_shows(starter_home: StarterHome):
    for clip in starter_home.clips.all():
        if permits(clip.licence, WORLD).allowed:
            found = starter_home.search.find(Query(text=clip.caption), rights=WORLD, k=3)
            assert found.references[0].clip_id == clip.clip_id


def test_a_dark_look_finds_darker_clips_than_a_bright_one(starter_home: StarterHome):
    def mean_luma(luma: float) -> float:
        found = starter_home.search.find(Query(style=StyleTarget(luma=luma), diversity=1), rights=WORLD, k=6)
        return sum(clip.look.luma for clip in found.clips) / 6

    assert mean_luma(0.05) + 0.1 < mean_luma(0.8)


def test_a_second_call_does_nothing(starter_home: StarterHome, tmp_path: Path):
    shutil.copytree(starter_home.home, tmp_path / "studio")
    assert _fill(tmp_path / "studio", tmp_path / "no cache") == 0


def test_a_new_home_takes_everything_from_the_cache(starter_home: StarterHome, tmp_path: Path):
    assert _fill(tmp_path, starter_home.cache) == starter_home.added
    clips, search = opened(tmp_path)
    assert clips.all() == starter_home.clips.all()
    assert search.find(Query(text="rain"), rights=WORLD).shortfall == 0


def test_a_licence_that_was_revoked_here_stays_revoked_when_lost_films_are_put_back(
    starter_home: StarterHome, tmp_path: Path
):
    shutil.copytree(starter_home.home, tmp_path / "studio")
    clips, _ = opened(tmp_path / "studio")
    clip = clips.all()[0]
    licence = clip.licence.model_copy(update={"revoked": True, "revision": 2})
    clips.put([clip.model_copy(update={"licence": licence})])
    FileStore(tmp_path / "studio").path(clip.proxy).unlink()
    assert _fill(tmp_path / "studio", starter_home.cache) == 1
    assert clips.get(clip.clip_id).licence == licence
    assert FileStore(tmp_path / "studio").path(clip.proxy).exists()


def test_footage_of_the_house_that_bears_the_same_name_is_left_alone(starter_home: StarterHome, tmp_path: Path):
    clips, _ = opened(tmp_path)
    name = next(iter(read_rights(STARTER_CSV)))
    own = a_clip("own").model_copy(update={"file": name})
    clips.put([own])
    assert _fill(tmp_path, starter_home.cache) == starter_home.added
    assert clips.count() == starter_home.added + 1
    assert clips.get(own.clip_id) == own


def test_only_what_is_missing_or_damaged_in_the_cache_is_drawn_again(starter_home: StarterHome, tmp_path: Path):
    cache = tmp_path / "cache"
    shutil.copytree(starter_home.cache, cache)
    films, sheets = sorted(cache.glob("*/*.mp4")), sorted(cache.glob("*/*.json"))
    films[0].write_bytes(films[0].read_bytes()[:-1])
    sheets[1].write_text("{", encoding="utf-8")
    films[2].unlink()
    (films[0].parent / f".{films[0].stem}.of-a-dead-process.part").write_bytes(b"half a film")
    asked: list[str] = []

    def draw_all(names: Sequence[str]) -> Iterator[str]:
        asked.extend(names)
        for name in names:
            draw_clip(name, cache)
            yield name

    assert _fill(tmp_path / "studio", cache, draw_all) == starter_home.added
    assert sorted(asked) == [film.stem for film in films[:3]]
    clips, _ = opened(tmp_path / "studio")
    assert clips.all() == starter_home.clips.all()
    assert list(cache.glob("*/.*.part")) == []


def test_two_processes_may_fill_one_home_at_once(starter_home: StarterHome, tmp_path: Path):
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.catalog.test_starter import _fill\n"
        "print(_fill(Path(sys.argv[1]), Path(sys.argv[2])))\n"
    )
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), str(starter_home.cache)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = sorted(one.communicate(timeout=120)[0].strip() for one in crowd)
    assert said == ["0", str(starter_home.added)]
    clips, search = opened(tmp_path)
    assert clips.all() == starter_home.clips.all()
    assert search.sync() == 0


def test_a_clip_whose_worker_died_is_tried_once_more_and_then_given_up(starter_home: StarterHome, tmp_path: Path):
    cache = tmp_path / "cache"
    shutil.copytree(starter_home.cache, cache)
    film = next(cache.glob("*/*.mp4"))
    film.unlink()
    tries: list[str] = []

    def dies(names: Sequence[str]) -> Iterator[str]:
        for name in names:
            tries.append(name)
            yield name

    with pytest.raises(WorkerLost, match=f"1 clips .* {film.stem}"):
        _fill(tmp_path / "studio", cache, dies)
    assert tries == [film.stem] * 2
    clips, _ = opened(tmp_path / "studio")
    assert clips.count() == 0


def test_a_cache_that_cannot_be_written_is_said_in_one_line(tmp_path: Path):
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    with pytest.raises(HomeError, match="cannot write"):
        draw_clip(procedural.CLIPS[0].name, tmp_path / "cache")
    with pytest.raises(HomeError, match="cannot write"):
        _fill(tmp_path / "studio", tmp_path / "cache")


def test_only_clips_of_the_catalogue_can_be_drawn(tmp_path: Path):
    with pytest.raises(KeyError):
        draw_clip("../../etc/passwd", tmp_path)
    assert list(tmp_path.iterdir()) == []
