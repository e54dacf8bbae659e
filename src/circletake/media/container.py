"""Where libav opens files, for reading and for writing, and how its errors become ours.

libav logs nothing: its threads would have to wait for Python's lock to write a line while Python, holding that lock,
waits for those threads to end (seen with a damaged H.264 file and four threads: it hung within a dozen tries). What is
wrong with a file is in the error that it raises.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from circletake.errors import CircletakeError, HomeError, MediaError

av.logging.set_level(None)

_DISK_TROUBLE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EIO, errno.EFBIG}
)


@contextmanager
def open_source(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading; only this one local file, never what it points to.

    Raises:
        MediaError: it is not there, is no media file, or what is read from it inside the `with` is damaged.
    """
    try:
        with av.open(f"file:{path}", "r", options={"protocol_whitelist": "file"}) as container:
            yield container
    except FFmpegError as error:
        raise MediaError(f"{path} cannot be read as media: {_why(error)}; check or replace the file") from error


@contextmanager
def open_target(path: Path) -> Iterator[OutputContainer]:
    """Open an MP4 for writing, its index at the front; whatever goes wrong, no part of it is left behind.

    Raises:
        HomeError: the disk is full, or the folder cannot be written.
        MediaError: the encoder or the container refuses what it is given.
    """
    try:
        with av.open(f"file:{path}", "w", format="mp4", options={"movflags": "+faststart"}) as container:
            yield container
    except FFmpegError as error:
        path.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def first_video(container: InputContainer, path: Path) -> VideoStream:
    """Return the first video stream that is not a cover picture, set to one thread and to raise on damage.

    Raises:
        MediaError: there is none, or no decoder for it.
    """
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if getattr(stream, "codec_context", None) is None:
                raise MediaError(f"{path} is cut off, or in a codec that this build cannot decode; replace the file")
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"err_detect": "explode"}
            return stream
    raise MediaError(f"{path} has no video stream; a clip needs a picture")


def first_audio(container: InputContainer) -> AudioStream | None:
    """Return the first audio stream that can be decoded, set to raise on damage, or `None`."""
    for stream in container.streams.audio:
        if getattr(stream, "codec_context", None) is not None:
            stream.codec_context.options = {"err_detect": "explode"}
            return stream
    return None


def _why(error: FFmpegError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _cannot_write(path: Path, error: FFmpegError) -> CircletakeError:
    if error.errno in _DISK_TROUBLE:
        return HomeError(f"cannot write {path}: {_why(error)}; free space or permit writing")
    return MediaError(f"cannot encode {path}: {_why(error)}; check the codec and the frame size")
