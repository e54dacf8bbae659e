"""Content-addressed files: written under a scratch name, flushed, then named by their content; never half a file."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import uuid
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from circletake.errors import HomeError, MediaError, UnknownId

_ENDINGS = frozenset({"mp4", "mkv", "webm", "mov", "jpg", "png", "otio", "json", "wav", "pem", "html"})


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename in it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write `data` to `path` so that the path either holds all of it or what it held before.

    Raises:
        HomeError: the folder cannot be written, or the disk is full.
    """
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink()
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> HomeError:
    """Return the one-line error for a path that cannot be written."""
    return HomeError(
        f"cannot write {path}: {os.strerror(error.errno) if error.errno else error}; free space or permit writing"
    )


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


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


class FileStore:
    """The studio's media folder: `media/ab/<sha256>.<ending>`; URIs are `media/<sha256>.<ending>`."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "media"

    def path(self, uri: str) -> Path:
        """Return where a URI lies; the file may not exist.

        Raises:
            UnknownId: not a URI of this store (nothing outside it can be named).
        """
        kind, _, name = uri.partition("/")
        stem, _, ending = name.partition(".")
        if kind != "media" or ending not in _ENDINGS or len(stem) != 64 or not set(stem) <= set("0123456789abcdef"):
            raise UnknownId(f"not a file of this studio: {uri!r}")
        return self._folder / stem[:2] / name

    def scratch(self, ending: str) -> Path:
        """Return a fresh temporary path in the store's own file system."""
        folder = self._folder / "scratch"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        return folder / f"{uuid.uuid4().hex}.{ending}"

    def adopt(self, scratch: Path, *, ending: str) -> str:
        """Flush a scratch file, name it by its content and return its URI.

        Raises:
            HomeError: the disk is full or the folder cannot be written; the scratch file is removed.
        """
        try:
            with scratch.open("rb+") as source:
                os.fsync(source.fileno())
                digest = hashlib.file_digest(source, "sha256").hexdigest()
            target = self.path(f"media/{digest}.{ending}")
            new_folder = not target.parent.exists()
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch.replace(target)
            flush_folder(target.parent)
            if new_folder:
                flush_folder(self._folder)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise cannot_write(scratch, error) from error
        return f"media/{digest}.{ending}"

    def write(self, data: bytes, *, ending: str) -> str:
        """Store bytes and return their URI.

        Raises:
            HomeError: the disk is full or the folder cannot be written.
        """
        scratch = self.scratch(ending)
        try:
            scratch.write_bytes(data)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise cannot_write(scratch, error) from error
        return self.adopt(scratch, ending=ending)

    def copy_in(self, source: Path, *, ending: str) -> str:
        """Store a copy of a file (a link where the file system allows) and return its URI."""
        scratch = self.scratch(ending)
        try:
            shutil.copyfile(source, scratch)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise cannot_write(scratch, error) from error
        return self.adopt(scratch, ending=ending)

    def sweep(self, *, before: float) -> int:
        """Remove scratch files that dead processes left behind, last written before then (Unix seconds).

        Returns how many there were.
        """
        swept = 0
        for one in (self._folder / "scratch").glob("*"):
            with suppress(FileNotFoundError):  # another process is writing here: it has just named its file
                if one.stat().st_mtime < before:
                    one.unlink()
                    swept += 1
        return swept
