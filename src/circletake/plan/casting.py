"""Cast the shots: which clip every one is planned around, so that none is asked for more than it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from circletake.domain.look import SHOT_SIZES, ShotSize
from circletake.domain.moments import Demand, Territory, least_frames, seat
from circletake.domain.ports import ReferenceSearch
from circletake.domain.reference import Query
from circletake.errors import Shortfall
from circletake.plan.grounding import NEAREST, Footage, too_little
from circletake.plan.language import noun_of, stems
from circletake.plan.reading import Requirements

_BEAM = 48
"""Films that are carried on at a time; fewer for a film of more than 20 shots."""
_RECENT = 12
"""Shots that count for how long a place has been seen."""
_SLOWED = 0.9
"""What it costs to slow a clip down to half speed."""
_NEVER = -1000.0
"""A clip that cannot be cut into a shot at all."""
_LAST_RESORT = -6.0
"""Burnt-in text, while a clip without it shows the same."""
_FEW_LINES = 240
"""A picture of fewer lines is soft at 720 lines, whatever is done."""
_ALIKE = 20
"""Of 64 bits of a perceptual hash: two shots of a file that differ in fewer look like one set-up."""
_SUNNY = stems("sunny sunlit sun sunshine bright cartoon animation animated pastel pink meadow play comedy cheerful")
_DRAWN = stems("animation animated cartoon")
_GLOOMY = stems("dark gloom gloomy night black storm battle ruin smoke surveillance")


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


def named_share(words: str, footage: Footage) -> float:
    """Return which share of the words (0..1) the footage's title, caption and tags name, by stem or by meaning.

    Where the words name a thing, the thing must be named: a red lift is no red cup.
    """
    wanted = {stems(word): word for word in words.split() if stems(word)}
    named = {stem: bool(stem & footage.words) or noun_of(word, "en") in footage.nouns for stem, word in wanted.items()}
    things = [stem for stem, word in wanted.items() if (noun := noun_of(word, "en")) and noun.kind != "quality"]
    if not wanted or (things and not any(named[stem] for stem in things)):
        return 0.0
    return sum(named.values()) / len(wanted)


def _suits(slot: Slot, footage: Footage, near: Sequence[str], wanted: Requirements) -> float:
    """Return how well footage suits a shot on its own; higher is better, differences of 0.1 are small."""
    if footage.room < least_frames(slot.frames):
        return _NEVER
    named = named_share(slot.words, footage)
    name = footage.clip.clip_id
    score = slot.weight * (0.8 + 0.8 * named if named else 0.0) + (
        0.3 / (1 + near.index(name)) if name in near and named > 0 else 0.0
    )
    score += 0.6 * named_share(slot.about, footage) + 0.5 * footage.standing + 1.4 * footage.style
    score -= 0.2 * max(0, SHOT_SIZES.index(slot.widest) - SHOT_SIZES.index(footage.natural))
    score -= _SLOWED * max(0.0, 1.0 - footage.room / slot.frames)
    if slot.hidden & footage.words:
        score -= 4.0
    if wanted.demands.no_faces and footage.shows_people:
        score -= 0.9
    return score + _mood(wanted, footage) + _fitness(wanted, footage) - _drawn(slot, footage, wanted)


def _drawn(slot: Slot, footage: Footage, wanted: Requirements) -> float:
    """Return what a drawn picture costs that nobody asked for: among filmed ones it breaks the spell of a dark film."""
    if not footage.words & _DRAWN or named_share(f"{slot.words} {slot.about}", footage) > 0:
        return 0.0
    target = wanted.as_tone.style.luma
    return 1.6 if target is not None and target < 0.4 else 0.3


def _mood(wanted: Requirements, footage: Footage) -> float:
    """Return how far footage is from the tone's light: a dark film is not told with a sunny meadow."""
    target = wanted.as_tone.style.luma
    if target is None:
        return 0.0
    gap = footage.clip.look.luma - target
    amiss = _SUNNY if target < 0.4 else _GLOOMY if target > 0.5 else frozenset[str]()
    return -2.2 * max(0.0, abs(gap) - 0.15) - 0.45 * min(2, len(amiss & footage.words))


def _fitness(wanted: Requirements, footage: Footage) -> float:
    """Return how well the picture itself suits the film's frame: its shape, and how many lines it has."""
    upright, shape = wanted.aspect in {"9:16", "4:5"}, footage.shape
    score = 0.0
    if upright:
        score += 0.4 if shape < 1.15 else 0.0 if shape < 2 else -0.2
    elif wanted.aspect == "16:9" and shape < 1.0:
        score -= 0.5
    return score - (0.4 if footage.lines < _FEW_LINES else 0.0)


def _kinship(slot: Slot, pool: Sequence[Footage]) -> list[float]:
    """Return for every clip how near it is to the world of the clip that shows the picture best: 0..0.6.

    What stands in for a picture had better be of its world: the same things, and outdoors with outdoors.
    """
    share = [named_share(slot.words, one) + 0.5 * named_share(slot.about, one) for one in pool]
    best = max(range(len(pool)), key=lambda at: (share[at], -at))
    if not share[best]:
        return [0.0] * len(pool)
    world = pool[best]
    return [0.1 * min(3, len(one.words & world.words)) + 0.3 * (one.inside == world.inside) for one in pool]


def _tainted(slot: Slot, pool: Sequence[Footage]) -> dict[int, float]:
    """Return what clips with burnt-in text lose: everything, unless they alone show what the shot is to show."""
    shown = any(not one.clip.burnt_in and named_share(slot.words, one) > 0 for one in pool)
    return {
        at: _LAST_RESORT if shown or named_share(slot.words, one) == 0 else _LAST_RESORT / 8
        for at, one in enumerate(pool)
        if one.clip.burnt_in
    }


def _meant(slot: Slot, pool: Sequence[Footage]) -> str:
    """Return the file that a shot can only be cut from: it names most of the picture, and twice as much as any other.

    Cutting from one stretch of it to another is then what the film is about, as with a security camera.
    """
    share: dict[str, float] = {}
    for one in pool:
        share[one.clip.file] = max(share.get(one.clip.file, 0.0), named_share(slot.words, one))
    first, *others = sorted(share, key=lambda file: (-share[file], file))
    return first if share[first] >= max(0.6, 2 * max((share[file] for file in others), default=0.0)) else ""


def _follows(
    path: Sequence[int], chosen: int, pool: Sequence[Footage], *, run: float, loops: bool, meant: str
) -> float:
    """Return what it is worth that a clip follows others: a place is kept for a few shots, a clip is not repeated.

    An endless `run` is a film whose shots are joined to one: it had better not leave the place at all.
    """
    if not path:
        return 0.0
    here = (pool[chosen].place, pool[chosen].time)
    been = [(pool[index].place, pool[index].time) for index in path[-_RECENT:]]
    if math.isinf(run):
        return (0.0 if here == been[-1] else -2.0) - (0.1 if chosen == path[-1] else 0.0)
    score = -0.22 * path.count(chosen) - _jump(pool[path[-1]], pool[chosen], meant=meant)
    stayed = next((back for back, place in enumerate(reversed(been)) if place != here), len(been))
    if stayed:
        score += 0.45 if stayed < run else -0.3 * (1 + stayed - run)
    elif here in been:
        score -= 0.1
    else:
        score -= 0.1 * len(set(been))
    return score + (2.0 if loops and chosen == path[0] else 0.0)


def _jump(before: Footage, after: Footage, *, meant: str) -> float:
    """Return what it costs to cut from one clip to another: most within one set-up of a file, where it jumps."""
    one, other = before.clip, after.clip
    if one.file != other.file:
        return 0.0
    if one.file == meant:
        return 0.5
    if one.clip_id == other.clip_id:
        return 1.6
    unlike = (int(one.phash, 16) ^ int(other.phash, 16)).bit_count()
    return 1.4 if unlike < _ALIKE else 0.9


def _kept(suits: Sequence[Sequence[float]], slots: Sequence[Slot], pool: Sequence[Footage]) -> tuple[int, ...]:
    """Return the clips that a film is told with: the best for each shot, and the best overall until there is room."""
    count, clips = len(suits), range(len(pool))
    overall = sorted(clips, key=lambda index: (-sum(row[index] for row in suits), index))
    best = {max(clips, key=lambda index: (row[index], -index)) for row in suits}
    wanted = 1.5 * sum(slot.frames for slot in slots)
    for at, index in enumerate(overall):
        if at >= max(3, math.ceil(count * 0.6)) and sum(pool[one].room for one in best) >= wanted:
            break
        best.add(index)
    return tuple(sorted(best))


@dataclass(frozen=True, slots=True)
class _Path:
    """The film so far: which clips its shots are cut from, and how much of each that takes."""

    score: float
    clips: tuple[int, ...]
    full: Mapping[int, int]
    """Frames that are taken of a clip at full speed."""
    least: Mapping[int, int]
    """The same at half speed."""

    def room_for(self, frames: int, index: int, room: int) -> float | None:
        """Return what it costs to take so much more of a clip, or `None` where it has no room even at half speed."""
        if self.least.get(index, 0) + least_frames(frames) > room:
            return None
        over = self.full.get(index, 0) + frames - room
        return _SLOWED * min(1.0, over / frames) if over > 0 else 0.0

    def grown(self, score: float, frames: int, index: int) -> _Path:
        """Return the film with one more shot."""
        return _Path(
            score=score,
            clips=(*self.clips, index),
            full={**self.full, index: self.full.get(index, 0) + frames},
            least={**self.least, index: self.least.get(index, 0) + least_frames(frames)},
        )


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

    No clip is planned for more shots than it has room for, at full speed wherever that goes.

    Args:
        wanted: what the film must be.
        slots: the shots in order.
        pool: the footage, nearest to the brief first.
        references: the catalogue, for the clips nearest to each shot's words.
        joined: whether the shots are to play as one take.
        rng: the plan's randomness; another seed weighs the clips a little differently.

    Raises:
        Shortfall: the footage does not last for these shots without showing a moment twice.
    """
    rights = wanted.rights.for_cut_in()
    nearest = {
        words: tuple(one.clip_id for one in references.find(Query(text=words), rights=rights, k=NEAREST).clips)
        for words in dict.fromkeys(slot.words for slot in slots if slot.words)
    }
    liking = [rng.uniform(0.0, 0.35) for _ in pool]
    suits: list[list[float]] = []
    for slot in slots:
        tainted = _tainted(slot, pool)
        near = nearest.get(slot.words, ())
        kinship = _kinship(slot, pool)
        suits.append(
            [
                _suits(slot, one, near, wanted) + liking[at] + kinship[at] + tainted.get(at, 0.0)
                for at, one in enumerate(pool)
            ]
        )
    run = math.inf if joined else wanted.as_form.places
    packed = _packed(slots, pool, suits)
    if packed is None:
        raise Shortfall(too_little(wanted, pool))
    chosen = _searched(wanted, slots, pool, suits, run=run, rng=rng) or packed
    return tuple(
        _casting(slot, pool[index], nearest.get(slot.words, ()), pool)
        for slot, index in zip(slots, chosen, strict=True)
    )


def _searched(
    wanted: Requirements,
    slots: Sequence[Slot],
    pool: Sequence[Footage],
    suits: Sequence[Sequence[float]],
    *,
    run: float,
    rng: Random,
) -> tuple[int, ...] | None:
    """Return the best film that the search finds, or `None` when every way it tried ran out of footage."""
    kept = _kept(suits, slots, pool)
    beam = max(6, min(_BEAM, _BEAM * 20 // len(slots)))
    paths = [_Path(0.0, (), {}, {})]
    for number, (slot, row) in enumerate(zip(slots, suits, strict=True)):
        loops = wanted.demands.loop and number == len(slots) - 1 and number > 0
        meant = _meant(slot, pool)
        taste = {index: row[index] + rng.uniform(0.0, 0.15) for index in kept}
        grown: list[tuple[float, tuple[int, ...], _Path]] = []
        for path in paths:
            for index in kept:
                cost = path.room_for(slot.frames, index, pool[index].room)
                if cost is not None:
                    follows = _follows(path.clips, index, pool, run=run, loops=loops, meant=meant)
                    grown.append((path.score + taste[index] + follows - cost, (*path.clips, index), path))
        grown.sort(key=lambda one: (-one[0], one[1]))
        paths = [path.grown(score, slot.frames, clips[-1]) for score, clips, path in grown[:beam]]
    return paths[0].clips if paths else None


def _packed(slots: Sequence[Slot], pool: Sequence[Footage], suits: Sequence[Sequence[float]]) -> tuple[int, ...] | None:
    """Return any film that the footage lasts for: the longest shots first; `None` when there is none."""
    names = {one.clip.clip_id: at for at, one in enumerate(pool)}
    plots = [Territory(clip_id=name, first=0, last=pool[at].room) for name, at in names.items()]
    demands = [
        Demand(
            slate=str(number),
            frames=slot.frames,
            clips=tuple(sorted(names, key=lambda name: (-suits[number][names[name]], name))),
        )
        for number, slot in enumerate(slots)
    ]
    seats = seat(demands, plots)
    if len(seats) < len(slots):
        return None
    return tuple(names[plots[seats[demand.slate]].clip_id] for demand in demands)


def _casting(slot: Slot, chosen: Footage, near: Sequence[str], pool: Sequence[Footage]) -> Casting:
    named = [one.clip.clip_id for one in pool if one.clip.clip_id in near and named_share(slot.words, one) > 0]
    kin = [one.clip.clip_id for one in pool if one.place == chosen.place]
    clean = {one.clip.clip_id for one in pool if not one.clip.burnt_in}
    others: Iterable[str] = (name for name in (*sorted(named, key=near.index), *kin) if name in clean)
    nearest = tuple(dict.fromkeys([chosen.clip.clip_id, *others]))[:4]
    return Casting(chosen, not slot.words or named_share(slot.words, chosen) > 0, nearest)
