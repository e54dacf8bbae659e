"""Decode pictures and sound: stretches of a file at the frame rate, size and colour that the work wants.

Time counts from the first picture of a file. Decoding uses one thread and raises on damage instead of concealing it.
"""

from __future__ import annotations

import hashlib
import logging
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from circletake.domain.clip import WHOLE, Area
from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError
from circletake.media.colours import HouseColours
from circletake.media.container import first_audio, first_video, open_source
from circletake.media.cover import Cover
from circletake.media.picture import Frame, Frames, Size, checked_size, size_of

_log = logging.getLogger(__name__)

_HASH_THREADS = 4
"""The order of pictures, and so their hash, does not depend on how many threads decode them."""
_PREROLL = Fraction(1, 2)
"""Seconds of sound decoded before they are wanted, so that the codec's overlap is right."""
_JITTER = AUDIO_RATE // 200
"""Timestamps this close (in samples) to where the sound has got to count as contiguous."""


Point: TypeAlias = tuple[float, float]
"""A place in a picture: x from the left and y from the top, 0..1 of its width and height."""
CENTRE: Point = (0.5, 0.5)


@dataclass(frozen=True)
class _Shown:
    """A decoded picture and the time, in seconds, from which and for how long it is shown."""

    at: Fraction
    lasts: Fraction
    picture: VideoFrame


def decode_segment(
    path: Path,
    *,
    first_frame: int,
    frames: int,
    fps: Fraction,
    size: Size,
    speed: Fraction = Fraction(1),
    active: Area = WHOLE,
    focus: Sequence[Point] = (CENTRE,),
) -> Frames:
    """Decode a stretch of a file into `frames` pictures at `fps`: shape (frames, H*3//2, W).

    Each picture is the one nearest in time. The active area covers `size`: scaled evenly and cropped about the focus,
    as far as its edges allow. A crop that moves does so by fractions of a pixel.

    Args:
        path: the file.
        first_frame: where to begin, in frames of `fps` from the first picture of the file, whatever rate the file has.
        frames: how many pictures to return.
        fps: the frame rate of what is returned.
        size: width and height of what is returned, both even.
        speed: source seconds per second returned; 1/2 is slow motion.
        active: the part of the source that counts; nothing outside of it is shown.
        focus: where the crop is centred, in 0..1 of the active area: one point for all, or one for each picture.

    Raises:
        MediaError: the file ends too early, is damaged or cannot be opened; an odd size; a speed or length of zero;
            another number of points.
    """
    width, height = checked_size(size)
    if frames < 1 or first_frame < 0 or speed <= 0 or fps <= 0:
        raise MediaError(
            f"{path}: {frames} frames from frame {first_frame} at speed {speed} cannot be decoded; ask for a positive "
            "length and speed"
        )
    if len(focus) not in (1, frames):
        raise MediaError(f"{path}: {len(focus)} points of focus do not fit {frames} frames; give one, or one for each")
    wanted = [(first_frame + index * speed) / fps for index in range(frames)]
    cover = Cover(size, active=active, focus=focus)
    out = np.empty((frames, height * 3 // 2, width), np.uint8)
    try:
        done = _fill_from(path, out, wanted, cover=cover, begin=wanted[0])
    except MediaError:
        if not wanted[0]:
            raise
        _log.debug("%s: pictures depend on ones before their keyframe; decoding from the start", path)
        done = _fill_from(path, out, wanted, cover=cover, begin=Fraction(0))
    if done < frames:
        raise MediaError(
            f"{path} ends too early: {done} of {frames} frames from {float(wanted[0]):.2f} s; choose a shorter stretch"
        )
    return out


def iterate_frames(path: Path, *, size: Size | None = None) -> Iterator[Frame]:
    """Yield every picture of a file once, in order, at its own size (made even) or covering `size`.

    Raises:
        MediaError: the file cannot be opened or is damaged; an odd size.
    """
    if size is not None:
        checked_size(size)
    with open_source(path) as container:
        stream = first_video(container, path)
        fit = _Fit(None if size is None else Cover(size), stream)
        for index, picture in enumerate(container.decode(stream)):
            yield fit(picture, index)


def picture_sha256(path: Path) -> str:
    """Return the SHA-256, in hex, over the size and all decoded yuv420p pictures.

    The same for the same coded picture, whatever the container, its tags and its sound.

    Raises:
        MediaError: the file cannot be opened or is damaged.
    """
    digest = hashlib.sha256()
    with open_source(path) as container:
        stream = first_video(container, path)
        stream.codec_context.thread_count = _HASH_THREADS
        stream.codec_context.thread_type = "AUTO"
        for index, picture in enumerate(container.decode(stream)):
            if not index:
                digest.update(f"{picture.width}x{picture.height}".encode())
            even = picture.reformat(picture.width & ~1, picture.height & ~1, "yuv420p")
            digest.update(np.ascontiguousarray(even.to_ndarray()).data)
    return digest.hexdigest()


def decode_sound(path: Path, *, start: Fraction, samples: int, speed: Fraction = Fraction(1)) -> NDArray[np.float32]:
    """Decode a stretch of sound: (samples, 2) at 48 kHz, -1..1; silent where the file has none.

    Sound at another speed is as much lower or higher as it is slower or faster, as that of a film is.

    Args:
        path: the file.
        start: seconds from the first picture (from the first sample, in a file without a picture).
        samples: how many samples to return, at 48 kHz.
        speed: source seconds per second returned.

    Raises:
        MediaError: the file cannot be opened or is damaged; a speed of zero.
    """
    if speed <= 0:
        raise MediaError(f"{path}: sound cannot be decoded at speed {speed}; ask for a positive one")
    if speed != 1:
        return _at_speed(decode_sound(path, start=start, samples=max(1, round(samples * speed))), samples)
    try:
        return _heard(path, start=start, samples=samples, seeks=start > _PREROLL)
    except MediaError:
        if start <= _PREROLL:
            raise
        _log.debug("%s: sound depends on what comes before; decoding from the start", path)
        return _heard(path, start=start, samples=samples, seeks=False)


def _heard(path: Path, *, start: Fraction, samples: int, seeks: bool) -> NDArray[np.float32]:
    out = np.zeros((samples, 2), np.float32)
    with open_source(path) as container:
        stream = first_audio(container)
        if stream is None or not samples:
            return out
        base = stream.time_base or Fraction(1, AUDIO_RATE)
        zero = _zero(container.streams.video[0] if container.streams.video else stream)
        first = (zero + start) * AUDIO_RATE
        if seeks:
            container.seek(int((zero + start - _PREROLL) / base), stream=stream)
        expected: int | None = None
        for chunk in _at_house_rate(container.decode(stream)):
            at = round(Fraction(chunk.pts or 0) * (chunk.time_base or base) * AUDIO_RATE - first)
            if expected is not None and abs(at - expected) <= _JITTER:
                at = expected
            if at >= samples:
                break
            expected = at + chunk.samples
            heard = chunk.to_ndarray().T[max(0, -at) : max(0, samples - at)]
            out[max(0, at) : max(0, at) + len(heard)] = heard
    return out


def _at_speed(heard: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """Return the sound spread over, or squeezed into, so many samples."""
    chunk = AudioFrame.from_ndarray(np.ascontiguousarray(heard.T), format="fltp", layout="stereo")
    chunk.sample_rate = AUDIO_RATE
    rate = round(Fraction(AUDIO_RATE * samples, len(heard)))
    resampler = AudioResampler(format="fltp", layout="stereo", rate=rate)
    parts = [part.to_ndarray().T for each in (chunk, None) for part in resampler.resample(each)]
    out = np.zeros((samples, 2), np.float32)
    spread = np.concatenate(parts)[:samples]
    out[: len(spread)] = spread
    return out


def _at_house_rate(sound: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    resampler = AudioResampler(format="fltp", layout="stereo", rate=AUDIO_RATE)
    for chunk in sound:
        yield from resampler.resample(chunk)
    yield from resampler.resample(None)


def _zero(stream: Stream) -> Fraction:
    """Return the time, in seconds, of the first picture (or sample)."""
    return (stream.start_time or 0) * (stream.time_base or Fraction(0))


def _from(container: InputContainer, stream: VideoStream, at: Fraction) -> Iterator[_Shown]:
    """Yield pictures from the one shown at `at`, or an earlier one: from the keyframe before where seeking works."""
    base = stream.time_base or Fraction(1, 1000)
    if at > 0:
        container.seek(int((at + _zero(stream)) / base), stream=stream)
        shown = _pictures(container, stream)
        first = next(shown, None)
        if first is not None and first.at <= at:
            yield first
            yield from shown
            return
        container.seek(0)
    yield from _pictures(container, stream)


def _pictures(container: InputContainer, stream: VideoStream) -> Iterator[_Shown]:
    base, zero = stream.time_base or Fraction(1, 1000), _zero(stream)
    usual = 1 / (stream.average_rate or Fraction(24))
    at = Fraction(0)
    for picture in container.decode(stream):
        if picture.pts is not None:
            at = picture.pts * base - zero
        lasts = picture.duration * base if picture.duration else usual
        yield _Shown(at, lasts, picture)
        at += lasts


def _fill_from(path: Path, out: Frames, wanted: list[Fraction], *, cover: Cover, begin: Fraction) -> int:
    with open_source(path) as container:
        stream = first_video(container, path)
        return _fill(out, wanted, _from(container, stream, begin), _Fit(cover, stream))


def _fill(out: Frames, wanted: list[Fraction], shown: Iterator[_Shown], fit: _Fit) -> int:
    """Write for every wanted time the nearest picture, the earlier of two; return how many there were."""
    index = 0
    last: _Shown | None = None
    for following in shown:
        if last is not None:
            middle = (last.at + following.at) / 2
            index = _hold(out, index, bisect_right(wanted, middle), last.picture, fit)
            if index == len(wanted):
                return index
        last = following
    return index if last is None else _hold(out, index, bisect_left(wanted, last.at + last.lasts), last.picture, fit)


def _hold(out: Frames, first: int, end: int, picture: VideoFrame, fit: _Fit) -> int:
    """Write `picture` from index `first` to before `end`; return where the next one goes."""
    for index in range(first, end):
        fit.write(out, index, picture, held=index > first)
    return max(first, end)


class _Fit:
    """Brings decoded pictures to the house's colours and to one size; `None` is their own size, made even."""

    def __init__(self, cover: Cover | None, stream: VideoStream) -> None:
        self._cover = cover
        self._pixel_width = stream.codec_context.sample_aspect_ratio or Fraction(1)
        self._in_house = HouseColours()
        self._held = np.empty((0, 0), np.uint8)

    def __call__(self, picture: VideoFrame, index: int) -> Frame:
        """Return the picture as number `index` of what is returned."""
        return self._covering(self._in_house(picture), index)

    def write(self, out: Frames, index: int, picture: VideoFrame, *, held: bool) -> None:
        """Write the picture at `index`; `held` says that it is the one that was written last."""
        if held and (self._cover is None or not self._cover.moves):
            out[index] = out[index - 1]
            return
        if not held:
            self._held = self._in_house(picture)
        out[index] = self._covering(self._held, index)

    def _covering(self, frame: Frame, index: int) -> Frame:
        if self._cover is None:
            return frame
        if self._pixel_width == 1 and self._cover.is_whole and size_of(frame) == self._cover.size:
            return frame
        return self._cover.apply(frame, index, pixel_width=self._pixel_width)
