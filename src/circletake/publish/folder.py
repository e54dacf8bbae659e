"""The embedded channel: a folder. A film is there whole, under its name, or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from circletake.errors import HomeError, MediaError, UsageError
from circletake.runtime.files import cannot_write, flush_folder, sha256_of

_CHUNK = 1 << 20
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


class FolderChannel:
    """Implements `publish.base.Channel` with a link that fails if the name is taken, so nothing is ever overwritten."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def publish(self, source: Path, *, name: str, sha256: str) -> str:
        """Copy a film into the folder under its name and return its path; the same film that is there stands.

        What a killed process leaves is a hidden `.NAME.part`; the next attempt removes it.

        Raises:
            HomeError: the folder cannot be written, is full or knows no links, or another film has that name.
            MediaError: the source cannot be read, or is not the film that `sha256` names.
            UsageError: the name is not that of a file in the folder.
        """
        if not name or name.startswith(".") or name != Path(name).name or "\0" in name:
            raise UsageError(
                f"cannot publish under the name {name!r}: give a file name without a folder or leading dot"
            )
        final = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._put(source, final, sha256=sha256)
            flush_folder(self._folder)
            held = sha256_of(final)
        except OSError as error:
            raise cannot_write(final, error) from error
        if held != sha256:
            raise HomeError(f"{final} is another film and is never overwritten; move it away or publish elsewhere")
        return str(final)

    def _put(self, source: Path, final: Path, *, sha256: str) -> None:
        part = final.with_name(f".{final.name}.part")
        with _sole(part) as handle:
            if final.exists():
                return
            _fill(handle, source, sha256=sha256)
            try:
                with suppress(FileExistsError):  # somebody was faster: what lies there is compared
                    os.link(part, final)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                raise HomeError(
                    f"cannot publish to {self._folder}: its file system has no hard links; set releases to another one"
                ) from error


@contextmanager
def _sole(path: Path) -> Iterator[int]:
    """Hold a new, empty file that nobody else writes; its name is gone afterwards."""
    handle = _claimed(path)
    try:
        yield handle
    finally:
        try:
            path.unlink()
        finally:
            os.close(handle)


def _claimed(path: Path) -> int:
    """Return a handle on a new file under `path`, locked; waits for a live owner, removes what a dead one left.

    A leftover is never written to again: it may be the published film itself, when its owner died right after the link.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        kept = False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            held = os.fstat(handle)
            if _is_at(path, held):
                kept = held.st_size == 0 and held.st_nlink == 1
                if not kept:
                    path.unlink()
        finally:
            if not kept:
                os.close(handle)
        if kept:
            return handle


def _is_at(path: Path, held: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.lstat(), held)
    except FileNotFoundError:
        return False


def _fill(handle: int, source: Path, *, sha256: str) -> None:
    digest = hashlib.sha256()
    try:
        film = source.open("rb")
    except OSError as error:
        raise MediaError(f"the film {source} cannot be read: {os.strerror(error.errno or errno.EIO)}") from error
    with film, open(handle, "wb", closefd=False) as copy:
        while chunk := film.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(handle)
    if digest.hexdigest() != sha256:
        raise MediaError(f"{source} is not the film that was signed: its bytes have changed; it is not published")
