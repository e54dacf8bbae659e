"""Basic quality control: watch a take frame by frame, listen to its sound, and say what an editor should know.

The inspector sees frames that are in memory anyway, inside the renderer or while a foreign file is decoded. Each frame
is reduced to 160x90 first. The flash check follows the thresholds of ITU-R BT.1702 and WCAG 2 for general flashes (not
those for saturated red, nor for patterns): it is a screen that finds what must be looked at, not a certified test.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.quality import Check, Finding, QcReport
from circletake.domain.timing import AUDIO_RATE, samples_in, timecode
from circletake.media.look import Fingerprint, Gallery
from circletake.media.loudness import SILENT, as_stereo, integrated, measure_peak
from circletake.media.picture import Frame, planes, size_of

_SMALL = (160, 90)
_BLOCKS = (32, 18)
_LONGEST_HOLD = Fraction(1, 2)
"""Seconds of black, or of a picture that stands still, from which on it is a fault."""
_BLACK_LUMA = 26
"""Luma (16..235) up to which a pixel is black: 4.6 % of white. Night scenes stay above it somewhere."""
_BLACK_SHARE = 0.98
_STILL = (((32, 18), 1.5), ((80, 45), 5.0))
"""By how many levels of luma a picture that stands still may differ at two small sizes: fresh grain and coding noise
average out below that, the smallest camera move or a waving hand does not within half a second."""
_FLASH_STEP = 0.10
_FLASH_DARK = 0.80
_FLASH_AREA = 0.25
_FLASH_CHANGES = 7
"""Opposing changes within one second that make more than three flashes."""
_AUDIBLE = 10.0 ** (-60.0 / 20.0)
_LISTEN = AUDIO_RATE // 20
_LONGEST_SILENCE = Fraction(3, 2)
"""Seconds below -60 dBFS from which on it is a fault."""
_CLIPPED = 0.999
_CLIPPED_SHARE = 0.0005
_SOUND_SLACK = Fraction(1, 10)
"""Seconds by which sound may end before or after the picture (an AAC packet is 0.02 s)."""
_SOFTEST, _LOUDEST = -50.0, -5.0
"""LUFS between which a take's sound can be mixed without a second thought."""


def _luminances() -> NDArray[np.float32]:
    signal = np.clip((np.arange(256) - 16) / 219.0, 0.0, 1.0)
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LUMINANCE = _luminances()
"""Relative luminance of a luma level, for colours near grey (WCAG 2 definition)."""


@dataclass
class _Run:
    """The run that is going on, and the longest so far, in frames."""

    start: int = 0
    length: int = 0
    longest_start: int = 0
    longest: int = 0

    def extend(self, number: int, *, goes_on: bool) -> None:
        """Count frame `number` into the run, or end it."""
        if not goes_on:
            self.length = 0
            return
        if not self.length:
            self.start = number
        self.length += 1
        if self.length > self.longest:
            self.longest_start, self.longest = self.start, self.length


class _Still:
    """Finds the longest stretch in which the picture does not move, compared with where the stretch began."""

    def __init__(self) -> None:
        self.run = _Run()
        self._anchor: tuple[cv2.typing.MatLike, ...] = ()

    def see(self, number: int, small: NDArray[np.uint8], *, black: bool) -> None:
        """Look at one picture; black counts as nothing, it has its own check."""
        if black:
            self._anchor = ()
            self.run.extend(number, goes_on=False)
            return
        exact = small.astype(np.float32)
        views = tuple(cv2.resize(exact, size, interpolation=cv2.INTER_AREA) for size, _ in _STILL)
        if not self._anchor or any(
            cv2.norm(view, anchor, cv2.NORM_INF) > limit
            for view, anchor, (_, limit) in zip(views, self._anchor, _STILL, strict=True)
        ):
            self._anchor = views
            self.run.extend(number, goes_on=False)
        self.run.extend(number, goes_on=True)


class _Flashes:
    """Counts opposing changes of relative luminance, block by block, within the last second."""

    def __init__(self, fps: Fraction) -> None:
        self._second = max(2, round(fps))
        self._recent: deque[NDArray[np.bool_]] = deque()
        self._count = np.zeros(_BLOCKS[::-1], np.int16)
        self._rising = np.zeros(_BLOCKS[::-1], np.int8)
        self._low = self._high = np.zeros(0, np.float32)
        self.worst_share = 0.0
        self.worst_at = 0

    def see(self, number: int, small: NDArray[np.uint8]) -> None:
        """Look at one picture."""
        linear = cv2.LUT(small, _LUMINANCE)
        luminance = np.asarray(cv2.resize(linear, _BLOCKS, interpolation=cv2.INTER_AREA), np.float32)
        if not self._low.size:
            self._low, self._high = luminance, luminance
        up = (luminance - self._low >= _FLASH_STEP) & (self._low < _FLASH_DARK) & (self._rising != 1)
        down = (self._high - luminance >= _FLASH_STEP) & (luminance < _FLASH_DARK) & (self._rising != -1)
        changed = up | down
        self._rising[up], self._rising[down] = 1, -1
        self._low = np.where(changed, luminance, np.minimum(self._low, luminance))
        self._high = np.where(changed, luminance, np.maximum(self._high, luminance))
        self._count += changed
        self._recent.append(changed)
        if len(self._recent) > self._second:
            self._count -= self._recent.popleft()
        share = float(np.mean(self._count >= _FLASH_CHANGES))
        if share > self.worst_share:
            self.worst_share, self.worst_at = share, number


class Inspector:
    """Watches one take: `see` every frame in order, then ask for the `report`."""

    def __init__(self, *, expected_frames: int, size: tuple[int, int], fps: Fraction) -> None:
        """Say what was ordered: length in frames, width and height in pixels, frames a second."""
        self._expected_frames = expected_frames
        self._size = size
        self._fps = fps
        self._seen = 0
        self._sizes: dict[tuple[int, int], int] = {}
        self._black = _Run()
        self._still = _Still()
        self._flashes = _Flashes(fps)

    def see(self, frame: Frame) -> None:
        """Look at the next frame, (H*3//2, W); it is not kept and not changed."""
        size = size_of(frame)
        self._sizes.setdefault(size, self._seen)
        small = _reduced(planes(np.ascontiguousarray(frame)).y)
        black = bool(np.count_nonzero(small <= _BLACK_LUMA) >= _BLACK_SHARE * small.size)
        self._black.extend(self._seen, goes_on=black)
        self._still.see(self._seen, small, black=black)
        self._flashes.see(self._seen, small)
        self._seen += 1

    def report(
        self,
        *,
        sound: NDArray[np.float32] | tuple[Finding, ...] | None,
        decoded: bool = True,
        measured_fps: Fraction | None = None,
    ) -> QcReport:
        """Return what was found, every check that could be made.

        Args:
            sound: (samples, 2) at 48 kHz; or what `listen` found, when many takes share a sound; or `None` when the
                take has no sound track, which is a finding.
            decoded: whether everything decoded without damage.
            measured_fps: the frame rate that the file says it has; `None` leaves out the check.

        Raises:
            MediaError: the sound has another shape.
        """
        heard = (
            sound if isinstance(sound, tuple) else listen(sound, expected_frames=self._expected_frames, fps=self._fps)
        )
        findings = [
            _finding(
                "decodes",
                decoded and self._seen > 0,
                f"{self._seen} frames",
                "the file is damaged: not all of it can be decoded" if self._seen else "there is no picture at all",
            ),
            self._length(),
            self._measured_size(),
            self._held("black", self._black, "the picture is black"),
            self._held("frozen", self._still.run, "the picture stands still"),
            self._flashing(),
        ]
        if measured_fps is not None:
            findings.insert(3, self._rate(measured_fps))
        return QcReport(findings=(*findings, *heard))

    def _length(self) -> Finding:
        missing = self._expected_frames - self._seen
        what = f"{abs(missing)} frame{'s' if abs(missing) != 1 else ''} too {'short' if missing > 0 else 'long'}"
        reason = f"the take is {what}: {self._seen} instead of {self._expected_frames}"
        return _finding("length", missing == 0, f"{self._seen} of {self._expected_frames} frames", reason)

    def _measured_size(self) -> Finding:
        ordered = f"{self._size[0]}x{self._size[1]}"
        found = " and ".join(f"{width}x{height}" for width, height in self._sizes) or "none"
        reason = f"the picture is {found}, {ordered} was ordered"
        if len(self._sizes) > 1:
            change = timecode(list(self._sizes.values())[1], self._fps)
            reason = f"the picture changes its size at {change} ({found}), {ordered} was ordered"
        return _finding("size", list(self._sizes) == [self._size], found, reason)

    def _rate(self, measured: Fraction) -> Finding:
        found, ordered = f"{float(measured):.3f}", f"{float(self._fps):.3f}"
        reason = f"the file runs at {found} frames a second, {ordered} was ordered"
        return _finding("fps", measured == self._fps, found, reason)

    def _held(self, check: Check, run: _Run, what: str) -> Finding:
        """Return whether the longest run is short enough, and else from when to when it lasts."""
        stretch = _stretch(run.longest_start, run.longest, of=self._seen, fps=self._fps)
        longest = run.longest if check == "black" or run.longest > 1 else 0
        passed = Fraction(run.longest) < max(Fraction(2), _LONGEST_HOLD * self._fps)
        return _finding(check, passed, f"longest run {longest} frames", f"{what} {stretch}")

    def _flashing(self) -> Finding:
        share = self._flashes.worst_share
        reason = (
            f"the picture flashes more than three times a second before {timecode(self._flashes.worst_at, self._fps)}, "
            f"on {share:.0%} of its area: a danger to photosensitive viewers"
        )
        return _finding("flashes", share < _FLASH_AREA, f"{share:.0%} of the area, screened", reason)


def listen(sound: NDArray[np.float32] | None, *, expected_frames: int, fps: Fraction) -> tuple[Finding, ...]:
    """Listen to a take's sound once: silence, clipping and loudness; many takes may share what was found.

    Raises:
        MediaError: the sound is not (samples, 2), or holds samples that are not numbers.
    """
    if sound is None:
        return (_finding("silence", False, "no sound track", "there is no sound track"),)
    stereo = as_stereo(sound)
    return (_silence(stereo, expected_frames, fps), _clipping(stereo, fps), _loudness(stereo))


def near_duplicate(taken: Fingerprint, others: Gallery) -> Finding:
    """Return whether a take looks the same as one of the others (by name, e.g. `12A-3`), and as which.

    Another segment, framing, move or a clearly different grade makes it another take; see `look.thumbnail_distance`.
    """
    found = others.nearest(taken)
    if found is None:
        return _finding("near_duplicate", True, "nothing to compare with", "")
    nearest, distance = found
    reason = f"it looks the same as {nearest}: the same segment, framing, move and grade"
    return _finding("near_duplicate", distance > 1.0, f"nearest is {nearest} at {distance:.2f} (limit 1)", reason)


def _reduced(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return luma at 160x90: halved while that leaves enough, which is four times as fast as one step by area."""
    picture = luma
    while min(picture.shape[1] / _SMALL[0], picture.shape[0] / _SMALL[1]) >= 2 and not any(
        n % 2 for n in picture.shape
    ):
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.resize(picture, _SMALL, interpolation=cv2.INTER_AREA), np.uint8)


def _finding(check: Check, passed: bool, measured: str, reason: str) -> Finding:
    return Finding(check=check, passed=passed, measured=measured, reason="" if passed else reason)


def _stretch(start: int, length: int, *, of: int, fps: Fraction) -> str:
    """Return in words from when to when a run lasts."""
    if length >= of:
        return "from beginning to end"
    if start + length >= of:
        return f"from {timecode(start, fps)} to the end"
    begin = "the beginning" if start == 0 else timecode(start, fps)
    return f"from {begin} to {timecode(start + length, fps)}"


def _silence(sound: NDArray[np.float32], expected_frames: int, fps: Fraction) -> Finding:
    """Return whether there is sound from end to end, as long as the picture, and nowhere silent for long."""
    seconds = Fraction(len(sound), AUDIO_RATE)
    off = seconds - Fraction(samples_in(expected_frames, fps), AUDIO_RATE)
    measured = f"track of {float(seconds):.2f} s"
    if not len(sound):
        return _finding("silence", False, measured, "the sound track is empty")
    windows = -(-len(sound) // _LISTEN)
    padded = np.zeros((windows * _LISTEN, 2), np.float32)
    padded[: len(sound)] = sound
    level = np.abs(padded).reshape(windows, -1).max(axis=1)
    run = _Run()
    for number, quiet in enumerate(level < _AUDIBLE):
        run.extend(number, goes_on=bool(quiet))
    silent = Fraction(run.longest * _LISTEN, AUDIO_RATE)
    measured += f", longest silence {float(min(silent, seconds)):.2f} s"
    if run.longest == windows:
        return _finding("silence", False, measured, "there is a sound track, but nothing can be heard on it")
    if silent >= _LONGEST_SILENCE:
        start = int(run.longest_start * _LISTEN * fps / AUDIO_RATE)
        length = int(silent * fps)
        stretch = _stretch(start, length, of=int(seconds * fps), fps=fps)
        return _finding("silence", False, measured, f"nothing can be heard {stretch}")
    side = "before" if off < 0 else "after"
    reason = f"the sound ends {abs(float(off)):.2f} s {side} the picture"
    return _finding("silence", abs(off) <= _SOUND_SLACK, measured, reason)


def _clipping(sound: NDArray[np.float32], fps: Fraction) -> Finding:
    """Return whether the sound is cut off at full scale: three or more samples in a row, and often."""
    over = np.abs(sound) >= _CLIPPED
    inside = over[:-2] & over[1:-1] & over[2:]
    clipped = int(np.count_nonzero(inside))
    share = clipped / max(1, sound.size)
    first = int(np.argmax(inside.any(axis=1))) if clipped else 0
    reason = (
        f"the sound is distorted: it is cut off at full scale, first at {timecode(int(first * fps / AUDIO_RATE), fps)}"
    )
    return _finding("clipping", share <= _CLIPPED_SHARE, f"{clipped} samples", reason)


def _loudness(sound: NDArray[np.float32]) -> Finding:
    """Return whether the sound can be mixed without a second thought; too short or silent sound is not judged here."""
    level = integrated(sound)
    if level <= SILENT:
        return _finding("loudness", True, "not measurable", "")
    peak = measure_peak(sound)
    word = "soft" if level < _SOFTEST else "loud"
    reason = f"the sound is far too {word}: {level:.1f} LUFS, between {_SOFTEST:.0f} and {_LOUDEST:.0f} is usual"
    measured = f"{level:.1f} LUFS, true peak {peak:.1f} dBTP"
    return _finding("loudness", _SOFTEST <= level <= _LOUDEST, measured, reason)
