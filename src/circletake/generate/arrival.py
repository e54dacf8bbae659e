"""A take that was made elsewhere: opened as a file of which nothing is known, brought to the house format, checked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from circletake.domain.operation import Output
from circletake.domain.ports import Files
from circletake.domain.timing import samples_in
from circletake.errors import MediaError
from circletake.generate.render import POSTER_WIDTH
from circletake.media import encode, look, quality, still
from circletake.media.cover import Cover
from circletake.media.picture import Frame, Size, on_one_thread
from circletake.media.source import Heard, Source, open_untrusted
from circletake.runtime.files import opened
from circletake.runtime.limits import UNCHECKED, memory

_AS_IT_IS: Size = (8192, 8192)
"""Pictures are looked at in their own size."""


def take_in(
    path: Path,
    *,
    index: int,
    name: str,
    frames: int,
    fps: Fraction,
    size: Size,
    codec: str,
    recipe: dict[str, JsonValue],
    files: Files,
) -> Output:
    """Make a take of a file that a provider sent: so many pictures of the film's size and rate, stereo at 48 kHz.

    The picture fills the frame and is cropped where its shape is another; what is too long is cut. A file that cannot
    be opened, or is damaged, is an output with the reason. Run this in a worker that may be killed.

    Args:
        path: the file; it is kept as it is.
        index: which output of its operation it is.
        name: what to call it in a reason.
        frames: pictures that were ordered.
        fps: rate of the film.
        size: width and height of the film.
        codec: video encoder.
        recipe: how it was made; its fingerprint is added.
        files: the studio's files.

    Raises:
        HomeError: the studio's files cannot be written.
    """
    on_one_thread()
    scratch = files.scratch("mp4")
    try:
        with opened(path) as source, memory(UNCHECKED), open_untrusted(source, name=name, within=_AS_IT_IS) as playing:
            seen = _Seen(frames, fps=fps, size=size)
            measured = seen.written(playing, scratch, codec=codec)
    except MediaError as error:
        scratch.unlink(missing_ok=True)
        return Output(index=index, outcome="rejected", reasons=(str(error),))
    uri = files.adopt(scratch, ending="mp4")
    heard = np.concatenate(seen.heard) if seen.heard else None
    print_ = seen.fingerprint()
    return Output(
        index=index,
        outcome="take",
        uri=uri,
        sha256=uri.removeprefix("media/").removesuffix(".mp4"),
        bytes=files.path(uri).stat().st_size,
        poster=files.write(still.jpeg(seen.middle, width=POSTER_WIDTH), ending="jpg"),
        frames=seen.count,
        width=size[0],
        height=size[1],
        look=look.measure(seen.kept, fps=fps / 4, sound=None if heard is None else look.Heard.of(heard)),
        phash=print_.phash,
        recipe=recipe | {"fingerprint": print_.to_text()},
        qc=seen.inspector.report(sound=heard, measured_fps=measured),
    )


class _Seen:
    """Plays a file into the house format, and looks at every picture as it passes."""

    def __init__(self, frames: int, *, fps: Fraction, size: Size) -> None:
        self._frames = frames
        self._fps = fps
        self._size = size
        self.inspector = quality.Inspector(expected_frames=frames, size=size, fps=fps)
        self.heard: list[NDArray[np.float32]] = []
        self.kept: list[Frame] = []
        """Every fourth picture."""
        self.count = 0
        self._last: Frame | None = None

    def written(self, playing: Source, path: Path, *, codec: str) -> Fraction:
        """Write the take, and return the rate that it was played at.

        Raises:
            MediaError: the file is damaged or cut off.
        """
        sound = encode.GrowingSound() if playing.has_audio else None
        cover = Cover(self._size)
        left = samples_in(self._frames, self._fps)
        step = playing.fps / self._fps
        number = 0
        with encode.film_writer(
            path, fps=self._fps, size=self._size, sound=sound, codec=codec, profile="master"
        ) as film:
            for part in playing.play():
                if isinstance(part, Heard):
                    if sound is not None and left > 0:
                        samples = part.samples[:left]
                        left -= len(samples)
                        sound.append(samples)
                        self.heard.append(samples)
                    continue
                while self.count < self._frames and self._nearest(step) <= number:
                    picture = cover.apply(part, self.count)
                    self._see(picture)
                    film.add(picture)
                number += 1
        return self._fps

    def _nearest(self, step: Fraction) -> int:
        """Return which picture of the file is shown at the next of the take."""
        return int(self.count * step)

    def _see(self, picture: Frame) -> None:
        self.inspector.see(picture)
        if self.count % 4 == 0:
            self.kept.append(picture)
        self.count += 1
        self._last = picture

    @property
    def middle(self) -> Frame:
        """The picture of the poster."""
        return self.kept[len(self.kept) // 2]

    def fingerprint(self) -> look.Fingerprint:
        """Return what tells this take from its rivals."""
        assert self._last is not None
        return look.fingerprint(self.kept[0], self.middle, self._last)
