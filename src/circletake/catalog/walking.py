"""Find the files that are to be taken into the catalogue. Nothing is opened here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from circletake.errors import UsageError

ENDINGS = frozenset(
    {"3g2", "3gp", "avi", "divx", "gif", "m2t", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf"}
    | {"ogm", "ogv", "qt", "ts", "vob", "webm"}
)
"""Endings under which a folder is expected to hold video; a file that is named is tried whatever its ending."""


@dataclass(frozen=True)
class Candidate:
    """A file that may be footage."""

    path: Path
    """Absolute."""
    name: str
    """Relative to the folder that was named, with `/`; the bare name of a file that was named."""
    size: int
    mtime_ns: int
    problem: str = ""
    """Why it must not be opened; empty when it may."""


def candidates(paths: Sequence[Path]) -> tuple[Candidate, ...]:
    """Return the files that were named, and those in the folders that were named, each once, in order.

    Links inside a folder that stay inside it are left out (their targets are found by themselves); links that lead out
    of it, pipes and devices come with a `problem`.

    Raises:
        UsageError: a path does not exist, or a folder cannot be read.
    """
    found: dict[Path, Candidate] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist: name files or folders of footage")
        root = path.resolve()
        listed = _inside(root) if root.is_dir() else iter([_candidate(root, root.name)])
        for one in listed:
            found.setdefault(one.path, one)
    return tuple(found.values())


def _inside(root: Path) -> Iterator[Candidate]:
    def unreadable(error: OSError) -> None:
        raise UsageError(f"cannot read the folder {error.filename}: {error.strerror}")

    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder) / name
            if name.startswith(".") or path.suffix.lower().removeprefix(".") not in ENDINGS:
                continue
            shown = path.relative_to(root).as_posix()
            if not path.is_symlink():
                yield _candidate(path, shown)
            elif not path.resolve().is_relative_to(root):
                yield Candidate(path, shown, 0, 0, "it is a link that leads out of the folder; add its target itself")


def _candidate(path: Path, name: str) -> Candidate:
    try:
        found = path.lstat()
    except OSError as error:
        return Candidate(path, name, 0, 0, f"it cannot be read: {error.strerror}")
    if not stat.S_ISREG(found.st_mode):
        return Candidate(path, name, 0, 0, "it is no file but a pipe, a socket or a device")
    return Candidate(path, name, found.st_size, found.st_mtime_ns)
