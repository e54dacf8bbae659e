"""Words of the film: its working title, what stands on the screen, and the question it may end on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from circletake.plan.language import noun_of, nouns_in, stop_words
from circletake.plan.lexicon import tongue
from circletake.plan.reading import Requirements
from circletake.plan.text import fold, words_of

TITLE_WORDS = 5
"""A title made from the brief has at most so many words."""
SCREEN_CHARACTERS = 120
_ARTICLES = (
    r"^(?:the|a|an|our|its|one|der|die|das|den|ein|eine|einen|unser\w*|le|la|les|l'|un|une|notre|nos|d'un|d'une"
    r"|el|los|las|una|nuestr\w+)\s+"
)
_SMALL = frozenset({"a", "an", "the", "of", "and", "in", "on", "at", "to", "for", "from", "with", "by", "or"})


def bare(text: str) -> str:
    """Return a stretch of the brief without the article or "one" it begins with."""
    return re.sub(_ARTICLES, "", text.strip(), count=1, flags=re.IGNORECASE).strip()


def cased(text: str, wanted: Requirements) -> str:
    """Return a text as a title is written: capitals in English, as a sentence in the other languages."""
    if wanted.language != "en":
        return text[:1].upper() + text[1:]
    words = text.split()
    return " ".join(
        word if index and word.lower() in _SMALL else "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
        for index, word in enumerate(words)
    )


def working_title(wanted: Requirements, *, place: str, time: str, rng: Random) -> str:
    """Return the film's title: as the brief names it, else made of its words, else of where the film ends.

    Args:
        wanted: what the film must be.
        place: where the last shots are, in one English word.
        time: when they are, e.g. `NIGHT`.
        rng: the plan's randomness.
    """
    if wanted.demands.title:
        return wanted.demands.title[:SCREEN_CHARACTERS]
    topic = bare(wanted.topic or next(iter(wanted.beats), ""))
    if wanted.language == "de":  # an inflected adjective reads wrong without its sentence
        topic = re.sub(r"^(?:[a-zäöüß]+\s+)+(?=[A-ZÄÖÜ])", "", topic)
    telling = [word for word in words_of(topic) if fold(word) not in stop_words(wanted.language)]
    story = wanted.as_form.ending == "title" and wanted.form != "recruitment_film"
    names = [bare(beat) for beat in wanted.beats if nouns_in(beat, wanted.language) and len(words_of(bare(beat))) <= 2]
    if story and names:
        pairs = [f"{names[0]} {tongue(wanted.language).joiner} {names[1]}"] if len(names) > 1 else []
        chosen = rng.choice([*pairs, *names])
        lone = wanted.language == "en" and len(words_of(chosen)) == 1
        return cased(f"The {chosen}" if lone else chosen, wanted)[:SCREEN_CHARACTERS]
    if telling and len(words_of(topic)) <= TITLE_WORDS:
        return cased(topic, wanted)[:SCREEN_CHARACTERS]
    if telling:
        return cased(_heart(topic, wanted) or " ".join(telling[:3]), wanted)[:SCREEN_CHARACTERS]
    times = {"NIGHT": "Night", "DAY": "Day", "MORNING": "Morning", "EVENING": "Evening"}
    return rng.choice(
        (f"The {place.title()}", f"{place.title()}, {times[time]}", f"{times[time]} at the {place.title()}")
    )


def _heart(topic: str, wanted: Requirements) -> str:
    """Return the last thing that a long topic names, with the word before it; empty when it names nothing known."""
    words = words_of(topic)
    for at in range(len(words) - 1, -1, -1):
        if noun_of(words[at], wanted.language):
            before = words[at - 1 : at] if at and fold(words[at - 1]) not in stop_words(wanted.language) else ()
            return " ".join((*before, words[at]))
    return ""


def screen_words(wanted: Requirements, *, title: str, beats: Sequence[str], rng: Random) -> tuple[str, ...]:
    """Return what stands on the screen in every shot; empty where nothing does.

    Args:
        wanted: what the film must be.
        title: the film's title.
        beats: for every shot the picture of the brief that it tells; empty for none.
        rng: the plan's randomness.
    """
    demands, count = wanted.demands, len(beats)
    words = [""] * count
    if demands.no_text:
        return tuple(words)
    if demands.intertitles:
        told: set[str] = set()
        for index, beat in enumerate(beats[:-1]):
            if beat and beat not in told:
                told.add(beat)
                words[index] = f"{beat[:1].upper()}{beat[1:]}."
    if demands.lines:
        for back, line in enumerate(reversed(demands.lines[:count])):
            words[count - 1 - back] = line
    elif demands.question:
        words[-1] = rng.choice(tongue(wanted.language).questions)
    elif wanted.as_form.ending == "title" and demands.logo_seconds is None:
        words[-1] = title
    return tuple(word[:SCREEN_CHARACTERS] for word in words)
