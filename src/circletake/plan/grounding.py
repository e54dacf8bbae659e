"""Ground the shots in the footage that may be used: which clip every shot is planned around."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from circletake.domain.clip import Clip
from circletake.domain.look import SHOT_SIZES, ShotSize
from circletake.domain.plan import Angle
from circletake.domain.ports import ReferenceSearch
from circletake.domain.reference import Query
from circletake.domain.rights import RightsContext
from circletake.errors import Shortfall
from circletake.plan.language import in_english, noun_of, nouns_in, stems
from circletake.plan.lexicon import Noun
from circletake.plan.reading import FPS, Requirements

POOL = 36
"""Clips among which the film is cast."""
NEAREST = 6
"""Clips that one picture of the brief is looked up with."""
_BEAM = 48
_SIZES: tuple[tuple[str, ShotSize], ...] = (
    (r"macro|extreme close-?up", "ECU"),
    (r"medium close", "MCU"),
    (r"close-?ups?|close on", "CU"),
    (r"full shot|full figure", "MLS"),
    (r"medium shot|waist", "MS"),
    (r"aerial|skyline|panorama|extreme wide|vast|horizon", "ELS"),
)
_ANGLES: tuple[tuple[str, Angle], ...] = (
    (r"straight down|overhead|top-?down|bird'?s-eye", "overhead"),
    (r"high (?:fixed|view|camera|angle|shot|static)|from above|looking down", "high"),
    (r"low (?:angle|camera)|from beneath|from below|looking up", "low"),
)
_TIMES: tuple[tuple[str, str], ...] = (
    (r"night|midnight|moonlight|moonlit|after dark", "NIGHT"),
    (r"dawn|sunrise|morning|daybreak", "MORNING"),
    (r"dusk|evening|sunset|twilight|blue hour|last light", "EVENING"),
    (r"day|daylight|noon|afternoon|sun|sunlit|overcast", "DAY"),
)
_DARK = 0.2
"""Mean luma under which a picture without words of time is night."""
_LIVING = frozenset({"hand", "crowd", "dog", "cat", "horse", "bird", "fish", "insect", "bee"})
"""Persons by kind that nobody is recognised by."""


@dataclass(frozen=True)
class Footage:
    """A clip that may be cut in, as the planner sees it."""

    clip: Clip
    words: frozenset[str]
    """Stems of title, caption and tags."""
    nouns: tuple[Noun, ...]
    place: str
    """Where it is, in one English word."""
    inside: bool
    time: str
    """`DAY`, `NIGHT`, `MORNING` or `EVENING`."""
    natural: ShotSize
    """How wide it is."""
    angle: Angle | None
    """What its caption says about the angle."""
    standing: float
    """How near it is to the brief as a whole: 1 best, falling with its rank."""
    style: float
    """How well its look suits the tone: 0..1."""

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return Fraction(self.clip.frames) / self.clip.fps

    @property
    def shows_people(self) -> bool:
        """Whether its words name people."""
        return any(noun.kind == "person" and noun.en.split("/")[0] not in _LIVING for noun in self.nouns)


@dataclass(frozen=True, slots=True)
class Slot:
    """One shot, before it has footage."""

    frames: int
    widest: ShotSize
    """How wide its role would have it."""
    words: str
    """What it is to show, in English; empty when only the tone counts."""
    hidden: frozenset[str] = frozenset()
    """Stems that may not be seen yet."""
    about: str = ""
    """What the whole film is about, in English."""
    weight: float = 1.0
    """How much it matters that the footage shows the words: more where the brief names this very shot."""


@dataclass(frozen=True, slots=True)
class Casting:
    """Which clip stands for a shot."""

    footage: Footage
    shows: bool
    """Whether its words name what the shot is to show; `False` when it only stands in for it."""
    nearest: tuple[str, ...]
    """Clip ids, the chosen one first."""


def _seen(clip: Clip, standing: float, style: float) -> Footage:
    text = f"{clip.title}. {clip.caption} {' '.join(clip.tags)}"
    lower = text.lower()
    nouns = nouns_in(text, "en")
    place, inside = _place(clip, nouns)
    inside = (
        True if re.search(r"\b(?:indoors?|interior)\b", lower) else inside and not re.search(r"\boutdoors?\b", lower)
    )
    time = next((name for words, name in _TIMES if re.search(rf"\b(?:{words})\b", lower)), "")
    return Footage(
        clip=clip,
        words=stems(text),
        nouns=nouns,
        place=place,
        inside=inside,
        time=time or ("NIGHT" if clip.look.luma < _DARK else "DAY"),
        natural=_natural(lower),
        angle=next((angle for words, angle in _ANGLES if re.search(rf"\b(?:{words})\b", lower)), None),
        standing=standing,
        style=style,
    )


def _natural(lower: str) -> ShotSize:
    for words, size in _SIZES:
        if re.search(rf"\b(?:{words})\b", lower):
            return size
    return "LS"


def _place(clip: Clip, nouns: Sequence[Noun]) -> tuple[str, bool]:
    """Return where a clip is: a place its title names, else its caption or its tags, else what it shows."""
    for text in (clip.title, clip.caption, " ".join(clip.tags)):
        place = next((noun for noun in nouns_in(text, "en") if noun.kind == "place"), None)
        if place:
            return place.en.split("/")[0], place.inside == "INT"
    shown = next((noun for kind in ("prop", "other") for noun in nouns if noun.kind == kind), None)
    words = clip.title.split() or ["somewhere"]
    return (shown.en.split("/")[0] if shown else words[0].lower()), False


def find_footage(wanted: Requirements, references: ReferenceSearch) -> tuple[Footage, ...]:
    """Return the footage that the film may be cut from, nearest to the brief first.

    Raises:
        Shortfall: the catalogue holds none for these rights.
    """
    rights = wanted.rights.for_cut_in()
    words = " ".join(in_english(text, wanted.language) for text in (wanted.topic, *wanted.beats))
    text = f"{words} {' '.join(wanted.as_tone.seek)}".strip()
    style = wanted.as_tone.style
    found = references.find(Query(text=text, style=style), rights=rights, k=POOL)
    clips = list(found.clips) or list(references.find(Query(style=style), rights=rights, k=POOL).clips)
    if not clips:
        raise Shortfall(_missing(rights))
    for picture in pictures(wanted):
        near = references.find(Query(text=in_english(picture, wanted.language)), rights=rights, k=NEAREST)
        clips += [clip for clip in near.clips if clip.clip_id not in {known.clip_id for known in clips}]
    return tuple(_seen(clip, 1.0 / (1.0 + 0.12 * rank), style.match(clip.look)) for rank, clip in enumerate(clips))


def pictures(wanted: Requirements) -> tuple[str, ...]:
    """Return every picture that the brief asks for, as written, each once."""
    demands = wanted.demands
    asked = (demands.opening, *wanted.beats, *demands.numbered.values(), demands.withheld, demands.closing)
    return tuple(dict.fromkeys(picture for picture in asked if picture))


def _missing(rights: RightsContext) -> str:
    where, media = ", ".join(rights.territories), ", ".join(rights.media)
    window = f"{rights.window.first} to {rights.window.last}"
    return (
        f"the catalogue holds no clip that is cleared for derivative and publish in {where} (media {media}, {window}): "
        "add cleared footage, or ask for fewer territories, media or days"
    )


def named_share(words: str, footage: Footage) -> float:
    """Return which share of the words (0..1) the footage's title, caption and tags name, by stem or by meaning."""
    wanted = {stems(word): word for word in words.split() if stems(word)}
    named = sum(bool(stem & footage.words) or noun_of(word, "en") in footage.nouns for stem, word in wanted.items())
    return named / len(wanted) if wanted else 0.0


def _suits(slot: Slot, footage: Footage, near: Sequence[str], *, faceless: bool) -> float:
    """Return how well footage suits a shot on its own; higher is better, differences of 0.1 are small."""
    named = named_share(slot.words, footage)
    name = footage.clip.clip_id
    score = slot.weight * (0.8 + 0.8 * named if named else 0.0) + (
        0.3 / (1 + near.index(name)) if name in near and named > 0 else 0.0
    )
    score += 0.6 * named_share(slot.about, footage) + 0.5 * footage.standing + 1.4 * footage.style
    score -= 0.2 * max(0, SHOT_SIZES.index(slot.widest) - SHOT_SIZES.index(footage.natural))
    short = 1.0 - float(footage.seconds * FPS / slot.frames)
    score -= 0.6 * max(0.0, min(1.0, short))
    if slot.hidden & footage.words:
        score -= 2.0
    if faceless and footage.shows_people:
        score -= 0.9
    return score


def _follows(path: Sequence[int], chosen: int, pool: Sequence[Footage], *, run: float, loops: bool) -> float:
    """Return what it is worth that a clip follows others: a place is kept for a few shots, a clip is not repeated.

    An endless `run` is a film whose shots are joined to one: it had better not leave the place at all.
    """
    if not path:
        return 0.0
    here = (pool[chosen].place, pool[chosen].time)
    been = [(pool[index].place, pool[index].time) for index in path]
    if math.isinf(run):
        return (0.0 if here == been[-1] else -2.0) - (0.4 if chosen == path[-1] else 0.0)
    score = -0.22 * path.count(chosen) - (1.3 if chosen == path[-1] else 0.0)
    stayed = next((back for back, place in enumerate(reversed(been)) if place != here), len(been))
    if stayed:
        score += 0.45 if stayed < run else -0.3 * (1 + stayed - run)
    elif here in been:
        score -= 0.1
    else:
        score -= 0.1 * len(set(been))
    return score + (2.0 if loops and chosen == path[0] else 0.0)


def _kept(suits: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the clips that a film of so many shots is told with: the best for each shot, and the best overall."""
    count, clips = len(suits), range(len(suits[0]))
    overall = sorted(clips, key=lambda index: (-sum(row[index] for row in suits), index))
    best = [max(clips, key=lambda index: (row[index], -index)) for row in suits]
    return tuple(sorted({*best, *overall[: max(3, math.ceil(count * 0.6))]}))


def cast_shots(
    wanted: Requirements,
    slots: Sequence[Slot],
    pool: Sequence[Footage],
    references: ReferenceSearch,
    *,
    joined: bool,
    rng: Random,
) -> tuple[Casting, ...]:
    """Choose a clip for every shot: a beam search over what suits each shot and what follows well.

    Args:
        wanted: what the film must be.
        slots: the shots in order.
        pool: the footage, nearest to the brief first.
        references: the catalogue, for the clips nearest to each shot's words.
        joined: whether the shots are to play as one take.
        rng: the plan's randomness; another seed weighs the clips a little differently.
    """
    rights = wanted.rights.for_cut_in()
    nearest = {
        words: tuple(one.clip_id for one in references.find(Query(text=words), rights=rights, k=NEAREST).clips)
        for words in dict.fromkeys(slot.words for slot in slots if slot.words)
    }
    liking = [rng.uniform(0.0, 0.35) for _ in pool]
    suits = [
        [
            _suits(slot, one, nearest.get(slot.words, ()), faceless=wanted.demands.no_faces) + liking[at]
            for at, one in enumerate(pool)
        ]
        for slot in slots
    ]
    kept = _kept(suits)
    run = math.inf if joined else wanted.as_form.places
    paths: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for number, row in enumerate(suits):
        loops = wanted.demands.loop and number == len(slots) - 1 and number > 0
        taste = {index: row[index] + rng.uniform(0.0, 0.15) for index in kept}
        grown = [
            (score + taste[index] + _follows(path, index, pool, run=run, loops=loops), (*path, index))
            for score, path in paths
            for index in kept
        ]
        paths = sorted(grown, key=lambda one: (-one[0], one[1]))[:_BEAM]
    chosen = paths[0][1]
    return tuple(
        _casting(slot, pool[index], nearest.get(slot.words, ()), pool)
        for slot, index in zip(slots, chosen, strict=True)
    )


def _casting(slot: Slot, chosen: Footage, near: Sequence[str], pool: Sequence[Footage]) -> Casting:
    named = [one.clip.clip_id for one in pool if one.clip.clip_id in near and named_share(slot.words, one) > 0]
    kin = [one.clip.clip_id for one in pool if one.place == chosen.place]
    nearest = tuple(dict.fromkeys([chosen.clip.clip_id, *sorted(named, key=near.index), *kin]))[:4]
    return Casting(chosen, not slot.words or named_share(slot.words, chosen) > 0, nearest)
