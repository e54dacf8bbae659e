"""The continuity bible and the scenes: places from the footage, people and props from the brief."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from circletake.domain.plan import BibleEntry
from circletake.plan.grounding import Footage
from circletake.plan.language import nouns_in
from circletake.plan.lexicon import Language
from circletake.plan.text import fold
from circletake.plan.writing import seen_in

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of slates: I and O read as 1 and 0."""


def slug(text: str) -> str:
    """Return an id made of a text: lower case letters, digits and underscores, beginning with a letter."""
    cleaned = re.sub(r"[^a-z0-9]+", "_", fold(text)).strip("_")
    return cleaned if cleaned[:1].isalpha() else f"n_{cleaned}" if cleaned else "n"


def slate_of(scene: int, shot: int) -> str:
    """Return the slate of a shot.

    Args:
        scene: number of the scene, from 1.
        shot: index of the shot in its scene, from 0; after Z comes AA.
    """
    first, second = divmod(shot, len(LETTERS))
    return f"{scene}{LETTERS[first - 1] if first else ''}{LETTERS[second]}"


def scene_runs(footage: Sequence[Footage], *, joined: bool) -> tuple[range, ...]:
    """Return which shots make up a scene: neighbours at the same place and time; one scene when they are joined."""
    if joined:
        return (range(len(footage)),)
    runs: list[range] = []
    for _, group in groupby(range(len(footage)), key=lambda index: (footage[index].place, footage[index].time)):
        members = list(group)
        runs.append(range(members[0], members[-1] + 1))
    return tuple(runs)


def heading_of(footage: Footage) -> str:
    """Return a slugline, e.g. `INT. CORRIDOR - NIGHT`."""
    return f"{'INT' if footage.inside else 'EXT'}. {footage.place.upper()} - {footage.time}"


def place_entries(footage: Sequence[Footage]) -> tuple[BibleEntry, ...]:
    """Return one entry for every place and time that is seen, described by the first clip of it."""
    entries: dict[str, BibleEntry] = {}
    for one in footage:
        name = place_id(one)
        entries.setdefault(name, BibleEntry(id=name, kind="place", description=seen_in(one.clip.caption)))
    return tuple(entries.values())


def place_id(footage: Footage) -> str:
    """Return the bible id of where a clip is, e.g. `corridor_night`."""
    return f"{slug(footage.place)}_{footage.time.lower()}"


def told_entries(pictures: Sequence[str], language: Language, *, taken: Sequence[str]) -> tuple[BibleEntry, ...]:
    """Return one entry for every person and prop that the brief names.

    Args:
        pictures: stretches of the brief.
        language: their language.
        taken: ids that are used already.
    """
    entries: dict[str, BibleEntry] = {}
    for picture in pictures:
        for noun in nouns_in(picture, language):
            name = slug(noun.en.split("/")[0])
            if noun.kind in {"person", "prop"} and name not in taken:
                kind = "person" if noun.kind == "person" else "prop"
                entries.setdefault(name, BibleEntry(id=name, kind=kind, description=picture))
    return tuple(entries.values())


def told_ids(picture: str, language: Language, *, known: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the bible entries that a stretch of the brief names."""
    names = (slug(noun.en.split("/")[0]) for noun in nouns_in(picture, language))
    return tuple(dict.fromkeys(name for name in names if name in known))
