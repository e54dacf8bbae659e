"""Takes that were made elsewhere: every fault is found, and told as one would tell an editor."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.media.footage import FPS, squares

from circletake.domain.quality import QcReport
from circletake.media.encode import write_film
from circletake.media.foreign import examine
from circletake.media.picture import Frame, blank

SIZE = (160, 90)
FRAMES = 48


def tone(seconds: float, *, level: float = 0.1) -> np.ndarray:
    wave = level * np.sin(np.arange(round(seconds * 48_000)) * 2 * np.pi * 330 / 48_000)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def shot(path: Path, frames: Iterator[Frame] | None = None, *, sound: np.ndarray | None = None) -> Path:
    heard = tone(float(FRAMES / FPS)) if sound is None else sound
    write_film(path, frames=frames or squares(FRAMES), fps=FPS, size=SIZE, sound=heard if len(heard) else None)
    return path


def examined(data: bytes, *, frames: int = FRAMES, size: tuple[int, int] = SIZE, fps: Fraction = FPS) -> QcReport:
    return examine(io.BytesIO(data), name="take.mp4", expected_frames=frames, size=size, fps=fps)


def failed(report: QcReport) -> dict[str, str]:
    return {found.check: found.reason for found in report.findings if not found.passed}


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return shot(tmp_path / "a.mp4").read_bytes()


def test_a_take_that_is_what_was_ordered_passes_every_check(whole: bytes):
    report = examined(whole)
    assert report.passed, report.reasons
    assert {found.check for found in report.findings} >= {
        "decodes", "length", "size", "fps", "black", "frozen", "flashes", "silence", "clipping", "loudness",
    }  # fmt: skip


def test_what_was_not_ordered_is_told(whole: bytes):
    assert "2 frames too short" in failed(examined(whole, frames=FRAMES + 2))["length"]
    assert "160x90, 320x180 was ordered" in failed(examined(whole, size=(320, 180)))["size"]
    assert "24.000 frames a second, 25.000" in failed(examined(whole, fps=Fraction(25)))["fps"]


def test_damage_is_found_and_said_where(whole: bytes):
    broken = bytearray(whole)
    middle = len(broken) // 2
    broken[middle : middle + 400] = np.random.default_rng(3).bytes(400)
    assert "take.mp4 is damaged" in failed(examined(bytes(broken)))["decodes"]


@pytest.mark.parametrize("data", [b"", b"no film at all" * 40, b"#EXTM3U\nhttp://127.0.0.1/a.ts\n"], ids=range(3))
def test_what_is_no_film_is_a_report_and_not_a_crash(data: bytes):
    report = examined(data)
    assert not report.passed
    assert "take.mp4" in failed(report)["decodes"]


def test_a_file_that_is_cut_off_does_not_decode(whole: bytes):
    assert "decodes" in failed(examined(whole[: len(whole) * 2 // 3]))


def test_black_frozen_and_flashing_pictures_are_told(tmp_path: Path):
    black = shot(tmp_path / "b.mp4", (blank(SIZE) for _ in range(FRAMES)))
    still = shot(tmp_path / "c.mp4", (blank(SIZE, luma=90) for _ in range(FRAMES)))
    strobe = shot(tmp_path / "d.mp4", (blank(SIZE, luma=200 if index // 2 % 2 else 40) for index in range(FRAMES)))
    assert "from beginning to end" in failed(examined(black.read_bytes()))["black"]
    assert "stands still" in failed(examined(still.read_bytes()))["frozen"]
    assert "photosensitive" in failed(examined(strobe.read_bytes()))["flashes"]


def test_silence_clipping_and_a_missing_track_are_told(tmp_path: Path):
    silent = shot(tmp_path / "e.mp4", sound=np.zeros((96_000, 2), np.float32))
    clipped = shot(tmp_path / "f.mp4", sound=np.clip(tone(2.0, level=3.0), -1, 1))
    mute = shot(tmp_path / "g.mp4", sound=np.zeros((0, 2), np.float32))
    assert "nothing can be heard" in failed(examined(silent.read_bytes()))["silence"]
    assert "cut off at full scale" in failed(examined(clipped.read_bytes()))["clipping"]
    assert failed(examined(mute.read_bytes()))["silence"] == "there is no sound track"
