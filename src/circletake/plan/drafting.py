"""Draft the shots: which picture of the brief each one tells, on which footage, framed and moved how."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

from circletake.domain.look import CameraMove, ShotSize
from circletake.plan.casting import Casting, Slot
from circletake.plan.grammar import angle_of, closing_in, move_of, size_of
from circletake.plan.language import in_english, stems
from circletake.plan.lexicon import Role, roles
from circletake.plan.reading import Requirements
from circletake.plan.titles import bare, screen_words
from circletake.plan.writing import Draft, telling_of

ONWARD: tuple[CameraMove, ...] = ("push_in", "track")
"""Movements that one take can carry on for as long as it likes."""


def spread_beats(wanted: Requirements, count: int) -> tuple[str, ...]:
    """Return for every shot the picture of the brief that it tells, as written; empty where the brief leaves it open.

    What the brief numbers, begins on and ends on stands where it says; the listed pictures share the rest in their
    order, the first shot being left to set the place when there is room.
    """
    demands = wanted.demands
    told = [""] * count
    if demands.opening:
        told[0] = demands.opening
    if demands.closing and count > 1:
        told[-1] = demands.closing
    for number, picture in demands.numbered.items():
        if 1 <= number <= count:
            told[number - 1] = picture
    free = [index for index in range(count) if not told[index]]
    roomy = len(free) >= len(wanted.beats) + 2
    if roomy and wanted.topic:
        free = free[1:] if free[0] == 0 else free
    if demands.numbered and not wanted.beats:
        free = []
    if wanted.beats and free:
        for place, index in enumerate(free):
            told[index] = wanted.beats[place * len(wanted.beats) // len(free)]
    return tuple(told)


def _weight(wanted: Requirements, beats: Sequence[str], index: int) -> float:
    """Return how much it matters that a shot shows its picture: most where the brief names the shot."""
    demands = wanted.demands
    last = len(beats) - 1
    named = index + 1 in demands.numbered or (index == 0 and demands.opening) or (index == last and demands.closing)
    first_told = bool(beats[index]) and beats[index] not in beats[:index]
    return 5.0 if named else 1.4 if first_told else 1.0


def slots_of(
    wanted: Requirements, story: Sequence[Role], *, frames: Sequence[int], beats: Sequence[str]
) -> tuple[Slot, ...]:
    """Return what every shot needs of its footage.

    Args:
        wanted: what the film must be.
        story: role of every shot.
        frames: length of every shot.
        beats: picture of the brief that every shot tells; empty for none.
    """
    demands = wanted.demands
    hidden = stems(in_english(demands.withheld, wanted.language)) if demands.withheld else frozenset[str]()
    topic = in_english(bare(wanted.topic) or " ".join(wanted.subject), wanted.language)
    about = " ".join(in_english(bare(text), wanted.language) for text in (wanted.topic, *demands.always))
    slots: list[Slot] = []
    begin = 0
    for role, length, beat in zip(story, frames, beats, strict=True):
        early = Fraction(begin, wanted.frames) < demands.withheld_until
        words = in_english(bare(beat), wanted.language) or topic
        slots.append(
            Slot(
                frames=length,
                widest=roles()[role].sizes[0],
                words=words,
                about=about,
                hidden=hidden if early else frozenset(),
                weight=_weight(wanted, beats, len(slots)),
            )
        )
        begin += length
    return tuple(slots)


def draft_shots(
    wanted: Requirements,
    story: Sequence[Role],
    slots: Sequence[Slot],
    castings: Sequence[Casting],
    *,
    beats: Sequence[str],
    title: str,
    joined: bool,
    rng: Random,
) -> tuple[Draft, ...]:
    """Return every shot with its framing, its words and its place in the film.

    Args:
        wanted: what the film must be.
        story: role of every shot.
        slots: what every shot needed.
        castings: what it got.
        beats: picture of the brief that every shot tells; empty for none.
        title: the film's title.
        joined: whether the shots are to play as one take: one movement goes through all of them, ever closer.
        rng: the plan's randomness.
    """
    shown = {beat for beat, casting in zip(beats, castings, strict=True) if casting.shows}
    words = screen_words(wanted, title=title, beats=beats, rng=rng)
    tellings = _tellings(story, joined=joined, rng=rng)
    onward: CameraMove = rng.choice(ONWARD)
    drafts: list[Draft] = []
    begin = 0
    for index, (role, slot, casting) in enumerate(zip(story, slots, castings, strict=True)):
        footage = casting.footage
        size = _size(wanted, role, casting, drafts, at=index / max(1, len(story) - 1), joined=joined, rng=rng)
        move = move_of(
            wanted,
            role,
            frames=slot.frames,
            look=footage.clip.look,
            before=drafts[-1].move if drafts else None,
            rng=rng,
        )
        drafts.append(
            Draft(
                index=index,
                count=len(story),
                at=begin / wanted.frames,
                role=role,
                frames=slot.frames,
                size=size,
                angle=angle_of(wanted, role, said=drafts[0].angle if joined and drafts else footage.angle, rng=rng),
                move=onward if joined else move,
                beat=beats[index],
                stands_in=bool(beats[index]) and beats[index] not in {*shown, *beats[:index]},
                seen_before=sum(draft.casting.footage.clip.file == footage.clip.file for draft in drafts),
                casting=casting,
                title=words[index],
                telling=tellings[index] if _fits(role, size) else "{It}",
            )
        )
        begin += slot.frames
    return tuple(drafts)


def _fits(role: Role, size: ShotSize) -> bool:
    """Return whether a shot came out as wide or as close as the sentences of its role say."""
    close = size in {"ECU", "CU", "MCU"}
    return close if role in {"detail", "hands"} else not close if role == "establish" else True


def _tellings(story: Sequence[Role], *, joined: bool, rng: Random) -> list[str]:
    """Return the sentence that every shot is told with; a role that comes again is told in other words."""
    first = {role: rng.randrange(2) for role in roles()}
    if joined:
        return ["{It}", *["The same movement goes on: {it}"] * (len(story) - 1)]
    return [telling_of(role, choice=first[role] + story[:index].count(role)) for index, role in enumerate(story)]


def _size(
    wanted: Requirements,
    role: Role,
    casting: Casting,
    drafts: Sequence[Draft],
    *,
    at: float,
    joined: bool,
    rng: Random,
) -> ShotSize:
    natural = casting.footage.natural
    if joined:
        return closing_in(natural, at=at)
    used: list[ShotSize] = [draft.size for draft in drafts if draft.casting.footage is casting.footage]
    neighbour: list[ShotSize] = [drafts[-1].size] if drafts else []
    upright = wanted.aspect in {"9:16", "4:5"}
    taken: list[ShotSize] = (
        neighbour if role == "close" else [*used, *neighbour]
    )  # the last picture is as wide as it should be
    return size_of(role, natural=natural, upright=upright, used=taken, rng=rng)
