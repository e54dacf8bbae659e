"""Open the studio for a command, and close its workers afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from circletake.errors import CircletakeError

if TYPE_CHECKING:
    from circletake.studio.room import Studio


@contextmanager
def opened() -> Iterator[Studio]:
    """Give the studio at CIRCLETAKE_HOME; its media workers end with the block, also on Ctrl-C."""
    from circletake.studio.room import Studio

    studio = Studio.open()
    studio.notice = lambda what: click.echo(what, err=True)
    try:
        yield studio
    finally:
        studio.close()


def debugging() -> bool:
    """Return whether CIRCLETAKE_DEBUG asks for whole tracebacks."""
    from circletake.settings import read_settings

    try:
        return read_settings().debug
    except CircletakeError:
        return False
