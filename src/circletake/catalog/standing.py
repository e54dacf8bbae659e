"""Whether a file of the catalogue still is what it was when it was read."""

from __future__ import annotations

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Literal

from circletake.errors import MediaError
from circletake.runtime.database.sources import SourceFile

Standing = Literal["same", "changed", "gone"]


def opened(path: Path) -> BufferedReader:
    """Open a regular file, and nothing else: never waits for a pipe, never follows a link.

    Raises:
        MediaError: it is not there, may not be read, is no regular file, or a link leads to its folder by now.
    """
    if os.path.realpath(path) != str(path):
        raise MediaError(f"{path.name} is a link, or lies behind one by now; add the file itself")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MediaError(f"{path.name} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise MediaError(f"{path.name} is no file but a pipe, a socket or a device")
    return os.fdopen(handle, "rb")


def standing(source: SourceFile) -> Standing:
    """Return whether the file that was read still lies where it lay, with the same content.

    Size and time tell when they are as they were; otherwise the file is hashed. One that may not be read counts as
    `same`: what cannot be told must not free a copy of it from its rights.
    """
    try:
        found = os.lstat(source.path)
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    except OSError:
        return "same"
    if not stat.S_ISREG(found.st_mode):
        return "gone"
    if (found.st_size, found.st_mtime_ns) == (source.size, source.mtime_ns):
        return "same"
    if found.st_size != source.size:
        return "changed"
    try:
        with opened(Path(source.path)) as content:
            return "same" if hashlib.file_digest(content, "sha256").hexdigest() == source.sha256 else "changed"
    except MediaError:
        return "same"
