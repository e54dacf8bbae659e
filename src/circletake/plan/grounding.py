"""Ground the film in the footage that may be used: what the house has, and what each clip shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from circletake.domain.clip import Clip
from circletake.domain.framing import size_in_words
from circletake.domain.look import ShotSize
from circletake.domain.moments import ground_of
from circletake.domain.plan import Angle
from circletake.domain.ports import ReferenceSearch
from circletake.domain.reference import Query
from circletake.domain.rights import RightsContext
from circletake.errors import Shortfall
from circletake.plan.language import in_english, nouns_in, stems
from circletake.plan.lexicon import Noun
from circletake.plan.reading import FPS, Requirements

POOL = 36
"""Clips among which the film is cast, as long as they are long enough together."""
LEAST_ROOM = 12
"""Frames of a clip below which it is no footage."""
NEAREST = 6
"""Clips that one picture of the brief is looked up with."""
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
    at: float | None = None
    """Where in its file it lies, 0..1, if the file has several shots; `None` for a whole file."""

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return Fraction(self.clip.frames) / self.clip.fps

    @property
    def room(self) -> int:
        """How many frames of the film it gives at full speed."""
        return ground_of(self.clip, FPS).frames

    @property
    def shape(self) -> float:
        """Width over height of what may be seen of it."""
        active = self.clip.active
        return (active.right - active.left) * self.clip.width / ((active.bottom - active.top) * self.clip.height)

    @property
    def lines(self) -> float:
        """Height in lines of what may be seen of it."""
        return (self.clip.active.bottom - self.clip.active.top) * self.clip.height

    @property
    def shows_people(self) -> bool:
        """Whether its words name people."""
        return any(noun.kind == "person" and noun.en.split("/")[0] not in _LIVING for noun in self.nouns)


def _seen(clip: Clip, standing: float, style: float) -> Footage:
    text = f"{clip.title}. {clip.caption} {' '.join(clip.tags)}"
    lower = text.lower()
    nouns = nouns_in(text, "en")
    place, inside = _place(clip, nouns)
    if re.search(r"\bindoors?\b", lower) or (inside is None and re.search(r"\binterior\b", lower)):
        inside = True
    elif re.search(r"\boutdoors?\b", lower):
        inside = False
    time = next((name for words, name in _TIMES if re.search(rf"\b(?:{words})\b", lower)), "")
    return Footage(
        clip=clip,
        words=stems(text),
        nouns=nouns,
        place=place,
        inside=bool(inside),
        time=time or ("NIGHT" if clip.look.luma < _DARK else "DAY"),
        natural=size_in_words(lower) or "LS",
        angle=next((angle for words, angle in _ANGLES if re.search(rf"\b(?:{words})\b", lower)), None),
        standing=standing,
        style=style,
    )


def _place(clip: Clip, nouns: Sequence[Noun]) -> tuple[str, bool | None]:
    """Return where a clip is and whether that is inside, `None` for either: what title, caption or tags name.

    A room or a street goes before a table; where no place is named, what is shown stands for it.
    """
    texts = (clip.title, clip.caption, " ".join(clip.tags))
    places = [noun for text in texts for noun in nouns_in(text, "en") if noun.kind == "place"]
    place = next((noun for noun in places if noun.inside), places[0] if places else None)
    if place:
        return place.en.split("/")[0], {"INT": True, "EXT": False}.get(place.inside)
    shown = next((noun for kind in ("prop", "other") for noun in nouns if noun.kind == kind), None)
    words = clip.title.split() or ["somewhere"]
    return (shown.en.split("/")[0] if shown else words[0].lower()), None


def find_footage(wanted: Requirements, references: ReferenceSearch) -> tuple[Footage, ...]:
    """Return the footage that the film may be cut from, nearest to the brief first.

    Raises:
        Shortfall: the catalogue holds none for these rights.
    """
    rights = wanted.rights.for_cut_in()
    words = " ".join(in_english(text, wanted.language) for text in (wanted.topic, *wanted.beats))
    text = f"{words} {' '.join(wanted.as_tone.seek)}".strip()
    style = wanted.as_tone.style
    clips = _enough(Query(text=text, style=style), wanted.frames, references, rights)
    clips = clips or _enough(Query(style=style), wanted.frames, references, rights)
    if not clips:
        raise Shortfall(_missing(rights))
    for picture in pictures(wanted):
        near = references.find(Query(text=in_english(picture, wanted.language)), rights=rights, k=NEAREST)
        clips += [clip for clip in near.clips if clip.clip_id not in {known.clip_id for known in clips}]
    clips = [clip for clip in clips if not clip.superseded and ground_of(clip, FPS).frames >= LEAST_ROOM]
    if not clips:
        raise Shortfall(_missing(rights))
    ends = {clip.file: max(one.first_frame + one.frames for one in clips if one.file == clip.file) for clip in clips}
    alone = Counter(clip.file for clip in clips)
    return tuple(
        replace(
            _seen(clip, 1.0 / (1.0 + 0.12 * rank), style.match(clip.look)),
            at=(clip.first_frame + clip.frames / 2) / ends[clip.file] if alone[clip.file] > 1 else None,
        )
        for rank, clip in enumerate(clips)
    )


def _enough(query: Query, frames: int, references: ReferenceSearch, rights: RightsContext) -> list[Clip]:
    """Return the nearest clips: `POOL` of them, or so many more that the film has a choice of footage."""
    k = POOL
    while True:
        clips = references.find(query, rights=rights, k=k).clips
        if len(clips) < k or sum(ground_of(clip, FPS).frames for clip in clips) >= 2 * frames:
            return list(clips)
        k *= 4


def pictures(wanted: Requirements) -> tuple[str, ...]:
    """Return every picture that the brief asks for, as written, each once."""
    demands = wanted.demands
    asked = (demands.opening, *wanted.beats, *demands.numbered.values(), demands.withheld, demands.closing)
    return tuple(dict.fromkeys(picture for picture in asked if picture))


def asked_for(rights: RightsContext) -> str:
    """Return in words what footage must be cleared for."""
    where, media = ", ".join(rights.territories), ", ".join(rights.media)
    return f"{' and '.join(rights.uses)} in {where} (media {media}, {rights.window.first} to {rights.window.last})"


def _missing(rights: RightsContext) -> str:
    return (
        f"the catalogue holds no clip that is cleared for {asked_for(rights)}: "
        "add cleared footage, or ask for fewer territories, media or days"
    )


def too_little(wanted: Requirements, pool: Sequence[Footage]) -> str:
    """Say in one line that the footage does not last for the film, and what would help."""
    seconds = float(Fraction(sum(one.room for one in pool)) / FPS)
    longest = float(Fraction(max(one.room for one in pool)) / FPS)
    return (
        f"the film is {float(Fraction(wanted.frames) / FPS):g} s long, and no moment is shown twice; {len(pool)} clips "
        f"of {seconds:.1f} s in all, the longest of {longest:.1f} s, may be cut in for "
        f"{asked_for(wanted.rights.for_cut_in())}: ask for a film of at most {seconds:.0f} s or for more and shorter "
        "shots, add cleared footage, or ask for fewer territories, media or days"
    )
