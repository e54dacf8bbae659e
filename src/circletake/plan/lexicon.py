"""The words the planner knows, read once from the tables in `plan/data`."""

from __future__ import annotations

import csv
import functools
import tomllib
from importlib import resources
from typing import Literal, TypeVar

from pydantic import ConfigDict, Field

from circletake.domain.brief import Aspect
from circletake.domain.look import CameraMove, ShotSize, StyleTarget
from circletake.domain.plan import Angle
from circletake.domain.rights import Medium
from circletake.domain.schema import Value

Language = Literal["en", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "de", "fr", "es")
Role = Literal["hook", "establish", "approach", "detail", "hands", "closer", "turn", "rise", "hold", "jolt", "close"]
"""What a shot does for the film."""
Curve = Literal["steady", "quicken", "slow_to_hold", "hold_and_jolt", "swell", "syncopated"]
"""How shot lengths run through the film."""
Ending = Literal["title", "logo", "picture"]
"""What the last shot is for: the title comes up, room is left for a logo, or it is a picture like any other."""

_T = TypeVar("_T", bound=Value)


class Tone(Value):
    """What a tone looks and sounds like, and the words that ask for it."""

    name: str
    words: tuple[str, ...]
    """Say the tone outright."""
    hints: tuple[str, ...] = ()
    """Only suggest it."""
    energy: float = Field(ge=0, le=1)
    """0 still, 1 frantic; two tones far apart cannot both hold."""
    shot_seconds: float = Field(gt=0)
    """How long a shot is on average."""
    curve: Curve
    style: StyleTarget
    moves: tuple[CameraMove, ...]
    angles: tuple[Angle, ...]
    soft: bool = False
    """Whether scenes dissolve into each other."""
    light: str
    palette: str
    style_words: tuple[str, ...]
    music: str
    room: str
    """What is heard beside the music."""
    seek: tuple[str, ...]
    """Pictures that carry the tone, when the brief names none."""
    avoid: str
    """For the negative prompt."""


class Form(Value):
    """A kind of film: how long, how framed, how told."""

    name: str
    words: tuple[str, ...]
    """Name the form; a longer phrase wins over a shorter one."""
    hints: tuple[str, ...] = ()
    """Only suggest it."""
    seconds: int = Field(gt=0)
    """Length when the brief leaves it open."""
    aspect: Aspect
    feed_aspect: Aspect | None = None
    """Aspect when it is 15 seconds or shorter and the aspect is left open: short films run in feeds."""
    tone: str
    pace: float = Field(gt=0)
    """Factor on the tone's shot length."""
    curve: Curve | None = None
    """Overrides the tone's curve."""
    places: float = Field(gt=0)
    """Shots that one place carries before the film moves on."""
    opening: tuple[Role, ...]
    middle: tuple[Role, ...]
    ending: Ending
    from_black: bool = False


class Tongue(Value):
    """One language: what to overlook, and how its constraints are said."""

    stop: str
    """Words that carry no picture, separated by blanks."""
    joiner: str
    """"And", between two nouns of a title."""
    articles: tuple[str, ...]
    months: tuple[str, ...]
    questions: tuple[str, ...]
    """Questions to end on when the brief wants one and does not write it."""


class Demands(Value):
    """Phrases of one kind of demand, in all four languages."""

    phrases: tuple[str, ...]
    """Accents and case do not matter; `*` stands for the rest of a compound."""
    within: tuple[str, ...] = ()
    """Words that mean the same inside a list of what is not wanted ("no text or music")."""


class Place(Value):
    """How a territory is named in briefs."""

    codes: tuple[str, ...]
    names: tuple[str, ...]


class Outlet(Value):
    """How a medium is named in briefs, and the aspect it suggests."""

    medium: Medium
    names: tuple[str, ...]
    aspect: Aspect | None = None


class Sounds(Value):
    """What is heard where a noun is seen. Extra keys are the nouns."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def of(self, noun: str) -> str:
        """Return the sound of a noun in English; empty when none is known."""
        return str((self.model_extra or {}).get(noun, ""))


class RoleGrammar(Value):
    """How a shot of a role is framed and told."""

    sizes: tuple[ShotSize, ...]
    """Preferred first."""
    moves: tuple[CameraMove, ...] = ()
    """Preferred over the tone's moves; empty leaves it to the tone."""
    length: float = Field(gt=0)
    """Factor on the shot's share of the film."""
    telling: tuple[str, ...]
    """Sentences for the shot list; `{it}` is what is seen, `{It}` the same as the start of a sentence."""


def _read(name: str) -> str:
    return (resources.files("circletake.plan") / "data" / name).read_text(encoding="utf-8")


@functools.cache
def table(name: str, kind: type[_T]) -> dict[str, _T]:
    """Return a table of `plan/data`, one checked value a row, in the order of the file."""
    return {key: kind.model_validate(row) for key, row in tomllib.loads(_read(f"{name}.toml")).items()}


def tones() -> dict[str, Tone]:
    """Return every tone by key."""
    return table("tones", Tone)


def forms() -> dict[str, Form]:
    """Return every form by key."""
    return table("forms", Form)


def roles() -> dict[str, RoleGrammar]:
    """Return the grammar of every role."""
    return table("roles", RoleGrammar)


def tongue(language: Language) -> Tongue:
    """Return what is known of a language."""
    return table("languages", Tongue)[language]


def phrases(name: str) -> tuple[str, ...]:
    """Return the phrases of one demand, e.g. `no_text`."""
    return table("demands", Demands)[name].phrases


def refusals(name: str) -> tuple[str, ...]:
    """Return the words of a `no_*` demand that mean it inside a list of what is not wanted."""
    return table("demands", Demands)[name].within


class Noun(Value):
    """Something a picture can show, in four languages."""

    en: str
    de: str
    fr: str
    es: str
    kind: Literal["person", "place", "prop", "other", "quality"]
    """`quality` says how something looks (a colour, a time of day); the others can be looked at."""
    inside: str
    """`INT`, `EXT` or empty: where a scene in such a place stands."""


@functools.cache
def nouns() -> tuple[Noun, ...]:
    """Return the nouns that are known by sight; a cell lists spellings separated by `/`, the first one is used."""
    rows = csv.DictReader(_read("nouns.csv").splitlines())
    return tuple(Noun.model_validate(row) for row in rows)
