"""Take a file into the catalogue: it is played once, and everything the house needs to know of it is kept.

While it plays, its proxy and its preview are written, its cuts are found, its look is sampled twice a second and its
sound is listened to. Then the keyframes of the new proxy (two a second at 24 pictures a second) are leafed through for
posters, bars and burnt-in text: a hundredth of the cost of playing it. Memory does not grow with the pictures of a
file: some 25 kB a sample are kept.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from circletake.domain.clip import Area
from circletake.domain.look import Look
from circletake.errors import MediaError
from circletake.media import decode, encode, flaws, still
from circletake.media.container import first_video, open_source
from circletake.media.digest import Digest, glanced, look_of
from circletake.media.look import Sampler, measure, phash
from circletake.media.meter import Meter
from circletake.media.picture import Frame, Frames, Size, from_decoded, on_one_thread, size_of
from circletake.media.shots import ShotFinder, Stretch
from circletake.media.source import Heard, Source, open_untrusted

AUDIBLE = -60.0
"""LUFS under which a shot counts as silent."""
POSTER_WIDTH = 480
_PREVIEW = 320
"""Pixels at the longer side of the preview."""
_SEEN = 80
"""The same of the pictures that cuts are looked for in."""
_PREVIEW_FPS = 8
_LEAST_SAMPLES = 4
"""A shot with fewer is measured on its proxy again."""
_LEAFED = 8
"""Keyframes of a shot that bars and burnt-in text are looked for in."""
_AT_ONCE = 24
"""Pictures, and pieces of sound among them, that are handed on together: a tenth faster than one by one."""


@dataclass(frozen=True)
class Shot:
    """One shot of the file."""

    first_frame: int
    """In the proxy."""
    frames: int
    look: Look
    phash: str
    poster: bytes
    """A JPEG of its middle picture."""
    active: Area
    burnt_in: bool
    activity: tuple[int, ...]
    has_sound: bool
    """Whether it is audible."""


@dataclass(frozen=True)
class Ingested:
    """What a file holds, measured."""

    fps: Fraction
    """Of the proxy."""
    frames: int
    width: int
    """Of the original as it is shown."""
    height: int
    has_audio: bool
    codec: str
    notes: tuple[str, ...]
    shots: tuple[Shot, ...]


def ingest(
    source: BinaryIO,
    *,
    name: str,
    proxy: Path,
    preview: Path,
    codec: str,
    text_hint: bool,
    progress: Callable[[float], None],
) -> Ingested:
    """Play a file once and write its proxy and preview; see the module.

    Args:
        source: the file, open for reading; nothing else is opened.
        name: what to call it in an error.
        proxy: where to write the proxy: upright, within 960x540 or 540x960, GOP 12, with its sound.
        preview: where to write the preview: 320 pixels at its longer side, 8 pictures a second, silent.
        codec: video encoder.
        text_hint: whether somebody wrote that text is burnt in.
        progress: called with the share of the file that was read, 0..1.

    Raises:
        MediaError: it cannot be used, or is black from beginning to end; nothing is left at `proxy` and `preview`.
        HomeError: proxy or preview cannot be written.
    """
    on_one_thread()
    with open_untrusted(source, name=name) as playing:
        seen = _Seen(playing.fps)
        try:
            _play(playing, seen, proxy=proxy, preview=preview, codec=codec, told=_told(source, progress))
            stretches = seen.finder.finish()
            if not stretches:
                raise MediaError(f"{name} is black from beginning to end; there is nothing to use")
            shots = tuple(_shots(proxy, stretches, seen, size=playing.size, fps=playing.fps, text_hint=text_hint))
        except BaseException:
            proxy.unlink(missing_ok=True)
            preview.unlink(missing_ok=True)
            raise
        return Ingested(
            fps=playing.fps,
            frames=seen.pictures,
            width=playing.shown[0],
            height=playing.shown[1],
            has_audio=playing.has_audio,
            codec=playing.codec,
            notes=playing.notes,
            shots=shots,
        )


@dataclass
class _Seen:
    """What was gathered while the file played."""

    fps: Fraction
    meter: Meter = field(default_factory=Meter)
    pictures: int = 0

    def __post_init__(self) -> None:
        self.finder = ShotFinder(fps=self.fps)
        self.sampler = Sampler(self.fps)


def _told(source: BinaryIO, progress: Callable[[float], None]) -> Callable[[], None]:
    begun = source.tell()
    size = max(1, source.seek(0, 2))
    source.seek(begun)
    return lambda: progress(min(1.0, source.tell() / size))


def _play(playing: Source, seen: _Seen, *, proxy: Path, preview: Path, codec: str, told: Callable[[], None]) -> None:
    """Play the file: everything that comes goes to all who need it."""
    half, small, seen_at = (
        _fitted(playing.size, longer) for longer in (max(_PREVIEW, max(playing.size) // 2), _PREVIEW, _SEEN)
    )
    sound = encode.GrowingSound() if playing.has_audio else None
    with ExitStack() as films:
        film = films.enter_context(
            encode.film_writer(proxy, fps=playing.fps, size=playing.size, sound=sound, codec=codec, profile="proxy")
        )
        rate = min(playing.fps, Fraction(_PREVIEW_FPS))
        glance = films.enter_context(
            encode.film_writer(preview, fps=rate, size=small, sound=None, codec=codec, profile="preview")
        )
        for batch in _batches(playing.play()):
            heard = [part.samples for part in batch if isinstance(part, Heard)]
            pictures = [part for part in batch if not isinstance(part, Heard)]
            for samples in heard:
                seen.meter.add(samples)
                if sound is not None:
                    sound.append(samples)
            halves = [glanced(picture, half) for picture in pictures]
            for halved in halves:
                seen.finder.see(glanced(halved, seen_at))
            for picture in pictures:
                seen.sampler.see(picture)
            for picture in pictures:
                film.add(picture)
            for number, halved in enumerate(halves, seen.pictures):
                if glance.written <= number * rate / playing.fps:
                    glance.add(glanced(halved, small))
            seen.pictures += len(pictures)
            told()


def _batches(parts: Iterator[Frame | Heard]) -> Iterator[list[Frame | Heard]]:
    """Yield what is played some at a time: each of those who look at it has the processor's caches for itself."""
    while batch := list(itertools.islice(parts, _AT_ONCE)):
        yield batch


def _fitted(size: Size, longer: int) -> Size:
    """Return the size, both sides even, with at most `longer` pixels at its longer side."""
    scale = min(1.0, longer / max(size))
    return max(2, 2 * round(size[0] * scale / 2)), max(2, 2 * round(size[1] * scale / 2))


def _shots(
    proxy: Path, stretches: Sequence[Stretch], seen: _Seen, *, size: Size, fps: Fraction, text_hint: bool
) -> Iterator[Shot]:
    """Put every shot together from what was gathered and from the keyframes of the proxy."""
    found = list(seen.sampler.finish())
    numbers = [number for number, _ in found]
    for stretch, keyframes in _leafed(proxy, stretches, fps=fps, size=size):
        end = stretch.first + stretch.frames
        samples = found[bisect.bisect_left(numbers, stretch.first) : bisect.bisect_left(numbers, end)]
        heard = seen.meter.between(float(stretch.first / fps), float(end / fps))
        if len(samples) < _LEAST_SAMPLES:
            look = measure(_decoded(proxy, stretch, fps, size), fps=fps, sound=None)
            look = look.model_copy(
                update={"loudness": round(heard.loudness, 4), "brightness_of_sound": heard.brightness}
            )
        else:
            digests = [_inside(one, number + seen.sampler.gap < end) for number, one in samples]
            look = look_of(digests, loudness=heard.loudness, brightness_of_sound=heard.brightness)
        flaw = flaws.find(keyframes, hint=text_hint)
        middle = keyframes[len(keyframes) // 2]
        yield Shot(
            first_frame=stretch.first,
            frames=stretch.frames,
            look=look,
            phash=phash(middle),
            poster=still.jpeg(middle, width=min(POSTER_WIDTH, size_of(middle)[0])),
            active=flaw.active,
            burnt_in=flaw.burnt_in,
            activity=tuple(round(1000 * one.change) for _, one in samples[1:] if one.change is not None),
            has_sound=heard.loudness > AUDIBLE,
        )


def _inside(one: Digest, companion_is: bool) -> Digest:
    """Return a sample without its camera motion where that was measured across the end of the shot."""
    return one if companion_is else one.without_motion()


def _decoded(proxy: Path, stretch: Stretch, fps: Fraction, size: Size) -> Frames:
    return decode.decode_segment(proxy, first_frame=stretch.first, frames=stretch.frames, fps=fps, size=size)


def _leafed(
    proxy: Path, stretches: Sequence[Stretch], *, fps: Fraction, size: Size
) -> Iterator[tuple[Stretch, list[Frame]]]:
    """Yield every stretch with up to eight of its keyframes, evenly spread; its middle picture where it has none."""
    there = list(_keyframes(proxy, fps))
    chosen = [_spread(there, stretch) for stretch in stretches]
    pictures = _pictures(proxy, fps, {number for numbers in chosen for number in numbers})
    for stretch, numbers in zip(stretches, chosen, strict=True):
        found = [next(pictures) for _ in numbers]
        if not found:
            found = [_decoded(proxy, Stretch(stretch.first + stretch.frames // 2, 1), fps, size)[0]]
        yield stretch, found


def _spread(keyframes: Sequence[int], stretch: Stretch) -> list[int]:
    """Return the keyframes of a stretch that lie nearest to eight evenly spread places, in order."""
    end = stretch.first + stretch.frames
    inside = keyframes[bisect.bisect_left(keyframes, stretch.first) : bisect.bisect_left(keyframes, end)]
    if not inside:
        return []
    wanted = np.linspace(stretch.first, end, 2 * _LEAFED + 1)[1::2]
    return sorted({min(inside, key=lambda number: abs(number - place)) for place in map(float, wanted)})


def _keyframes(proxy: Path, fps: Fraction) -> Iterator[int]:
    """Yield the number of every keyframe of a proxy, in order."""
    with open_source(proxy) as container:
        stream = first_video(container, proxy)
        for packet in container.demux(stream):
            if packet.is_keyframe and packet.pts is not None:
                yield _number(packet, stream, fps)


def _pictures(proxy: Path, fps: Fraction, wanted: Set[int]) -> Iterator[Frame]:
    """Decode some keyframes of a proxy and nothing else; they come in order."""
    with open_source(proxy) as container:
        stream = first_video(container, proxy)
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            last = packet.pts is None
            if last or (packet.is_keyframe and _number(packet, stream, fps) in wanted):
                for picture in packet.decode():
                    yield from_decoded(cast(VideoFrame, picture))


def _number(packet: Packet, stream: VideoStream, fps: Fraction) -> int:
    return round((packet.pts or 0) * (stream.time_base or 1 / fps) * fps)
