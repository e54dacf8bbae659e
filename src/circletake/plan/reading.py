"""Read a brief: from what the client wrote to what the film must be, with where every part of it came from."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from circletake.domain.brief import Aspect, Brief
from circletake.domain.plan import Origin, Reading
from circletake.domain.rights import RightsContext
from circletake.domain.schema import Value
from circletake.domain.timing import frames_in
from circletake.errors import BriefError
from circletake.plan.aspect import read_aspect
from circletake.plan.beats import Story, read_story
from circletake.plan.demands import DemandSet, read_demands
from circletake.plan.duration import Lengths, allowed_seconds, read_lengths
from circletake.plan.framing import read_form, read_tone
from circletake.plan.language import language_of, subject_words
from circletake.plan.lexicon import Form, Language, Tone, forms, tones
from circletake.plan.release import read_release
from circletake.plan.text import BriefText, words_of

FPS = Fraction(24)
"""Frames a second of every film."""


class Requirements(Value):
    """What the film must be."""

    language: Language
    frames: int
    """Length at `FPS`."""
    aspect: Aspect
    form: str
    """Key of the form."""
    tone: str
    """Key of the tone."""
    topic: str
    """What it is about, as written; may be empty."""
    beats: tuple[str, ...]
    """Pictures that the brief lists, as written."""
    subject: tuple[str, ...]
    """Words that matter, as written."""
    demands: DemandSet
    rights: RightsContext
    readings: tuple[Reading, ...]
    conflicts: tuple[str, ...]

    @property
    def as_form(self) -> Form:
        """The form's row."""
        return forms()[self.form]

    @property
    def as_tone(self) -> Tone:
        """The tone's row."""
        return tones()[self.tone]


class _Duration(Value):
    seconds: Fraction
    reading: Reading
    conflicts: tuple[str, ...] = ()


def _counted(lengths: Lengths, demands: DemandSet) -> Fraction | None:
    """Return the length that follows from a number of shots of a given length."""
    if lengths.shot is None or (demands.shot_count is None and lengths.film is not None):
        return None
    return lengths.shot.seconds * (demands.shot_count or 1)


def _named_twice(text: BriefText, lengths: Lengths, demands: DemandSet) -> tuple[str, ...]:
    """Return how the lengths that a brief names contradict each other."""
    if lengths.film is None:
        return ()
    said, counted = text.cut(lengths.film.span), _counted(lengths, demands)
    found = [
        f'"{said}" and "{text.cut(other.span)}" are both asked for; planned for the first'
        for other in lengths.others[:1]
    ]
    if lengths.shot is not None and counted is not None and counted != lengths.film.seconds:
        each = f"{demands.shot_count} shots of {float(lengths.shot.seconds):g} s"
        found.append(f'{each} are {float(counted):g} s, not "{said}"; the number of shots is kept, their length is not')
    return tuple(found)


def _duration(brief: Brief, text: BriefText, *, lengths: Lengths, demands: DemandSet, form: Form) -> _Duration:
    said, counted = lengths.film, _counted(lengths, demands)
    if brief.duration is not None:
        seconds = allowed_seconds(brief.duration, said="--duration")
        note = f'the flag wins over "{text.cut(said.span)}"' if said and said.seconds != seconds else ""
        return _Duration(seconds=seconds, reading=_length_reading(seconds, "flag", note))
    if said is not None:
        seconds = allowed_seconds(said.seconds, said=f'"{text.cut(said.span)}"')
        reading = _length_reading(seconds, "brief", f'"{text.cut(said.span)}"')
        return _Duration(seconds=seconds, reading=reading, conflicts=_named_twice(text, lengths, demands))
    if counted is not None and lengths.shot is not None:
        seconds = allowed_seconds(counted, said=f'"{text.cut(lengths.shot.span)}" a shot')
        return _Duration(
            seconds=seconds, reading=_length_reading(seconds, "brief", "number of shots times their length")
        )
    seconds = Fraction(form.seconds)
    note = f"no length is named; usual for a {form.name}"
    return _Duration(seconds=seconds, reading=_length_reading(seconds, "assumed", note))


def _length_reading(seconds: Fraction, origin: Origin, note: str) -> Reading:
    frames = frames_in(seconds, FPS)
    exact = "" if Fraction(frames) / FPS == seconds else "rounded to a whole frame"
    joined = "; ".join(part for part in (note, exact) if part)
    return Reading(field="duration", value=f"{float(seconds):g} s, {frames} frames", origin=origin, note=joined)


def _story_reading(story: Story, subject: tuple[str, ...]) -> Reading:
    if not subject:
        note = "the brief names none; the pictures carry the tone"
        return Reading(field="subject", value="none", origin="assumed", note=note)
    note = f'about "{story.topic}"' if story.topic else ""
    return Reading(field="subject", value=", ".join(subject), origin="brief", note=note)


def read_brief(brief: Brief, *, today: date) -> Requirements:
    """Return what the film must be: flags first, then the text, then what is usual (listed as assumed).

    Raises:
        BriefError: nothing is asked for, a length that no film has, or a release that cannot be.
    """
    if not words_of(brief.text) and not any(character.isdigit() for character in brief.text):
        raise BriefError(
            "the brief is empty: say in a sentence what the film is, e.g. '20 s teaser for a ferry line, calm'"
        )
    text = BriefText.of(brief.text)
    language = language_of(brief.text)
    lengths = read_lengths(text)
    form = read_form(text)
    tone = read_tone(text, form=form.key)
    asked = read_demands(text, lengths=lengths)
    as_form = forms()[form.key]
    length = _duration(brief, text, lengths=lengths, demands=asked.demands, form=as_form)
    framed = read_aspect(text, flag=brief.aspect, form=as_form, seconds=length.seconds)
    released = read_release(brief, text, today=today)
    story = read_story(
        text,
        language=language,
        form=form.span,
        taken=(*form.spans, *framed.spans, *lengths.spans, *released.spans, *asked.spans),
        tones=tone.spans,
        marks=asked.marks,
    )
    demands = asked.demands
    images = (demands.opening, *demands.numbered.values(), demands.withheld, demands.closing)
    subject = subject_words((story.topic, *story.beats, *images), language)
    return Requirements(
        language=language,
        frames=frames_in(length.seconds, FPS),
        aspect=framed.aspect,
        form=form.key,
        tone=tone.key,
        topic=story.topic,
        beats=story.beats,
        subject=subject,
        demands=demands,
        rights=released.rights,
        readings=(
            length.reading,
            framed.reading,
            form.reading,
            tone.reading,
            _story_reading(story, subject),
            *released.readings,
        ),
        conflicts=(*length.conflicts, *framed.conflicts, *tone.conflicts, *demands.conflicts),
    )
