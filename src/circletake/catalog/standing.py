"""Whether a file of the catalogue still is what it was when it was read."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Literal

from circletake.errors import MediaError
from circletake.runtime.database.sources import SourceFile
from circletake.runtime.files import opened

Standing = Literal["same", "changed", "gone"]


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
