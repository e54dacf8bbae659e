"""The doctor: looks over a home, replays what the search index has not heard, and says what is missing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from circletake.errors import CircletakeError

if TYPE_CHECKING:
    from circletake.studio.room import Studio

State = Literal["ok", "note", "broken"]
_LITTLE = 2 * 10**9
"""Bytes of free disk below which it is worth a word: a film with its takes needs about as much."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    told: str
    """How it is, and what to do where something is to be done."""


def examine(studio: Studio) -> tuple[Finding, ...]:
    """Look at everything, and bring the search index up to date."""
    return (_home(studio), _database(studio), _index(studio), _embedder(studio), _originals(studio), _money(studio))


def _home(studio: Studio) -> Finding:
    free = shutil.disk_usage(studio.home).free
    told = f"{studio.home}, {free / 1e9:,.1f} GB free"
    if free < _LITTLE:
        return Finding("home", "note", f"{told}: free some space before the next film")
    return Finding("home", "ok", told)


def _database(studio: Studio) -> Finding:
    wrong = studio.database.check()
    if wrong:
        return Finding("record", "broken", f"{studio.database.place}: {wrong}; restore it from a backup")
    return Finding("record", "ok", f"{studio.database.place}, {studio.clips.count()} clips")


def _index(studio: Studio) -> Finding:
    try:
        pushed = studio.search.sync()
        held = studio.search.indexed()
    except CircletakeError as error:
        return Finding("search index", "broken", str(error))
    caught = f", {pushed} of them brought up to date just now" if pushed else ""
    if held != studio.clips.count():
        wanted = studio.clips.count()
        return Finding("search index", "note", f"{held} rows for {wanted} clips: circletake catalog reindex")
    return Finding("search index", "ok", f"{held} clips{caught}")


def _embedder(studio: Studio) -> Finding:
    from circletake.catalog.base import space_of
    from circletake.catalog.minilm import missing
    from circletake.studio.house import embedder_of

    try:
        embedder = embedder_of(studio.settings)
        if embedder is not None:
            embedder.embed(["a lighthouse at dusk"])
            return Finding("meaning", "ok", space_of(embedder).name)
    except CircletakeError as error:
        return Finding("meaning", "broken", str(error))
    if studio.settings.embedder == "none":
        return Finding("meaning", "ok", "off by the setting embedder: words and looks alone are searched")
    return Finding("meaning", "note", f"words and looks alone are searched; {missing(studio.settings.cache)}")


def _originals(studio: Studio) -> Finding:
    gone = [one.path for one in studio.sources.all() if one.state == "done" and not Path(one.path).exists()]
    if gone:
        named = gone[0] + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")
        return Finding("originals", "note", f"not where they were: {named}; films are made from originals")
    return Finding("originals", "ok", f"{sum(one.state == 'done' for one in studio.sources.all())} files, all there")


def _money(studio: Studio) -> Finding:
    unknown = studio.operations.listed(state="unknown")
    if unknown:
        return Finding(
            "money", "note", f"{len(unknown)} operations may have been paid for: circletake operations --unknown"
        )
    return Finding("money", "ok", "nothing is in doubt")
