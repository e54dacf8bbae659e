"""Write the shots: what is seen, what a video model is asked for, what is heard, and the look that is aimed at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from circletake.domain.look import CameraMove, ShotSize, StyleTarget
from circletake.domain.plan import Angle, Sound
from circletake.plan.casting import Casting
from circletake.plan.grounding import Footage
from circletake.plan.language import in_english, nouns_in, stems
from circletake.plan.lexicon import Role, Sounds, roles, table
from circletake.plan.reading import FPS, Requirements

SENTENCE = 150
"""Characters of an action, at most; longer captions are cut at a comma."""
SIZE_NAMES: dict[ShotSize, str] = {
    "ECU": "extreme close-up",
    "CU": "close-up",
    "MCU": "medium close-up",
    "MS": "medium shot",
    "MLS": "medium long shot",
    "LS": "long shot",
    "ELS": "extreme long shot",
}
MOVE_NAMES: dict[CameraMove, str] = {
    "static": "locked-off camera",
    "push_in": "slow push in",
    "pull_out": "slow pull out",
    "pan_left": "pan to the left",
    "pan_right": "pan to the right",
    "tilt_up": "tilt up",
    "tilt_down": "tilt down",
    "handheld": "handheld camera",
    "track": "tracking camera",
}
ANGLE_NAMES: dict[Angle, str] = {
    "eye_level": "at eye level",
    "low": "from a low angle",
    "high": "from a high angle",
    "overhead": "from straight above",
    "dutch": "with a tilted horizon",
}
_LEAD = re.compile(
    r"^(?:[\w-]+,? ){0,4}?(?:shot|view|close-?up|macro|footage|sequence|scene)s?"
    r"(?: with [^:,]+)?(?: of|:| over| down| across| in| from| on) (?:the same )?",
    re.IGNORECASE,
)
_CAMERA = re.compile(
    r"\b(?:shots?|camera|frame|framing|focus|telephoto|close-?ups?|handheld|caption|lens|view|cutting|zoom\w*|fade|webcam|static|locked|drift)\b",
    re.IGNORECASE,
)
_AIR = re.compile(
    r"\b(?:daylight|overcast|sun|sunlight|light|weather|wide|static|nothing|behind|below|above|under|around)\b",
    re.IGNORECASE,
)
_NEVER = "on-screen text, subtitles, watermark, logo, distorted hands, extra limbs, flicker"
_FACES = "recognisable faces"


def seen_in(caption: str) -> str:
    """Return what a caption says is seen, as one clause in lower case, without its words about the camera."""
    first = re.split(r"(?<=[a-z\d])[.;](?:\s|$)", caption.strip())[0].strip().rstrip(".")
    first = _LEAD.sub("", first)
    parts = [part.strip() for part in first.split(",") if part.strip()]
    kept = [part for index, part in enumerate(parts) if index == 0 or not _CAMERA.search(part)]
    text = kept[0] if kept else first
    for part in kept[1:]:
        if len(text) + len(part) + 2 > SENTENCE:
            break
        text = f"{text}, {part}"
    head = text.split(" ", 1)[0]
    return text if head.isupper() and len(head) > 1 else text[:1].lower() + text[1:]


def details_in(caption: str) -> tuple[str, ...]:
    """Return the smaller things that a caption names after its main clause, light and camera left out."""
    first = re.split(r"(?<=[a-z\d])[.;](?:\s|$)", caption.strip())[0].rstrip(".")
    parts = [part.strip() for part in first.split(",")[1:]]
    seen = (part for part in parts if part and not _CAMERA.search(part) and not _AIR.search(part))
    return tuple(part for part in seen if any(noun.kind != "quality" for noun in nouns_in(part, "en")))


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that is known of a shot before it is written."""

    index: int
    count: int
    at: float
    """Where it begins in the film, 0..1."""
    role: Role
    frames: int
    size: ShotSize
    angle: Angle
    move: CameraMove
    beat: str
    """The picture of the brief that it tells, as written; empty for none."""
    stands_in: bool
    """Whether it is the first to tell a picture that no shot shows."""
    seen_before: int
    """How many shots the same clip was planned for before this one."""
    casting: Casting
    title: str
    """Words on the screen."""
    telling: str
    """Sentence with `{it}` or `{It}`."""


def picture_of(draft: Draft, *, wanted: Requirements) -> str:
    """Return what is seen: the whole of the footage; in a close shot, or when it is seen again, a part of it."""
    footage = draft.casting.footage
    whole = seen_in(footage.clip.caption) or footage.place
    close = draft.size in {"ECU", "CU"}
    details = details_in(footage.clip.caption)
    if close and details:
        place = draft.seen_before % len(details) if footage.at is None else int(footage.at * len(details))
        return details[min(place, len(details) - 1)]
    if close:
        asked = stems(in_english(draft.beat or wanted.topic, wanted.language))
        marked = nouns_in(f"{footage.clip.title} {' '.join(footage.clip.tags)}", "en")
        named = nouns_in(footage.clip.caption, "en") or footage.nouns
        named = [noun for noun in named if noun in marked] or named
        things = [noun.en.split("/")[0] for noun in named if noun.kind in {"prop", "person", "other"}]
        things = [thing for thing in things if stems(thing) & asked] or things
        return f"the {things[draft.seen_before % len(things)]} and nothing else" if things else whole
    if draft.seen_before:
        return f"the {footage.place} again, {whole.split(',', 1)[0]}"
    return whole


def action_of(wanted: Requirements, draft: Draft) -> str:
    """Return what is seen, in one sentence, as a shot list says it."""
    it = picture_of(draft, wanted=wanted)
    if draft.stands_in:
        it = f'{it} (for "{draft.beat}")'
    text = draft.telling.format(it=it, It=it[:1].upper() + it[1:])
    if draft.index == draft.count - 1:
        text += _ending(wanted, draft)
    elif draft.title:
        text += f'; on screen: "{draft.title}"'
    return f"{text}."


def _ending(wanted: Requirements, draft: Draft) -> str:
    demands = wanted.demands
    ends = ""
    if demands.black_before_title and draft.title:
        return f', all but black, and out of it "{draft.title}"'
    if draft.title:
        ends = f'; "{draft.title}" comes up and holds'
    if demands.logo_seconds is not None:
        ends += f"; the frame stays clear for the logo, {float(demands.logo_seconds):g} s"
    elif wanted.as_form.ending == "logo" and not demands.no_text:
        ends += "; one side of the frame stays clear for the logo"
    if demands.loop:
        ends += "; it ends where the film began"
    return ends


def said_in_english(text: str, wanted: Requirements) -> str:
    """Return words of the brief for a prompt: as written, with the English of what is known in brackets."""
    if wanted.language == "en":
        return text
    english = in_english(text, wanted.language)
    return f"{text} ({english})" if english and english.lower() != text.lower() else text


def prompt_of(wanted: Requirements, draft: Draft) -> str:
    """Return what a video model is asked for, in English: frame, subject, action, camera, light, palette, style."""
    tone, demands = wanted.as_tone, wanted.demands
    footage = draft.casting.footage
    whole = seen_in(footage.clip.caption) or footage.place
    part = picture_of(draft, wanted=wanted) if draft.size in {"ECU", "CU"} else ""
    seen = f"{whole}; the frame is filled by: {part.removesuffix(' and nothing else')}" if part else whole
    subject = said_in_english(draft.beat or wanted.topic, wanted)
    if draft.beat and wanted.topic:
        subject = f"{subject}, in a film about {said_in_english(wanted.topic, wanted)}"
    if not subject:
        picture = seen
    elif draft.beat and draft.casting.shows:
        picture = f"{subject}: {seen}"
    else:
        picture = f"{subject}, in a setting like this: {seen}"
    place = f"{'Interior' if footage.inside else 'Exterior'}, {footage.place}, {footage.time.lower()}"
    black_and_white = demands.black_and_white
    palette = "black and white with a full range of greys" if black_and_white else tone.palette
    style = ", ".join([*tone.style_words, *(["black and white"] if black_and_white else [])])
    frame = f"{SIZE_NAMES[draft.size][0].upper()}{SIZE_NAMES[draft.size][1:]} {ANGLE_NAMES[draft.angle]}"
    sentences = [
        f"{frame}: {picture}",
        place,
        f"Camera: {MOVE_NAMES[draft.move]}",
        f"Light: {tone.light}",
        f"Palette: {palette}",
        f"Style: {style}, {tone.name} mood",
        *(f"Always: {said_in_english(rule, wanted)}" for rule in demands.always),
        *(["Leave one side of the frame empty for a logo"] if _leaves_room(wanted, draft) else []),
        f"One uncut shot of {float(Fraction(draft.frames) / FPS):.1f} s, {wanted.aspect}",
    ]
    return (". ".join(sentence.rstrip(".") for sentence in sentences) + ".")[:4_000]


def _leaves_room(wanted: Requirements, draft: Draft) -> bool:
    return draft.index == draft.count - 1 and (
        wanted.demands.logo_seconds is not None or wanted.as_form.ending == "logo"
    )


def negative_prompt_of(wanted: Requirements) -> str:
    """Return what a video model is to keep out of every shot."""
    demands = wanted.demands
    parts = [_NEVER, wanted.as_tone.avoid, *demands.refused]
    parts += [_FACES] if demands.no_faces else []
    parts += ["colour"] if demands.black_and_white else []
    return ", ".join(dict.fromkeys(parts))[:2_000]


def sound_of(wanted: Requirements, draft: Draft) -> Sound:
    """Return what is heard: the place, the tone's music over the arc of the film, and lines that are spoken."""
    heard = table("sounds", Sounds)["heard"]
    names = [noun.en.split("/")[0] for noun in draft.casting.footage.nouns]
    here = next((heard.of(name) for name in (draft.casting.footage.place, *names) if heard.of(name)), "")
    effects = ", ".join(part for part in (here, wanted.as_tone.room if not here or draft.index == 0 else "") if part)
    spoken = wanted.demands.spoken
    dialogue = spoken[0] if spoken and draft.index == draft.count // 2 else ""
    return Sound(dialogue=dialogue, effects=effects, music=_music(wanted, draft))


def _music(wanted: Requirements, draft: Draft) -> str:
    music = wanted.as_tone.music
    if wanted.demands.no_music or not music:
        return ""
    if draft.role == "jolt" or (draft.index == draft.count - 1 and wanted.demands.black_before_title):
        return "cut dead"
    if draft.index == 0:
        return f"enters: {music}"
    if draft.index == draft.count - 1:
        return "carries on into the start" if wanted.demands.loop else f"last bars: {music}"
    return f"carries on: {music}"


def style_of(wanted: Requirements, draft: Draft) -> StyleTarget:
    """Return the look of a shot: the tone's, moved a little by what the shot does and by where it stands."""
    style = wanted.as_tone.style
    luma, contrast, motion = style.luma or 0.0, style.contrast or 0.0, style.motion or 0.0
    curve = wanted.as_form.curve or wanted.as_tone.curve
    if curve == "quicken":
        motion += 0.15 * (draft.at - 0.4)
    if curve in {"hold_and_jolt", "slow_to_hold"}:
        luma -= 0.03 * draft.at
        motion -= 0.03 * draft.at
    contrast += 0.04 if draft.role in {"detail", "hands"} else 0.0
    motion += 0.3 if draft.role == "jolt" else 0.0
    saturation = 0.0 if wanted.demands.black_and_white else style.saturation
    warmth = 0.0 if wanted.demands.black_and_white else style.warmth
    if wanted.demands.black_before_title and draft.index == draft.count - 1:
        luma, motion = 0.07, min(motion, 0.05)
    return StyleTarget(
        luma=round(min(1.0, max(0.05, luma)), 3),
        contrast=round(min(1.0, max(0.0, contrast)), 3),
        saturation=saturation,
        warmth=warmth,
        motion=round(min(1.0, max(0.02, motion)), 3),
    )


def search_of(wanted: Requirements, draft: Draft) -> str:
    """Return the words to look a shot up with: its picture in English, what its footage shows, and the tone."""
    footage: Footage = draft.casting.footage
    picture = in_english(draft.beat, wanted.language).split()
    shown = [noun.en.split("/")[0] for noun in footage.nouns][:4]
    mood = () if picture else wanted.as_tone.seek[:1]
    return " ".join(dict.fromkeys((*picture, footage.place, *shown, *mood)))


def telling_of(role: Role, *, choice: int) -> str:
    """Return one of the sentences that a role is told with; `choice` counts around."""
    ways = roles()[role].telling
    return ways[choice % len(ways)]
