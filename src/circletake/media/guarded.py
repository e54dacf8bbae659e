"""What stands between libav and a file of which nothing is known: plain errors, no other file, no giant picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from av.container import InputContainer
from av.error import FFmpegError
from av.error import MemoryError as LibavMemoryError
from av.stream import Disposition
from av.video.stream import VideoStream

from circletake.errors import MediaError

_LARGEST = 8192 * 4320
"""Pixels of the largest picture that is decoded (DCI 8K)."""


@contextmanager
def plainly(name: str) -> Iterator[None]:
    """Say in one line what libav found wrong."""
    try:
        yield
    except LibavMemoryError as error:
        raise MediaError(f"{name} takes more memory to decode than is allowed; make a smaller copy") from error
    except FFmpegError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise MediaError(f"{name} cannot be read: {why}; it is cut off or damaged: replace the file") from error


def refuse(url: str, flags: int, options: object) -> BinaryIO:
    """Open nothing that a file refers to."""
    raise MediaError(f"it refers to another file ({url[:200]!r}), which is never opened; make it a file of its own")


def video_of(container: InputContainer, name: str) -> VideoStream:
    """Return the first video stream that is no cover picture, set to one thread and to raise on damage.

    Raises:
        MediaError: there is none, no decoder for it, or its pictures are larger than 8192x4320.
    """
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
