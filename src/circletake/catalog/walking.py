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


def candidates(paths: Sequence[Path], *, home: Path | None = None) -> tuple[Candidate, ...]:
    """Return the files that were named, and those in the folders that were named, each once, in order.

    Links inside a folder that stay inside it are left out (their targets are found by themselves), and so is the
    studio's own home. Links that lead out of it or nowhere, pipes, devices, folders that cannot be read and names that
    are no text come with a `problem`.

    Raises:
        UsageError: a path does not exist.
    """
    own = None if home is None else Path(os.path.realpath(home))
    found: dict[Path, Candidate] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist: name files or folders of footage")
        root = Path(os.path.realpath(path))
        listed = _inside(root, own) if root.is_dir() else iter([_candidate(root, root.name)])
        for one in listed:
            found.setdefault(one.path, one)
    return tuple(found.values())


def _inside(root: Path, own: Path | None) -> Iterator[Candidate]:
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=unreadable.append):
        here = Path(folder)
        if here == own:
            folders.clear()
            continue
        seen = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in seen if not (here / name).is_symlink()]
        for name in [name for name in seen if (here / name).is_symlink()]:
            yield from _linked(here / name, root)
        for name in sorted(files):
            path = here / name
            if name.startswith(".") or path.suffix.lower().removeprefix(".") not in ENDINGS:
                continue
            if path.is_symlink():
                yield from _linked(path, root)
            else:
                yield _candidate(path, path.relative_to(root).as_posix())
    for error in unreadable:
        path = Path(os.fsdecode(error.filename))
        yield _not(path, path.relative_to(root).as_posix(), f"the folder cannot be read: {error.strerror}")


def _linked(path: Path, root: Path) -> Iterator[Candidate]:
    """Yield a link that must be spoken of; one to something inside the folder is found by itself."""
    target = Path(os.path.realpath(path))
    name = path.relative_to(root).as_posix()
    if not target.is_relative_to(root):
        yield _not(path, name, "it is a link that leads out of the folder; add its target itself")
    elif not target.exists():
        yield _not(path, name, "it is a link that leads nowhere; remove it")


def _not(path: Path, name: str, problem: str) -> Candidate:
    return Candidate(path, name, 0, 0, problem)


def _candidate(path: Path, name: str) -> Candidate:
    try:
        found = path.lstat()
    except OSError as error:
        return _not(path, name, f"it cannot be read: {error.strerror}")
    if not stat.S_ISREG(found.st_mode):
        return _not(path, name, "it is no file but a pipe, a socket or a device")
    if not str(path).isprintable():
        return _not(path, name, "its name, or that of a folder above it, is not plain text in UTF-8; rename it")
    return Candidate(path, name, found.st_size, found.st_mtime_ns)


def shown(name: str) -> str:
    """Return a name as it fits on one line of any terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)
