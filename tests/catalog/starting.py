"""A home with the starter catalogue in it, made for real, once for all tests that need one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from circletake.catalog import Search
from circletake.catalog.starter import draw_clip, make_starter
from circletake.runtime.database.clips import Clips
from circletake.runtime.files import FileStore
from tests.catalog.synthetic import opened


@dataclass(frozen=True)
class StarterHome:
    """A home, the cache that it was filled from, and what that took."""

    home: Path
    cache: Path
    clips: Clips
    files: FileStore
    search: Search
    added: int
    seconds: float
    """Wall time of `make_starter`."""


def in_processes(cache: Path) -> Callable[[Sequence[str]], Iterator[str]]:
    """Return a `draw_all` that draws on every core."""

    def draw_all(names: Sequence[str]) -> Iterator[str]:
        cores = len(os.sched_getaffinity(0))
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            drawn = {pool.submit(partial(draw_clip, name, cache)): name for name in names}
            for done in as_completed(drawn):
                done.result()
                yield drawn[done]

    return draw_all


def never(names: Sequence[str]) -> Iterator[str]:
    """Refuse to draw: everything must be there already."""
    raise AssertionError(f"nothing should be drawn any more, but {names} are")


def starter_home_in(home: Path, cache: Path) -> StarterHome:
    """Make a home with the starter catalogue; drawing takes some 20 s on 4 cores when the cache is empty."""
    clips, search = opened(home)
    files = FileStore(home)
    began = time.monotonic()
    added = make_starter(
        clips=clips,
        files=files,
        search=search,
        cache=cache,
        draw_all=in_processes(cache),
        progress=lambda what, done, total: None,
    )
    return StarterHome(home, cache, clips, files, search, added, time.monotonic() - began)
