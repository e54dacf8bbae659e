"""Encode pictures and sound into an MP4: H.264 (or another codec by setting) and AAC.

The same input gives the same file, bit for bit, for the same number of threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from circletake.domain.timing import samples_in
from circletake.errors import MediaError
from circletake.media.aac import EncodedSound, GrowingSound, Sound, SoundTrack, encode_aac, sound_track
from circletake.media.container import open_target
from circletake.media.picture import Frame, Size, checked_size, size_of

__all__ = [
    "GOP",
    "PROXY_GOP",
    "EncodedSound",
    "FilmWriter",
    "GrowingSound",
    "Profile",
    "encode_aac",
    "film_writer",
    "write_film",
]

Profile = Literal["proxy", "preview", "take", "final", "master"]
GOP = 24
"""Frames from keyframe to keyframe in takes and masters; closed, so that takes can be joined without re-encoding."""
PROXY_GOP = 12
"""Denser in proxies: seeking costs half as much (facts: 190 ms against 1,463 ms for a three-second segment)."""
_BT709 = 1
_AT_ONCE = 12
"""Pictures that are made, then encoded, before the next are made: each has the processor's caches for itself, which
saves a tenth of a take (docs/log.md)."""
_X264 = "keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0"
_CONSTANT = "26"
"""Quantiser of takes: a constant one spares x264 looking at every picture twice, a fifth of its time."""
_OPTIONS: dict[str, dict[Profile, dict[str, str]]] = {
    "libx264": {
        "proxy": {"preset": "ultrafast", "crf": "20", "x264-params": _X264.format(gop=PROXY_GOP) + ":bframes=0"},
        "preview": {"preset": "ultrafast", "crf": "27", "x264-params": _X264.format(gop=PROXY_GOP) + ":bframes=0"},
        "take": {"preset": "ultrafast", "qp": _CONSTANT, "x264-params": _X264.format(gop=GOP) + ":bframes=0"},
        "final": {"preset": "ultrafast", "crf": "17", "x264-params": _X264.format(gop=GOP) + ":bframes=0"},
        "master": {"preset": "superfast", "crf": "19", "x264-params": _X264.format(gop=GOP)},
    },
    "libsvtav1": {
        "proxy": {"preset": "12", "crf": "28", "svtav1-params": f"keyint={PROXY_GOP}:lp=1"},
        "preview": {"preset": "12", "crf": "38", "svtav1-params": f"keyint={PROXY_GOP}:lp=1"},
        "take": {"preset": "11", "crf": "32", "svtav1-params": f"keyint={GOP}:lp=1"},
        "final": {"preset": "10", "crf": "20", "svtav1-params": f"keyint={GOP}:lp=1"},
        "master": {"preset": "8", "crf": "24", "svtav1-params": f"keyint={GOP}:lp=1"},
    },
    "libvpx-vp9": {
        "proxy": {"deadline": "realtime", "cpu-used": "8", "crf": "24", "b": "0", "lag-in-frames": "0"},
        "preview": {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b": "0", "lag-in-frames": "0"},
        "take": {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0", "lag-in-frames": "0"},
        "final": {"deadline": "realtime", "cpu-used": "7", "crf": "16", "b": "0", "lag-in-frames": "0"},
        "master": {"deadline": "good", "cpu-used": "4", "crf": "22", "b": "0", "lag-in-frames": "0"},
    },
    "h264_nvenc": {
        "proxy": {"preset": "p3", "cq": "20", "bf": "0", "forced-idr": "1"},
        "preview": {"preset": "p3", "cq": "28", "bf": "0", "forced-idr": "1"},
        "take": {"preset": "p3", "cq": "27", "bf": "0", "forced-idr": "1"},
        "final": {"preset": "p4", "cq": "15", "bf": "0", "forced-idr": "1"},
        "master": {"preset": "p6", "cq": "18", "forced-idr": "1"},
    },
}


def write_film(
    path: Path,
    *,
    frames: Iterable[Frame],
    fps: Fraction,
    size: Size,
    sound: Sound | EncodedSound | None,
    codec: str = "libx264",
    profile: Profile = "take",
    threads: int = 1,
) -> int:
    """Write an MP4 and return how many pictures it holds; nothing is left at `path` when that fails.

    Args:
        path: where to; replaced if it is there.
        frames: pictures of `size`, (H*3//2, W), read once.
        fps: frame rate.
        size: width and height, both even.
        sound: (samples, 2) at 48 kHz, -1..1, or what `encode_aac` made of it; cut, or silent at the end, to be as long
            as the pictures; `None` for a film without a sound track.
        codec: video encoder.
        profile: `proxy` for editing, `preview` for a glance, `take` for choosing, `final`
            for cutting into a master, `master` for what leaves.
        threads: of the video encoder.

    Raises:
        MediaError: no pictures, a picture of another size, shared sound that ends too early, an encoder that is not in
            this build or refuses.
        HomeError: the disk is full, or the folder cannot be written.
    """
    with film_writer(path, fps=fps, size=size, sound=sound, codec=codec, profile=profile, threads=threads) as writer:
        waiting = iter(frames)
        while batch := list(itertools.islice(waiting, _AT_ONCE)):
            for frame in batch:
                writer.add(frame)
    return writer.written


@contextmanager
def film_writer(
    path: Path,
    *,
    fps: Fraction,
    size: Size,
    sound: Sound | EncodedSound | GrowingSound | None,
    codec: str = "libx264",
    profile: Profile = "take",
    threads: int = 1,
) -> Iterator[FilmWriter]:
    """Write an MP4 picture by picture; its arguments and errors are those of `write_film`."""
    checked_size(size)
    with open_target(path) as container:
        video = _video(container, codec, profile, fps=fps, size=size, threads=threads)
        track = None if sound is None else sound_track(container, sound, lossless=profile == "final")
        writer = FilmWriter(container, video, track, fps=fps, size=size)
        yield writer
        if not writer.written:
            raise MediaError(f"{path.name} would hold no pictures; a film needs at least one")
        writer.finish()


class FilmWriter:
    """A film that is being written; both streams go in step, so that a player never has to look far ahead."""

    def __init__(
        self, container: OutputContainer, video: VideoStream, track: SoundTrack | None, *, fps: Fraction, size: Size
    ) -> None:
        self._container = container
        self._video = video
        self._track = track
        self._fps = fps
        self._size = size
        self.written = 0
        """Pictures so far."""

    def add(self, picture: Frame) -> None:
        """Write the next picture, and what is heard until its end as far as it is there.

        Raises:
            MediaError: it has another size, or the encoder refuses.
        """
        if size_of(picture) != self._size:
            raise MediaError(f"picture {self.written} is {size_of(picture)}, the film is {self._size}")
        frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture), "yuv420p")  # not copied: encoders do
        frame.pts = self.written
        frame.time_base = 1 / self._fps
        frame.color_range = ColorRange.MPEG
        frame.colorspace = _BT709
        self.written += 1
        for packet in self._video.encode(frame):
            self._container.mux(packet)
        if self._track is not None:
            self._container.mux(list(self._track.until(samples_in(self.written, self._fps))))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        for packet in self._video.encode(None):
            self._container.mux(packet)
        if self._track is not None:
            self._container.mux(list(self._track.end(samples_in(self.written, self._fps))))


def _video(
    container: OutputContainer, codec: str, profile: Profile, *, fps: Fraction, size: Size, threads: int
) -> VideoStream:
    if codec not in _OPTIONS:
        raise MediaError(f"video codec {codec!r} is not known here; choose one of {', '.join(_OPTIONS)}")
    try:
        stream = container.add_stream(codec, rate=fps, options=dict(_OPTIONS[codec][profile]))
    except UnknownCodecError as error:
        raise MediaError(f"video codec {codec!r} is not in this build of PyAV; set video_codec to another") from error
    if not isinstance(stream, VideoStream):
        raise MediaError(f"{codec} is not a video codec")
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = 1 / fps
    context.gop_size = PROXY_GOP if profile == "proxy" else GOP
    context.thread_count = threads
    context.thread_type = "FRAME"  # by slices, which is the default here, four threads are a third slower
    context.color_range = ColorRange.MPEG
    context.colorspace = _BT709
    context.color_primaries = _BT709
    context.color_trc = _BT709
    try:
        context.open()
    except FFmpegError as error:
        raise MediaError(f"video codec {codec!r} does not start on this machine; set video_codec to another") from error
    return stream
