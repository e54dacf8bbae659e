"""Quality control: every fault is found, said in words an editor understands, and nothing healthy is refused."""

from __future__ import annotations

import time
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.domain.quality import Check, Finding, QcReport
from circletake.errors import MediaError
from circletake.media import quality
from circletake.media.look import Fingerprint, Gallery, fingerprint
from circletake.media.picture import blank

FPS = Fraction(24)
RATE = 48_000
SIZE = (320, 180)
Stack = NDArray[np.uint8]


def moving(frames: int = 72, *, size: tuple[int, int] = SIZE, step: float = 1.0, seed: int = 1) -> Stack:
    """A textured picture that drifts by `step` pixels a frame."""
    width, height = size
    rng = np.random.default_rng(seed)
    texture = cv2.resize(
        rng.integers(40, 200, (24, 64), dtype=np.uint8), (2 * width, height), interpolation=cv2.INTER_CUBIC
    )
    out = []
    for number in range(frames):
        frame = blank(size)
        shift = np.array([[1.0, 0.0, -step * number], [0.0, 1.0, 0.0]])
        frame[:height] = cv2.warpAffine(texture, shift, size, borderMode=cv2.BORDER_WRAP)
        out.append(frame)
    return np.stack(out)


def grained(frames: Stack, *, sigma: float) -> Stack:
    out = frames.astype(np.float32)
    out[:, :180] += np.random.default_rng(3).normal(0.0, sigma, (len(frames), 180, 320))
    return np.clip(out, 16, 235).round().astype(np.uint8)


def noise(seconds: float = 3.0, *, level: float = 0.05) -> NDArray[np.float32]:
    return (np.random.default_rng(1).standard_normal((int(seconds * RATE), 2)) * level).astype(np.float32)


def inspect(
    frames: Stack,
    *,
    expected: int = 72,
    size: tuple[int, int] = SIZE,
    sound: NDArray[np.float32] | tuple[Finding, ...] | None = None,
    silent: bool = False,
    decoded: bool = True,
    measured_fps: Fraction | None = FPS,
) -> QcReport:
    inspector = quality.Inspector(expected_frames=expected, size=size, fps=FPS)
    for frame in frames:
        inspector.see(frame)
    heard = sound if sound is not None or silent else noise()
    return inspector.report(sound=heard, decoded=decoded, measured_fps=measured_fps)


def finding(report: QcReport, check: Check) -> Finding:
    return next(found for found in report.findings if found.check == check)


def failed(report: QcReport) -> set[str]:
    return {found.check for found in report.findings if not found.passed}


def test_a_healthy_take_passes_every_check():
    report = inspect(moving())
    assert report.reasons == ()
    assert report.passed
    assert {found.check for found in report.findings} == {
        "decodes", "length", "size", "fps", "black", "frozen", "flashes", "silence", "clipping", "loudness"
    }  # fmt: skip
    assert all(found.measured for found in report.findings)


def test_a_frozen_tail_is_found_and_timed():
    frames = moving()
    frames[36:] = frames[36]
    report = inspect(frames)
    assert failed(report) == {"frozen"}
    assert report.reasons == ("the picture stands still from 00:00:01:12 to the end",)


def test_a_freeze_is_found_under_fresh_grain():
    frames = moving()
    frames[24:48] = frames[24]
    assert inspect(grained(frames, sigma=2.0)).reasons == ("the picture stands still from 00:00:01:00 to 00:00:02:00",)


def test_a_still_from_beginning_to_end_is_frozen():
    assert inspect(moving(1).repeat(72, axis=0)).reasons == ("the picture stands still from beginning to end",)


@pytest.mark.parametrize("step", [0.05, 0.2])
def test_a_slow_move_is_not_frozen(step: float):
    assert inspect(moving(step=step)).passed


def test_a_small_figure_that_moves_is_enough():
    frames = moving(1).repeat(72, axis=0)
    for number, frame in enumerate(frames):
        frame[90:110, 100 + number : 112 + number] = 20
    assert inspect(frames).passed


def test_eleven_frames_of_hold_are_a_choice_twelve_a_fault():
    for hold, passes in ((11, True), (12, False)):
        frames = moving()
        frames[30 : 30 + hold] = frames[30]
        assert finding(inspect(frames), "frozen").passed is passes


def test_a_black_middle_is_found_and_timed():
    frames = moving()
    frames[24:48] = blank(SIZE)
    report = inspect(frames)
    assert failed(report) == {"black"}
    assert report.reasons == ("the picture is black from 00:00:01:00 to 00:00:02:00",)


def test_a_short_dip_to_black_and_a_dark_night_are_not_black():
    dip = moving()
    dip[30:36] = blank(SIZE)
    night = (moving().astype(np.float32) - 16.0) * 0.15 + 16.0
    night[:, 180:] = 128
    assert inspect(dip).passed
    assert finding(inspect(night.round().astype(np.uint8)), "black").passed


def test_a_wrong_length_says_how_much_is_missing():
    short, long = inspect(moving(71)), inspect(moving(74))
    assert failed(short) == failed(long) == {"length"}
    assert short.reasons == ("the take is 1 frame too short: 71 instead of 72",)
    assert long.reasons == ("the take is 2 frames too long: 74 instead of 72",)


def test_a_take_without_pictures_fails_and_says_so():
    report = inspect(np.zeros((0, 270, 320), np.uint8))
    assert {"decodes", "length", "size"} <= failed(report)
    assert "there is no picture at all" in report.reasons


def test_damage_is_reported():
    assert inspect(moving(), decoded=False).reasons == ("the file is damaged: not all of it can be decoded",)


def test_another_size_and_a_change_of_size_are_found():
    assert inspect(moving(), size=(1280, 720)).reasons == ("the picture is 320x180, 1280x720 was ordered",)
    inspector = quality.Inspector(expected_frames=4, size=SIZE, fps=FPS)
    for frame in (*moving(2), *moving(2, size=(160, 90))):
        inspector.see(frame)
    assert "the picture changes its size at 00:00:00:02" in inspector.report(sound=noise(1 / 6)).reasons[0]


def test_another_frame_rate_is_found_and_an_unknown_one_is_not_claimed():
    assert failed(inspect(moving(), measured_fps=Fraction(25))) == {"fps"}
    assert "25.000 frames a second, 24.000 was ordered" in inspect(moving(), measured_fps=Fraction(25)).reasons[0]
    assert not any(found.check == "fps" for found in inspect(moving(), measured_fps=None).findings)


def strobe(*, period: int, area: float, low: int = 30, high: int = 220) -> Stack:
    """Flash a part of the picture: `period` frames for a dark and a bright phase together."""
    frames = moving()
    rows = int(180 * area)
    for number in range(72):
        frames[number, :rows] = low if number % period < period / 2 else high
    return frames


@pytest.mark.parametrize("period", [2, 4, 6])
def test_a_strobe_is_found(period: int):
    report = inspect(strobe(period=period, area=1.0))
    assert "flashes" in failed(report)
    assert "flashes more than three times a second" in finding(report, "flashes").reason


def test_a_strobe_on_a_third_of_the_picture_is_found():
    assert failed(inspect(strobe(period=6, area=0.34))) == {"flashes"}


@pytest.mark.parametrize(
    "frames",
    [
        strobe(period=6, area=0.2),
        strobe(period=8, area=1.0),
        strobe(period=6, area=1.0, low=110, high=118),
        strobe(period=6, area=1.0, low=216, high=235),
        np.concatenate([moving(36), 250 - moving(36, seed=4)]),
    ],
    ids=["a fifth of the area", "three a second", "hardly visible", "both bright", "a single cut"],
)
def test_what_does_not_flash_passes(frames: Stack):
    assert finding(inspect(frames), "flashes").passed


def test_fast_cutting_within_reason_passes():
    frames = np.concatenate([moving(12, seed=seed, step=3.0) for seed in range(6)])
    assert inspect(frames).passed


def test_no_track_and_a_silent_track_are_two_things():
    assert inspect(moving(), silent=True).reasons == ("there is no sound track",)
    quiet = inspect(moving(), sound=noise(level=1e-5))
    assert quiet.reasons == ("there is a sound track, but nothing can be heard on it",)
    assert inspect(moving(), sound=np.zeros((0, 2), np.float32)).reasons == ("the sound track is empty",)


def test_a_long_silence_is_timed_and_a_pause_is_allowed():
    gap, pause = noise(), noise()
    gap[RATE:] = 0.0
    pause[RATE : 2 * RATE] = 0.0
    assert inspect(moving(), sound=gap).reasons == ("nothing can be heard from 00:00:01:00 to the end",)
    assert inspect(moving(), sound=pause).passed


def test_sound_that_ends_early_is_found_and_a_packet_of_slack_is_not():
    assert inspect(moving(), sound=noise(2.5)).reasons == ("the sound ends 0.50 s before the picture",)
    assert inspect(moving(), sound=noise(3.02)).passed


def test_clipping_is_found_and_a_loud_but_clean_sound_is_not():
    driven, clean = np.clip(noise(level=0.8), -1.0, 1.0), noise(level=0.2)
    report = inspect(moving(), sound=driven)
    assert "clipping" in failed(report)
    assert "cut off at full scale, first at 00:00:00:00" in finding(report, "clipping").reason
    assert finding(inspect(moving(), sound=np.clip(clean, -0.99, 0.99)), "clipping").passed


@pytest.mark.parametrize(("level", "word"), [(0.0012, "soft"), (0.62, "loud")])
def test_sound_that_nobody_can_mix_is_found(level: float, word: str):
    report = inspect(moving(), sound=noise(level=level))
    assert f"far too {word}" in finding(report, "loudness").reason


def test_many_takes_may_share_what_was_heard():
    heard = quality.listen(noise(), expected_frames=72, fps=FPS)
    assert inspect(moving(), sound=heard) == inspect(moving(), sound=noise())


def test_sound_of_another_shape_is_refused():
    with pytest.raises(MediaError, match="samples, 2"):
        inspect(moving(2), sound=np.zeros((100, 1), np.float32))


def test_the_report_is_the_same_every_time_and_frames_are_left_alone():
    frames = moving()
    before = frames.copy()
    assert inspect(frames) == inspect(frames)
    np.testing.assert_array_equal(frames, before)


def gallery(takes: dict[str, Fingerprint]) -> Gallery:
    hung = Gallery()
    for name, taken in takes.items():
        hung.add(name, taken)
    return hung


def test_two_equal_takes_are_duplicates_and_the_nearest_is_named():
    first, again, other = (
        fingerprint(frames[0], frames[36], frames[71])
        for frames in (moving(), grained(moving(), sigma=2.0), moving(seed=9))
    )
    twin = quality.near_duplicate(again, gallery({"12A-1": other, "12A-3": first}))
    assert not twin.passed
    assert twin.reason == "it looks the same as 12A-3: the same segment, framing, move and grade"
    assert quality.near_duplicate(other, gallery({"12A-1": first})).passed
    assert quality.near_duplicate(first, gallery({})).passed
    assert not inspect(moving()).with_finding(twin).passed


def test_watching_is_cheap():
    frames = np.stack([cv2.resize(frame, (1280, 1080)) for frame in moving(24)])
    inspector = quality.Inspector(expected_frames=72, size=(1280, 720), fps=FPS)
    began = time.process_time()
    for _ in range(3):
        for frame in frames:
            inspector.see(frame)
    assert time.process_time() - began < 0.5, "72 frames of 1280x720 take about 0.02 CPU-seconds"
