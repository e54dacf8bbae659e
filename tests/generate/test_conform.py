"""Conform: what is circled goes into the film at its size, from the original, and is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from circletake.domain.clip import Clip
from circletake.domain.operation import Operation, Outcome, operation_key
from circletake.domain.production import Production
from circletake.domain.take import CircledTake, Take
from circletake.errors import HandoffInvalid, MediaError
from circletake.generate import Ripomatic, conform
from circletake.media import decode, encode, picture
from circletake.media.ingest import ingest
from circletake.media.probe import probe
from circletake.runtime.files import FileStore, sha256_of
from tests.assemble.film import Desk
from tests.contracts.test_generator import driven, operation
from tests.generate.footage import clip, order, plan

FPS = Fraction(24)
FRAMES = 96


def written(path: Path, *, size: tuple[int, int] = (1280, 720), seed: int = 1) -> Path:
    """Write fine texture that drifts, under a block that wanders: what is fine is lost in a proxy."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.integers(40, 200, (size[1] // 2, size[0] // 2 + 120)).astype(np.uint8), None, fx=2, fy=2)

    def pictures() -> Iterator[np.ndarray]:
        for index in range(FRAMES):
            grey = np.ascontiguousarray(ground[: size[1], index * 2 : index * 2 + size[0]])
            left = 100 + index * 6
            grey[300:420, left : left + 160] = 230
            yield picture.from_rgb(np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8))

    encode.write_film(path, frames=pictures(), fps=FPS, size=size, sound=None, profile="final")
    return path


def taken_in(path: Path, files: FileStore) -> Clip:
    """Take a file in as the catalogue does, and return its clip."""
    proxy, preview = files.scratch("mp4"), files.scratch("mp4")
    with path.open("rb") as content:
        found = ingest(
            content, name=path.name, proxy=proxy, preview=preview, codec="libx264", text_hint=False,
            progress=lambda share: None,
        )  # fmt: skip
    changes = {
        "file": path.name, "original": str(path), "sha256": sha256_of(path), "proxy": files.adopt(proxy, ending="mp4"),
        "frames": found.frames, "fps": found.fps, "width": found.width, "height": found.height,
        "look": found.shots[0].look, "active": found.shots[0].active, "has_sound": False,
    }  # fmt: skip
    return clip(files, "a", frames=24).model_copy(update=changes)


@dataclass
class Floor:
    """A shot of which two takes were made, and what conform is given."""

    files: FileStore
    clip: Clip
    generator: Ripomatic
    desk: Desk
    pool: list[Take] = field(default_factory=list)
    circled: int = 1
    at_hand: bool = True
    kept: dict[str, Take] = field(default_factory=dict)

    def current(self, production: str) -> dict[str, CircledTake]:
        return {
            "1A": CircledTake(
                slate="1A", number=self.circled, round=1, by="person", who="Ada", at=datetime(2026, 1, 1, tzinfo=UTC)
            )
        }

    def takes(self, production: str, slate: str | None = None) -> tuple[Take, ...]:
        return tuple(self.pool)

    def many(self, clip_ids: list[str]) -> dict[str, Clip]:
        return {name: self.clip for name in clip_ids}

    def get(self, production: str, version: int):
        return plan(48, 24)

    def keep(self, finals: list[Take]) -> None:
        self.kept |= {one.id: one for one in finals}

    def finals(self, production: str) -> dict[str, Take]:
        return self.kept

    def run(self) -> dict[str, Take]:
        conform(
            Production(production="p", plan_version=1),
            plans=self, takes=self, circles=self, clips=self, finals=self, files=self.files,
            generators={one.name: one for one in [self.generator] if self.at_hand}, work=self.desk,
            progress=lambda what, done, total: None,
        )  # fmt: skip
        return self.kept


def as_a_worker(generator: Ripomatic, one: Operation) -> Outcome:
    try:
        return driven(generator, one)
    except MediaError as error:
        return Outcome(key=one.key, state="failed", spent=Decimal(0), error_class="MediaError", error=str(error))


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    files = FileStore(tmp_path / "studio")
    footage = taken_in(written(tmp_path / "field.mp4"), files)
    generator = Ripomatic(files)
    desk = Desk(lambda one: as_a_worker(generator, one))
    made = Floor(files, footage, generator, desk)
    (request,) = generator.ask(order(files, (footage,), takes=2))
    one = operation(generator, request.payload)
    desk.drain([one], progress=lambda what, done, total: None)
    for output in desk.outcomes([one.key])[one.key].outputs:
        assert output.qc is not None
        assert output.look is not None
        made.pool.append(
            Take(
                production="p", slate="1A", number=output.index + 1, round=1, operation=one.key,
                generator=generator.name, source_type="composite", uri=output.uri, sha256=output.sha256,
                frames=output.frames, width=output.width, height=output.height, look=output.look, phash=output.phash,
                clips=(footage.clip_id,), files=(footage.file,), recipe=output.recipe, qc=output.qc,
            )
        )  # fmt: skip
    desk.executed.clear()
    return made


def detail(files: FileStore, take: Take) -> float:
    """Return how much fine texture there is in a take, brought to one size."""
    frame = list(decode.iterate_frames(files.path(take.uri)))[20]
    light = cv2.resize(picture.planes(frame).y, (1280, 720), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return float(np.abs(light - cv2.GaussianBlur(light, (0, 0), 2.0)).mean())


def test_a_circled_take_is_made_at_the_size_of_the_film_from_the_original(floor: Floor):
    final = floor.run()["1A-1"]
    film = probe(floor.files.path(final.uri))
    assert (film.frames, film.width, film.height) == (48, 1280, 720)
    assert (floor.pool[0].width, floor.pool[0].height) == (640, 360)
    assert detail(floor.files, final) > 1.5 * detail(floor.files, floor.pool[0])
    assert final.recipe["profile"] == "final"
    assert final.recipe["move"] == floor.pool[0].recipe["move"]
    assert final.qc.passed, final.qc.reasons


def test_only_what_is_circled_is_made_and_only_once(floor: Floor):
    floor.run()
    floor.run()
    assert floor.desk.executed == [operation_key("p", "conform", "1A", 1, 1)]
    floor.circled = 2
    floor.run()
    floor.circled = 1
    floor.run()
    assert floor.desk.executed[1:] == [operation_key("p", "conform", "1A", 2, 1)]


def test_a_final_whose_file_is_gone_is_made_again(floor: Floor):
    lost = floor.run()["1A-1"]
    floor.files.path(lost.uri).unlink()
    again = floor.run()["1A-1"]
    assert floor.files.path(again.uri).exists()
    assert again.sha256 == lost.sha256


def test_an_original_that_is_gone_is_named_and_put_back_the_film_goes_on(floor: Floor, tmp_path: Path):
    away = tmp_path / "away.mp4"
    shutil.move(floor.clip.original, away)
    with pytest.raises(MediaError, match=r"take 1A-1 cannot be made.*field\.mp4 cannot be read.*catalog add.*resume"):
        floor.run()
    assert floor.kept == {}
    shutil.move(away, floor.clip.original)
    assert floor.run()["1A-1"].width == 1280


def test_another_film_in_the_place_of_the_original_is_not_cut_in(floor: Floor, tmp_path: Path):
    written(Path(floor.clip.original), seed=2)
    with pytest.raises(MediaError, match=r"the original of field\.mp4 is another file now"):
        floor.run()
    assert floor.kept == {}


def test_footage_that_is_drawn_is_conformed_from_the_studios_own_file(floor: Floor):
    floor.clip = floor.clip.model_copy(
        update={
            "original": floor.clip.proxy,
            "sha256": floor.clip.proxy.removeprefix("media/").removesuffix(".mp4"),
            "width": 960,
            "height": 540,
        }
    )
    assert floor.run()["1A-1"].width == 1280


def test_a_take_that_the_journal_does_not_know_is_refused(floor: Floor):
    floor.pool[0] = floor.pool[0].model_copy(update={"operation": "p/generate/1A/9/1"})
    with pytest.raises(HandoffInvalid, match="1A-1 came of p/generate/1A/9/1"):
        floor.run()


def test_a_circled_take_whose_generator_is_not_at_hand_stops_the_film(floor: Floor):
    floor.at_hand = False
    with pytest.raises(HandoffInvalid, match="made by ripomatic, which is not at hand"):
        floor.run()
    assert floor.kept == {}
