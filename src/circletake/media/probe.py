"""What a media file holds, measured from its packets; what its header claims is not believed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from circletake.errors import MediaError
from circletake.media.container import first_audio, first_video, open_source


@dataclass(frozen=True)
class Probe:
    """One media file."""

    width: int
    height: int
    fps: Fraction
    """Mean frame rate."""
    frames: int
    """Pictures that are shown, counted packet by packet."""
    seconds: Fraction
    """From the first picture to the end of the last."""
    has_audio: bool
    video_codec: str
    audio_codec: str
    """Empty without audio."""
    audio_channels: int
    audio_seconds: Fraction
    """From the first audio sample that is heard to the last; 0 without audio."""


@dataclass
class _Span:
    """What the packets of one stream cover, in ticks of its time base."""

    packets: int = 0
    first: int | None = None
    end: int = 0

    def add(self, pts: int | None, duration: int | None) -> None:
        """Count one packet."""
        self.packets += 1
        at = self.end if pts is None else pts
        self.first = at if self.first is None else min(self.first, at)
        self.end = max(self.end, at + (duration or 0))

    def seconds(self, time_base: Fraction | None) -> Fraction:
        """Return the length covered, in seconds; encoder priming before zero is not heard and does not count."""
        return (self.end - max(0, self.first or 0)) * (time_base or Fraction(0))


def probe(path: Path) -> Probe:
    """Measure a media file: every packet is counted, nothing is decoded (a few milliseconds).

    Raises:
        MediaError: not there, not a media file, without a picture, or cut off.
    """
    with open_source(path) as container:
        video = first_video(container, path)
        audio = first_audio(container)
        spans = _spans(container, video, audio)
        picture, sound = spans[video.index], spans[audio.index] if audio else _Span()
        seconds = picture.seconds(video.time_base)
        if not picture.packets or not seconds:
            raise MediaError(f"{path} holds no pictures; replace the file")
        return Probe(
            width=video.codec_context.width,
            height=video.codec_context.height,
            fps=video.average_rate or Fraction(picture.packets) / seconds,
            frames=picture.packets,
            seconds=seconds,
            has_audio=sound.packets > 0,
            video_codec=video.codec_context.codec.canonical_name,
            audio_codec=audio.codec_context.codec.canonical_name if audio else "",
            audio_channels=audio.codec_context.channels if audio else 0,
            audio_seconds=sound.seconds(audio.time_base) if audio else Fraction(0),
        )


def _spans(container: InputContainer, video: VideoStream, audio: AudioStream | None) -> dict[int, _Span]:
    streams = (video, audio) if audio else (video,)
    spans = {stream.index: _Span() for stream in streams}
    for packet in container.demux(*streams):
        if packet.size and not packet.is_discard:
            spans[packet.stream_index].add(packet.pts, packet.duration)
    return spans
