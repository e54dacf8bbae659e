"""Untrusted media, opened and played once.

libav is given an open file, never a path, and the one demuxer that the content of the file calls for: nothing that a
file says can make it open another. What a header claims (length, rate, number of pictures) is checked against what is
there. Meant for a worker process that has limits of memory and time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.error import MemoryError as LibavMemoryError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE, timecode
from circletake.errors import MediaError
from circletake.media.picture import Frame, Size
from circletake.media.sniff import HEAD, demuxer_of
from circletake.media.upright import Deinterlacer, Upright

PROXY: Size = (960, 540)
"""Longer and shorter side that pictures are fitted into."""
_LARGEST = 8192 * 4320
"""Pixels of the largest picture that is decoded (DCI 8K)."""
_USUAL = tuple(
    Fraction(rate)
    for rate in (
        "8",
        "10",
        "12",
        "25/2",
        "15",
        "24000/1001",
        "24",
        "25",
        "30000/1001",
        "30",
        "48",
        "50",
        "60000/1001",
        "60",
    )
)
_FASTEST = Fraction(60)
_SNAP = Fraction(2, 1_000)
"""A measured rate this close to a usual one is that one."""
_SURVEYED = 96
"""Packets whose times tell whether the rate is constant."""
_STEADY = 0.9
"""Share of the steps that must be alike in a constant rate."""
_LONGEST_STILL = Fraction(30)
"""Seconds that one picture may stand: a longer gap is a fault of the time stamps."""
_CUT_OFF = 0.98
"""Share of the promised pictures that must be there."""
_JITTER = AUDIO_RATE // 100
_LAYOUTS = {6: "5.1", 8: "7.1"}


@dataclass(frozen=True)
class Heard:
    """A chunk of sound; chunks follow each other without gaps, the first begins with the first picture."""

    samples: NDArray[np.float32]
    """(n, 2) at 48 kHz, -1..1."""


@contextmanager
def open_untrusted(source: BinaryIO, *, name: str) -> Iterator[Source]:
    """Open a file of which nothing is known.

    Args:
        source: the file, open for reading; libav reads from it and opens nothing else.
        name: what to call it in an error.

    Raises:
        MediaError: it is no media file, has no picture, is damaged or cut off, or its pictures are too large; also
            while it is played inside the `with`.
    """
    source.seek(0)
    demuxer = demuxer_of(source.read(HEAD))
    size = source.seek(0, 2)
    source.seek(0)
    if not size:
        raise MediaError(f"{name} is empty; replace the file")
    if demuxer is None:
        raise MediaError(f"{name} is not a video file of a kind that is read here; replace it or leave it out")
    options = {"protocol_whitelist": "file", "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2" if demuxer == "mov" else ""}
    options = {key: value for key, value in options.items() if value}
    try:
        with av.open(source, "r", format=demuxer, options=options) as container:
            yield Source(container, demuxer=demuxer, name=name)
    except LibavMemoryError as error:
        raise MediaError(f"{name} takes more memory to decode than is allowed; make a smaller copy") from error
    except FFmpegError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise MediaError(f"{name} cannot be read: {why}; it is cut off or damaged: replace the file") from error


class Source:
    """A file that is open; `play` it once."""

    def __init__(self, container: InputContainer, *, demuxer: str, name: str) -> None:
        self._container = container
        self._name = name
        self._video = _video(container, name)
        self._audio = next((one for one in container.streams.audio if getattr(one, "codec_context", None)), None)
        self._promised = self._video.frames if demuxer in ("mov", "avi") else 0
        self._claimed = Fraction(container.duration or 0, av.time_base)
        self._counted = 0
        self._survey: deque[Packet] = deque()
        self._notes: list[str] = []
        self._packets = self._demuxed()
        self._base = self._video.time_base or Fraction(1, 1000)
        self.fps = self._rate()
        self._deinterlacer: Deinterlacer | None = None
        self._early: list[AudioFrame] = []
        self._pictures = self._decoded()
        self._upright: Upright | None = None
        self._first = self._first_picture()

    @property
    def upright(self) -> Upright:
        """How pictures are brought to the house."""
        assert self._upright is not None
        return self._upright

    @property
    def size(self) -> Size:
        """Width and height of the pictures it plays."""
        return self.upright.size

    @property
    def shown(self) -> Size:
        """Width and height of the original as it is shown."""
        return self.upright.shown

    @property
    def codec(self) -> str:
        """Name of the video codec."""
        return self._video.codec_context.codec.canonical_name

    @property
    def has_audio(self) -> bool:
        """Whether there is a sound track that can be decoded."""
        return self._audio is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done; complete when it was played."""
        return tuple(self._notes)

    # -- what the packets say

    def _demuxed(self) -> Iterator[Packet]:
        streams = [stream for stream in (self._video, self._audio) if stream is not None]
        for packet in self._container.demux(*streams):
            if packet.stream.index == self._video.index and (packet.size or packet.pts is not None):
                self._counted += 1
            yield packet

    def _rate(self) -> Fraction:
        """Return the constant rate to play at, from the times of the first packets."""
        times: list[int] = []
        while len(times) < _SURVEYED:
            packet = next(self._packets, None)
            if packet is None:
                break
            self._survey.append(packet)
            if packet.stream.index == self._video.index and packet.pts is not None and not packet.is_discard:
                times.append(packet.pts)
        times.sort()
        steps = np.diff(np.array(times, np.float64))
        steps = steps[steps > 0]
        if not len(steps):
            return _sane(self._video.average_rate)
        usual = float(np.median(steps))
        alike = np.abs(steps - usual) <= max(1.0 if usual >= 5 else 0.4, 0.06 * usual)
        mean = Fraction(float(steps[alike].mean())).limit_denominator(10_000) * self._base
        if alike.mean() >= _STEADY:
            return _played(1 / mean)
        measured = 1 / (Fraction(float(steps.mean())).limit_denominator(10_000) * self._base)
        average = self._video.average_rate or measured
        average = average if measured / 2 <= average <= measured * 2 else measured
        played = next((rate for rate in _USUAL if rate >= average * (1 - _SNAP)), _FASTEST)
        self._notes.append(f"{float(average):.4g} pictures a second on average, played at {float(played):.5g}")
        return played

    # -- pictures

    def _first_picture(self) -> VideoFrame:
        first = next(self._pictures, None)
        if first is None:
            raise MediaError(f"{self._name}: no picture can be decoded; replace the file")
        pixel = self._video.codec_context.sample_aspect_ratio or self._video.sample_aspect_ratio or Fraction(1)
        self._upright = Upright(first, pixel_width=pixel if Fraction(1, 8) < pixel < 8 else Fraction(1), within=PROXY)
        if said := self._upright.turn.in_words:
            self._notes.append(said)
        if self._upright.hdr:
            self._notes.append(f"tone-mapped from HDR ({self._upright.hdr})")
        if pixel != 1 and abs(pixel - 1) > Fraction(1, 50):
            self._notes.append(f"its pixels are {float(pixel):.3g} as wide as high, shown square")
        if self._audio is not None and self._audio.codec_context.channels > 2:
            channels = self._audio.codec_context.channels
            self._notes.append(f"{_LAYOUTS.get(channels, f'{channels}-channel')} sound mixed down to stereo")
        return first

    def _decoded(self) -> Iterator[VideoFrame]:
        """Yield pictures in order; sound that comes in between is laid aside."""
        shown = 0
        for packet in self._all_packets():
            if packet.stream.index != self._video.index:
                self._hear(packet)
                continue
            for picture in self._of(packet, begun=shown > 0):
                shown += 1
                yield from self._whole(picture)
        if self._deinterlacer is not None:
            yield from self._deinterlacer.push(None)
        self._check_complete(shown)

    def _all_packets(self) -> Iterator[Packet]:
        while self._survey:
            yield self._survey.popleft()
        yield from self._packets

    def _of(self, packet: Packet, *, begun: bool) -> list[VideoFrame]:
        """Decode one packet; what is broken before the first whole picture is skipped, after it the file is refused."""
        try:
            pictures = [one for one in packet.decode() if isinstance(one, VideoFrame)]
        except InvalidDataError as error:
            if not begun:
                return []
            raise MediaError(
                f"{self._name} is damaged {self._at(packet)}; replace the file, or cut the damage out of a copy"
            ) from error
        whole = [one for one in pictures if not one.is_corrupt]
        if begun and len(whole) < len(pictures):
            raise MediaError(
                f"{self._name} is damaged {self._at(packet)}; replace the file, or cut the damage out of a copy"
            )
        return whole

    def _at(self, packet: Packet) -> str:
        if packet.pts is None:
            return "inside"
        at = max(0, round((packet.pts - (self._video.start_time or 0)) * self._base * self.fps))
        return f"at {timecode(at, self.fps)}"

    def _whole(self, picture: VideoFrame) -> list[VideoFrame]:
        if picture.interlaced_frame and self._deinterlacer is None:
            self._deinterlacer = Deinterlacer(picture, self._base)
            self._notes.append("deinterlaced")
        return [picture] if self._deinterlacer is None else self._deinterlacer.push(picture)

    def _check_complete(self, shown: int) -> None:
        if self._promised and self._counted < _CUT_OFF * self._promised - 2:
            raise MediaError(
                f"{self._name} is cut off: {self._counted} of {self._promised} pictures are there; copy it again"
            )
        if not shown:
            raise MediaError(f"{self._name}: no picture can be decoded; replace the file")

    # -- sound

    def _hear(self, packet: Packet) -> None:
        if self._audio is None:
            return
        try:
            self._early.extend(frame for frame in packet.decode() if isinstance(frame, AudioFrame))
        except FFmpegError:
            self._audio = None
            self._notes.append("its sound is damaged and left out from there")

    # -- both

    def play(self) -> Iterator[Frame | Heard]:
        """Yield every picture at the constant rate `fps`, (H*3//2, W) at `size`, and the sound in step with them.

        A picture is shown until the next one is nearer in time; what comes too often is dropped.
        """
        zero = self._time(self._first, Fraction(0))
        sound = _Sound(zero=zero, name=self._name)
        held, at, number = self._first, Fraction(0), 0
        step = 1 / self.fps
        for picture in self._pictures:
            yield from self._sound(sound)
            time = self._time(picture, zero + at + step) - zero
            if time - at > _LONGEST_STILL or at - time > 1:
                raise MediaError(
                    f"{self._name}: its time stamps jump from {float(at):.1f} s to {float(time):.1f} s; remux the file"
                )
            if time <= at:
                continue
            count = self._until(number, (at + time) / 2)
            if count:
                yield from self._shown(held, count)
            number += count
            held, at = picture, time
        lasts = min(Fraction(1), held.duration * self._base) if held.duration else step
        count = max(1 if number == 0 else 0, self._until(number, at + max(lasts, step) - step / 2))
        yield from self._shown(held, count)
        yield from self._sound(sound)
        yield from sound.end()
        seconds = (number + count) * step
        if self._claimed > 2 * seconds + 5:
            self._notes.append(f"its header claims {float(self._claimed):.0f} s, it plays {float(seconds):.1f} s")

    def _until(self, number: int, time: Fraction) -> int:
        """Return how many pictures from `number` on lie before `time`."""
        return max(0, -(-(time * self.fps) // 1) - number)

    def _time(self, picture: VideoFrame, otherwise: Fraction) -> Fraction:
        return otherwise if picture.pts is None else picture.pts * (picture.time_base or self._base)

    def _shown(self, picture: VideoFrame, count: int) -> Iterator[Frame]:
        if count:
            frame = self.upright(picture)
            for _ in range(count):
                yield frame

    def _sound(self, sound: _Sound) -> Iterator[Heard]:
        early, self._early = self._early, []
        for chunk in early:
            yield from sound.add(chunk)


class _Sound:
    """Brings sound to 48 kHz stereo without gaps, from the time of the first picture on."""

    def __init__(self, *, zero: Fraction, name: str) -> None:
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=AUDIO_RATE)
        self._zero = zero
        self._name = name
        self._next = 0
        """Sample that comes next."""
        self._broken = False

    def add(self, chunk: AudioFrame) -> Iterator[Heard]:
        for part in self._resampler.resample(chunk):
            yield from self._placed(part)

    def end(self) -> Iterator[Heard]:
        for part in self._resampler.resample(None):
            yield from self._placed(part)

    def _placed(self, part: AudioFrame) -> Iterator[Heard]:
        samples = part.to_ndarray().T
        if not np.isfinite(samples).all():
            samples = np.nan_to_num(samples, posinf=1.0, neginf=-1.0)
        at = self._next
        if part.pts is not None and part.time_base is not None:
            at = round((part.pts * part.time_base - self._zero) * AUDIO_RATE)
        if abs(at - self._next) <= _JITTER:
            at = self._next
        if at - self._next > _LONGEST_STILL * AUDIO_RATE:
            raise MediaError(
                f"{self._name}: the time stamps of its sound jump by {at / AUDIO_RATE:.0f} s; remux the file"
            )
        if at > self._next:
            yield Heard(np.zeros((at - self._next, 2), np.float32))
            self._next = at
        kept = samples[self._next - at :]
        if len(kept):
            self._next += len(kept)
            yield Heard(np.ascontiguousarray(np.clip(kept, -1.0, 1.0), np.float32))


def _video(container: InputContainer, name: str) -> VideoStream:
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        context = getattr(stream, "codec_context", None)
        if context is None:
            raise MediaError(f"{name} is in a codec that this build cannot decode; make a copy in another codec")
        if context.width * context.height > _LARGEST:
            raise MediaError(f"{name}: pictures of {context.width}x{context.height} are larger than 8192x4320")
        context.thread_count = 1
        context.options = {"err_detect": "explode", "max_pixels": str(_LARGEST)}
        return stream
    raise MediaError(f"{name} has no video stream; a clip needs a picture")


def _snapped(rate: Fraction) -> Fraction:
    nearest = min(_USUAL, key=lambda usual: abs(usual - rate))
    return nearest if abs(nearest - rate) <= rate * _SNAP else rate.limit_denominator(1001)


def _played(rate: Fraction) -> Fraction:
    """Return the rate, halved or thirded until it is at most 60."""
    usual = _snapped(rate)
    return usual if usual <= _FASTEST else _snapped(usual / -(-usual // (_FASTEST * (1 + _SNAP))))


def _sane(rate: Fraction | None) -> Fraction:
    return _played(rate) if rate and 1 <= rate <= 1000 else Fraction(24)
