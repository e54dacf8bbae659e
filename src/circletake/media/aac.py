"""The sound of a film as AAC: encoded along with its pictures, or encoded once and shared by several films.

Sound lasts exactly as long as the pictures: what is longer is cut, what is shorter is silent to the end. The 1,024
samples by which an AAC encoder starts early lie before time zero, where players and `decode_sound` drop them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import OutputContainer
from av.packet import Packet
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError

_FRAME = 1024
"""Samples in one AAC packet."""
_AT_ONCE = 8
"""Packets that are encoded with one call where the sound comes in pieces: a fifth faster than one by one."""
_BIT_RATE = 192_000
_OPTIONS = {"aac_coder": "fast"}
_TICK = Fraction(1, AUDIO_RATE)
_SILENT_TAIL = AUDIO_RATE // 24
"""How many samples shared sound may end before the pictures do: a film frame."""

Sound = NDArray[np.float32]
"""(samples, 2) at 48 kHz, -1..1."""


@dataclass(frozen=True)
class EncodedPacket:
    """One AAC packet; times in samples."""

    at: int
    samples: int
    data: bytes


@dataclass(frozen=True)
class EncodedSound:
    """Sound that has been encoded once, to be written into any number of films."""

    packets: tuple[EncodedPacket, ...]
    samples: int
    """Length of what was encoded, at 48 kHz."""


class GrowingSound:
    """Sound that comes while the film is written: the film takes what is there, and the rest at the end."""

    def __init__(self) -> None:
        self._waiting: deque[Sound] = deque()
        self.samples = 0
        """How many have come."""

    def append(self, sound: Sound) -> None:
        """Add the next samples.

        Raises:
            MediaError: not of shape (samples, 2).
        """
        self._waiting.append(checked(sound))
        self.samples += len(sound)

    def take(self, samples: int) -> Sound:
        """Return the next samples, at most so many, and let go of them."""
        parts: list[Sound] = []
        while samples and self._waiting:
            part = self._waiting.popleft()
            if len(part) > samples:
                self._waiting.appendleft(part[samples:])
                part = part[:samples]
            parts.append(part)
            samples -= len(part)
        return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32)


def encode_aac(sound: Sound) -> EncodedSound:
    """Encode sound to be shared: takes that differ in picture only need one encoding.

    Raises:
        MediaError: not of shape (samples, 2).
    """
    checked(sound)
    context = CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = AUDIO_RATE, "stereo", "fltp"
    context.bit_rate, context.options, context.time_base = _BIT_RATE, dict(_OPTIONS), _TICK
    packets: list[EncodedPacket] = []
    for at in range(0, len(sound), _FRAME):
        packets.extend(_kept(context, _chunk(sound, at, min(len(sound), at + _FRAME))))
    packets.extend(_kept(context, None))
    return EncodedSound(tuple(packets), len(sound))


def checked(sound: Sound) -> Sound:
    """Return `sound` if it can be encoded.

    Raises:
        MediaError: not of shape (samples, 2).
    """
    if sound.ndim != 2 or sound.shape[1] != 2:
        raise MediaError(f"sound of shape {sound.shape} cannot be encoded; (samples, 2) at 48 kHz is needed")
    return sound


class SoundTrack(Protocol):
    """The sound track of a film that is being written."""

    def until(self, samples: int) -> Iterator[Packet]:
        """Yield what is heard before `samples`, as far as it was not yielded before."""
        ...

    def end(self, samples: int) -> Iterator[Packet]:
        """Yield the rest: the film is `samples` long."""
        ...


def sound_track(
    container: OutputContainer, sound: Sound | EncodedSound | GrowingSound, *, lossless: bool = False
) -> SoundTrack:
    """Add a sound track to a film that is being written.

    Args:
        container: the film.
        sound: what is heard.
        lossless: keep every sample to 24 bits (ALAC), for films that are cut together again: an AAC encoder sees each
            begin and end in silence, and damages what is near.

    Raises:
        MediaError: not of shape (samples, 2); sound that has been encoded already cannot be lossless.
    """
    if lossless:
        if not isinstance(sound, np.ndarray):
            raise MediaError("a lossless sound track needs the samples themselves; give (samples, 2) at 48 kHz")
        exact = container.add_stream("alac", rate=AUDIO_RATE, layout="stereo")
        exact.codec_context.format = "s32p"
        return _Fresh(exact, checked(sound))
    stream = container.add_stream("aac", rate=AUDIO_RATE, layout="stereo", options=dict(_OPTIONS))
    stream.codec_context.bit_rate = _BIT_RATE
    if isinstance(sound, EncodedSound):
        stream.codec_context.open()
        return _Shared(stream, sound)
    if isinstance(sound, GrowingSound):
        return _Grown(stream, sound)
    return _Fresh(stream, checked(sound))


class _Fresh:
    """Sound that is encoded as the film goes on."""

    def __init__(self, stream: AudioStream, sound: Sound) -> None:
        self._stream = stream
        self._sound = sound
        self._at = 0

    def until(self, samples: int) -> Iterator[Packet]:
        """Yield what is heard before `samples`, in whole AAC frames."""
        while self._at + _FRAME <= samples:
            yield from self._stream.encode(_chunk(self._sound, self._at, self._at + _FRAME))
            self._at += _FRAME

    def end(self, samples: int) -> Iterator[Packet]:
        """Yield the rest; the last frame may be short."""
        yield from self.until(samples)
        if self._at < samples:
            yield from self._stream.encode(_chunk(self._sound, self._at, samples))
        yield from self._stream.encode(None)


class _Grown:
    """Sound that is encoded as it comes."""

    def __init__(self, stream: AudioStream, sound: GrowingSound) -> None:
        self._stream = stream
        self._sound = sound
        self._at = 0

    def until(self, samples: int) -> Iterator[Packet]:
        """Yield what is heard before `samples` and has come, in whole AAC frames, several at once."""
        there = (min(samples, self._sound.samples) - self._at) // _FRAME
        if there >= _AT_ONCE:
            yield from self._encoded(there * _FRAME)

    def end(self, samples: int) -> Iterator[Packet]:
        """Yield the rest; what never came is silent, what came too much is left out."""
        while self._at < samples:
            yield from self._encoded(min(_AT_ONCE * _FRAME, samples - self._at))
        yield from self._stream.encode(None)

    def _encoded(self, samples: int) -> Iterator[Packet]:
        chunk = _chunk(self._sound.take(samples), 0, samples)
        chunk.pts = self._at
        self._at += samples
        yield from self._stream.encode(chunk)


class _Shared:
    """Sound that was encoded before."""

    def __init__(self, stream: AudioStream, sound: EncodedSound) -> None:
        self._stream = stream
        self._sound = sound
        self._next = 0

    def until(self, samples: int) -> Iterator[Packet]:
        """Yield the packets that begin before `samples`."""
        packets = self._sound.packets
        while self._next < len(packets) and packets[self._next].at + _FRAME <= samples:
            yield self._packet(packets[self._next], packets[self._next].samples)
            self._next += 1

    def end(self, samples: int) -> Iterator[Packet]:
        """Yield the rest, the last packet cut to the film.

        Raises:
            MediaError: the film is longer than the sound by more than a frame.
        """
        if self._sound.samples + _SILENT_TAIL < samples:
            raise MediaError(
                f"the shared sound ends after {self._sound.samples / AUDIO_RATE:.2f} s, the pictures after "
                f"{samples / AUDIO_RATE:.2f} s; encode sound as long as the film"
            )
        for packet in self._sound.packets[self._next :]:
            if packet.at < samples:
                yield self._packet(packet, min(packet.samples, samples - packet.at))

    def _packet(self, kept: EncodedPacket, samples: int) -> Packet:
        packet = Packet(kept.data)
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts = packet.dts = kept.at
        packet.duration = samples
        packet.is_keyframe = True
        return packet


def _chunk(sound: Sound, first: int, last: int) -> AudioFrame:
    """Return the samples from `first` to before `last`, silent where there are none."""
    planar = np.zeros((2, last - first), np.float32)
    heard = sound[first:last]
    planar[:, : len(heard)] = heard.T
    frame = AudioFrame.from_ndarray(planar, format="fltp", layout="stereo")
    frame.sample_rate = AUDIO_RATE
    frame.pts = first
    frame.time_base = _TICK
    return frame


def _kept(context: AudioCodecContext, frame: AudioFrame | None) -> Iterator[EncodedPacket]:
    for packet in context.encode(frame):
        yield EncodedPacket(packet.pts or 0, packet.duration or 0, bytes(packet))
