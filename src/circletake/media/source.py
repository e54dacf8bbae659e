"""Untrusted media, opened and played once.

libav is given an open file, never a path, and the one demuxer that the content of the file calls for: nothing that a
file says can make it open another. What a header claims (length, rate, number of pictures) is checked against what is
there. Meant for a worker process that has limits of memory and time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import chain
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.frame import VideoFrame

from circletake.domain.timing import timecode
from circletake.errors import MediaError
from circletake.media.guarded import plainly, refuse, video_of
from circletake.media.hearing import FARTHEST, Heard, Hearing
from circletake.media.pace import pace_of
from circletake.media.picture import Frame, Size
from circletake.media.sniff import HEAD, demuxer_of
from circletake.media.upright import Deinterlacer, Upright

PROXY: Size = (960, 540)
"""Longer and shorter side that pictures are fitted into."""
_SURVEYED = 96
"""Packets whose times tell whether the rate is constant."""
_SURVEYED_BYTES = 1 << 26
"""How much of a file is read for that at most, but for two packets."""
_LONGEST_STILL = Fraction(30)
"""Seconds that one picture may stand: a longer gap is a fault of the time stamps."""
_CUT_OFF = 0.98
"""Share of the promised pictures that must be there."""
_SQUARE = Fraction(1, 100)
"""Pixels that are so nearly square are taken for square: nobody sees it, and scaling by so little blurs."""
_FAR = Fraction(3)
"""Seconds from the start of a file from which on it is worth while to seek."""
_RUN_UP = Fraction(1, 2)
"""Seconds before the first picture that is wanted from which on all are decoded."""
_SEEKABLE = ("mov", "matroska")
_LAYOUTS = {6: "5.1", 8: "7.1"}


@contextmanager
def open_untrusted(source: BinaryIO, *, name: str, within: Size = PROXY) -> Iterator[Source]:
    """Open a file of which nothing is known.

    Args:
        source: the file, open for reading; libav reads from it and opens nothing else.
        name: what to call it in an error.
        within: longer and shorter side that pictures are fitted into; nothing is enlarged.

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
    with plainly(name):
        container = av.open(
            source,
            "r",
            format=demuxer,
            options={"protocol_whitelist": "file", "format_whitelist": demuxer},
            metadata_errors="replace",
            io_open=refuse,
        )
    with container:
        with plainly(name):
            playing = Source(container, demuxer=demuxer, name=name, within=within)
        yield playing


class Source:
    """A file that is open; `play` it once, or take some `pictures` out of it."""

    def __init__(self, container: InputContainer, *, demuxer: str, name: str, within: Size) -> None:
        self._container = container
        self._name = name
        self._within = within
        self._seeks = demuxer in _SEEKABLE
        self._video = video_of(container, name)
        self._audio = next((one for one in container.streams.audio if getattr(one, "codec_context", None)), None)
        self._promised = self._video.frames if demuxer in ("mov", "avi") else 0
        self._claimed = Fraction(container.duration or 0, av.time_base)
        self._counted = 0
        self._survey: deque[Packet] = deque()
        self._notes: list[str] = []
        self._packets = self._demuxed()
        self._base = self._video.time_base or Fraction(1, 1000)
        self.fps = self._pace()
        self._deinterlacer: Deinterlacer | None = None
        self._deaf = False
        """Whether the rest of its sound is left out."""
        self._before: deque[AudioFrame] = deque()
        self._shown = 0
        self._decoding = self._decoded()
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

    def _pace(self) -> Fraction:
        """Return the constant rate to play at, from the times of the first packets."""
        times: list[int] = []
        read = 0
        while len(times) < _SURVEYED and (read < _SURVEYED_BYTES or len(times) < 2):
            packet = next(self._packets, None)
            if packet is None:
                break
            self._survey.append(packet)
            read += packet.size
            if packet.stream.index == self._video.index and packet.pts is not None and not packet.is_discard:
                times.append(packet.pts)
        pace = pace_of(times, base=self._base, average=self._video.average_rate)
        if pace.note:
            self._notes.append(pace.note)
        return pace.fps

    # -- pictures

    def _first_picture(self) -> VideoFrame:
        first, held = None, 0
        for one in self._decoding:
            if isinstance(one, VideoFrame):
                first = one
                break
            self._before.append(one)
            held += one.samples
            while held > FARTHEST * max(1, one.sample_rate):  # of sound long before the picture only the end is kept
                held -= self._before.popleft().samples
        if first is None:
            raise MediaError(f"{self._name}: no picture can be decoded; replace the file")
        pixel = self._video.sample_aspect_ratio or self._video.codec_context.sample_aspect_ratio or Fraction(1)
        if not Fraction(1, 8) < pixel < 8 or abs(pixel - 1) <= _SQUARE:
            pixel = Fraction(1)
        self._upright = Upright(first, pixel_width=pixel, within=self._within)
        if said := self._upright.turn.in_words:
            self._notes.append(said)
        if self._upright.hdr:
            self._notes.append(f"tone-mapped from HDR ({self._upright.hdr})")
        if pixel != 1:
            self._notes.append(f"its pixels are {float(pixel):.3g} as wide as high, shown square")
        if self._audio is not None and self._audio.codec_context.channels > 2:
            channels = self._audio.codec_context.channels
            self._notes.append(f"{_LAYOUTS.get(channels, f'{channels}-channel')} sound mixed down to stereo")
        return first

    def _decoded(self) -> Iterator[VideoFrame | AudioFrame]:
        """Yield pictures in order, and the sound that lies between them in the file."""
        for packet in chain(iter(self._surveyed, None), self._packets):
            if packet.stream.index == self._video.index:
                for picture in self._pictures(packet):
                    yield from self._whole(picture)
            else:
                yield from self._sound(packet)
        if self._deinterlacer is not None:
            yield from self._deinterlacer.push(None)
        self._check_complete()

    def _surveyed(self) -> Packet | None:
        return self._survey.popleft() if self._survey else None

    def _pictures(self, packet: Packet) -> list[VideoFrame]:
        """Decode one packet; what is broken before the first whole picture is skipped, after it the file is refused."""
        try:
            pictures = [one for one in packet.decode() if isinstance(one, VideoFrame)]
        except InvalidDataError as error:
            if not self._shown:
                return []
            raise self._damaged(packet) from error
        whole = [one for one in pictures if not one.is_corrupt]
        if self._shown and len(whole) < len(pictures):
            raise self._damaged(packet)
        self._shown += len(whole)
        return whole

    def _damaged(self, packet: Packet) -> MediaError:
        """Return what to say of a packet that cannot be decoded: the last one there is, is half of one."""
        there = self._counted - 1
        with suppress(FFmpegError):  # only to count them: the file is refused already
            for _ in chain(iter(self._surveyed, None), self._packets):
                pass
        if self._promised and self._counted <= there + 1 < self._promised:
            return self._cut_off(there)
        return MediaError(
            f"{self._name} is damaged {self._at(packet)}; replace the file, or cut the damage out of a copy"
        )

    def _cut_off(self, there: int) -> MediaError:
        return MediaError(f"{self._name} is cut off: {there} of {self._promised} pictures are there; copy it again")

    def _at(self, packet: Packet) -> str:
        if packet.pts is None:
            return "inside"
        at = max(0, round((packet.pts - (self._video.start_time or 0)) * self._base * self.fps))
        return f"at {timecode(at, self.fps)}"

    def _whole(self, picture: VideoFrame) -> Iterator[VideoFrame]:
        if picture.interlaced_frame and self._deinterlacer is None:
            self._deinterlacer = Deinterlacer(self._base)
            self._notes.append("deinterlaced")
        if self._deinterlacer is None:
            yield picture
        else:
            yield from self._deinterlacer.push(picture)

    def _check_complete(self) -> None:
        if self._promised and self._counted < _CUT_OFF * self._promised - 2:
            raise self._cut_off(self._counted)
        if not self._shown:
            raise MediaError(f"{self._name}: no picture can be decoded; replace the file")

    def _sound(self, packet: Packet) -> list[AudioFrame]:
        if self._deaf:
            return []
        try:
            return [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
        except FFmpegError:
            self._deaf = True
            self._notes.append("its sound is damaged and left out from there")
            return []

    # -- both

    def play(self) -> Iterator[Frame | Heard]:
        """Yield every picture at the constant rate `fps`, (H*3//2, W) at `size`, and the sound in step with them.

        A picture is shown until the next one is nearer in time; what comes too often is dropped.
        """
        with plainly(self._name):
            yield from self._played()

    def _played(self) -> Iterator[Frame | Heard]:
        zero = self._time(self._first, Fraction(0))
        sound = Hearing(zero=zero, name=self._name)
        held, at, number = self._first, Fraction(0), 0
        step = 1 / self.fps
        for one in chain(iter(self._earlier, None), self._decoding):
            if isinstance(one, AudioFrame):
                sound.add(one)
                continue
            time = self._time(one, zero + at + step) - zero
            if time - at > _LONGEST_STILL or at - time > 1:
                raise MediaError(
                    f"{self._name}: its time stamps jump from {float(at):.1f} s to {float(time):.1f} s; remux the file"
                )
            if time <= at:
                continue
            count = self._until(number, (at + time) / 2)
            yield from self._repeated(held, count)
            number += count
            yield from sound.upto(number * step)
            held, at = one, time
        lasts = min(Fraction(1), held.duration * (held.time_base or self._base)) if held.duration else step
        count = max(1 if number == 0 else 0, self._until(number, at + max(lasts, step) - step / 2))
        yield from self._repeated(held, count)
        seconds = (number + count) * step
        yield from sound.end(seconds)
        if sound.left_out:
            self._notes.append("some of its sound lies too far from its picture in the file and is left out")
        if self._claimed > 2 * seconds + 5:
            self._notes.append(f"its header claims {float(self._claimed):.0f} s, it plays {float(seconds):.1f} s")

    def pictures(self, numbers: Sequence[int]) -> Iterator[Frame]:
        """Yield some of the pictures that `play` yields, by their numbers, and nothing of the others.

        Args:
            numbers: in ascending order; one may come several times.

        Raises:
            MediaError: the file is damaged there. One that ends earlier yields fewer.
        """
        with plainly(self._name):
            yield from self._picked(deque(numbers))

    def _picked(self, wanted: deque[int]) -> Iterator[Frame]:
        zero, step = self._time(self._first, Fraction(0)), 1 / self.fps
        held, at = self._sought(zero, wanted[0] * step)
        for one in self._decoding:
            if isinstance(one, AudioFrame):
                continue
            time = self._time(one, zero + at + step) - zero
            if time <= at:
                continue
            yield from self._taken(held, wanted, end=self._until(0, (at + time) / 2))
            if not wanted:
                return
            held, at = one, time
        lasts = held.duration * (held.time_base or self._base) if held.duration else step
        yield from self._taken(held, wanted, end=self._until(0, at + max(min(Fraction(1), lasts), step) - step / 2))

    def _taken(self, held: VideoFrame, wanted: deque[int], *, end: int) -> Iterator[Frame]:
        """Yield a picture for every wanted number before `end`."""
        if wanted and wanted[0] < end:
            frame = self.upright(held)
            while wanted and wanted[0] < end:
                wanted.popleft()
                yield frame

    def _sought(self, zero: Fraction, start: Fraction) -> tuple[VideoFrame, Fraction]:
        """Go near to a time, where that is far from the first picture; return the picture there, and its time."""
        if not self._seeks or start < _FAR:
            return self._first, Fraction(0)
        for aim in (start - _RUN_UP, Fraction(0)):  # a file whose index misleads is decoded from its beginning
            self._container.seek(int((zero + aim) / self._base), stream=self._video)
            self._survey.clear()
            self._promised = self._shown = 0  # whether all of it is there was seen when it was taken in
            self._deinterlacer, self._packets = None, self._demuxed()
            self._decoding = self._decoded()
            first = next((one for one in self._decoding if isinstance(one, VideoFrame)), None)
            if first is not None and (at := self._time(first, zero) - zero) <= max(aim, Fraction(0)):
                return first, at
        raise MediaError(f"{self._name} cannot be decoded at {float(start):.1f} s; check or replace the file")

    def _earlier(self) -> AudioFrame | None:
        return self._before.popleft() if self._before else None

    def _until(self, number: int, time: Fraction) -> int:
        """Return how many pictures from `number` on lie before `time`."""
        return max(0, -(-(time * self.fps) // 1) - number)

    def _time(self, picture: VideoFrame, otherwise: Fraction) -> Fraction:
        return otherwise if picture.pts is None else picture.pts * (picture.time_base or self._base)

    def _repeated(self, picture: VideoFrame, count: int) -> Iterator[Frame]:
        if count:
            frame = self.upright(picture)
            for _ in range(count):
                yield frame
