"""One piece for each tone: tempo, key, chords, and which parts play how loud, how far away, and from when."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from circletake.media.loudness import spread
from circletake.media.music import parts
from circletake.media.music.instruments import (
    BASS,
    CELESTE,
    FELT,
    GLASS,
    MARIMBA,
    NYLON,
    PIZZICATO,
    PLATE,
    SPICCATO,
    Stereo,
    room,
)
from circletake.media.music.parts import Player
from circletake.media.music.score import Score, bars_for


@dataclass(frozen=True)
class Part:
    """One player in a piece."""

    play: Player
    level: float
    """dB."""
    wet: float = 0.3
    """How much of it is sent to the room."""
    enters: float = 0.0
    """Share of the film after which it comes in, on a cut if there is one near."""


@dataclass(frozen=True)
class Piece:
    """What is played for a tone."""

    tempo: float
    """Beats a minute, about."""
    root: int
    """Tonic, MIDI."""
    scale: str
    chords: tuple[int, ...]
    parts: tuple[Part, ...]
    beats: int = 4
    room: float = 2.2
    """Seconds of reverberation."""
    dark: float = 0.5
    """How soon its highs die away, 0..1."""
    build: float = 3.0
    """dB by which everything is softer at the beginning than at four fifths of the film."""


_WIND = parts.air((210.0, 0.35), (520.0, 0.22), (1_150.0, 0.14), (2_900.0, 0.45))
_ROOM_TONE = parts.air((160.0, 0.6), (900.0, 0.6), pace=0.08, depth=0.3)

_DREAD = Piece(
    tempo=52,
    root=57,
    scale="phrygian",
    chords=(0, 0, 1, 0),
    room=4.2,
    dark=0.7,
    build=6.0,
    parts=(
        Part(parts.drone(), -16, 0.1),
        Part(_WIND, -20, 0.3),
        Part(parts.cluster(0, 1, 6, near=52), -17, 0.6, enters=0.3),
        Part(parts.resonances(PLATE, near=69, every=4.2), -11, 1.0),
        Part(parts.strokes("heart", "X.x......."), -9, 0.2, enters=0.4),
        Part(parts.hits(), -5, 0.5),
        Part(parts.riser(), -19, 0.5),
    ),
)
_UNEASY = Piece(
    tempo=60,
    root=54,
    scale="minor",
    chords=(0, 5, 0, 1),
    room=3.6,
    dark=0.6,
    build=4.0,
    parts=(
        Part(parts.drone(), -23, 0.1),
        Part(_WIND, -25, 0.3),
        Part(parts.cluster(0, 3, 11, near=64, pace=0.16), -17, 0.7),
        Part(parts.line(CELESTE, "0....1....2.....", near=78, human=0.02), -16, 1.0, enters=0.1),
        Part(parts.resonances(GLASS, near=72, every=5.0), -16, 1.0, enters=0.2),
        Part(parts.swells(), -22, 0.3, enters=0.2),
        Part(parts.hits("heart", apart=3.0), -9, 0.4),
    ),
)
_TENSE = Piece(
    tempo=112,
    root=50,
    scale="minor",
    chords=(0, 0, 5, 4),
    room=1.8,
    dark=0.5,
    build=7.0,
    parts=(
        Part(parts.drone(below=12), -25, 0.1),
        Part(parts.line(SPICCATO, "0020103000201030", near=55, build=5.0), -6, 0.35),
        Part(parts.line(SPICCATO, "..3...3...3.3.3.", near=67, build=5.0), -9, 0.5, enters=0.35),
        Part(parts.pad(near=57, slope=1.7), -25, 0.5, enters=0.25),
        Part(parts.bass(BASS, "x..x..x.", near=38), -13, 0.1, enters=0.25),
        Part(parts.strokes("tom", "X..x..X.x..x..xx", build=5.0), -11, 0.4, enters=0.5),
        Part(parts.rattle("x.x.x.x.x.x.x.x.", hz=6_500.0, decay=0.03), -12, 0.2, enters=0.4),
        Part(parts.hits(), -8, 0.4, enters=0.15),
        Part(parts.riser(seconds=4.0), -21, 0.4),
    ),
)
_MELANCHOLIC = Piece(
    tempo=58,
    root=57,
    scale="minor",
    chords=(0, 5, 2, 6),
    room=3.2,
    dark=0.6,
    parts=(
        Part(parts.line(FELT, "0.1.2.3.", near=60, human=0.016), -12, 0.45),
        Part(parts.melody(FELT, "X...x.x.", near=74), -12, 0.6, enters=0.25),
        Part(parts.pad(near=55, slope=2.1, cents=11.0), -25, 0.6, enters=0.2),
        Part(parts.bass(BASS, "x...", near=38), -15, 0.2),
        Part(_ROOM_TONE, -43, 0.1),
    ),
)
_CALM = Piece(
    tempo=50,
    root=53,
    scale="lydian",
    chords=(0, 1, 0, 4),
    room=3.8,
    dark=0.6,
    build=1.5,
    parts=(
        Part(parts.pad(near=60, slope=2.2, cents=12.0, count=4, edge=2.4), -19, 0.5),
        Part(parts.line(GLASS, "0...2...", near=72, human=0.03), -19, 0.9, enters=0.15),
        Part(parts.bass(BASS, "x...", near=41), -18, 0.2),
        Part(parts.air((420.0, 0.5), (1_800.0, 0.5), pace=0.09), -34, 0.2),
    ),
)
_HYPNOTIC = Piece(
    tempo=92,
    root=52,
    scale="dorian",
    chords=(0, 0, 3, 3),
    room=3.0,
    dark=0.5,
    build=4.0,
    parts=(
        Part(parts.line(MARIMBA, "0123210232101232", near=64, count=4, human=0.003), -13, 0.5),
        Part(parts.line(CELESTE, "2..1..0..2..1..0", near=76, human=0.003), -20, 0.9, enters=0.3),
        Part(parts.pad(near=59, slope=1.9, cents=14.0, edge=3.0), -23, 0.6),
        Part(parts.drone(below=24), -26, 0.1),
        Part(parts.strokes("kick", "X...X...X...X..."), -12, 0.1, enters=0.35),
        Part(parts.swells(), -24, 0.3, enters=0.3),
    ),
)
_WARM = Piece(
    tempo=74,
    root=55,
    scale="major",
    chords=(0, 4, 5, 3),
    room=2.4,
    dark=0.6,
    parts=(
        Part(parts.line(FELT, "0.2.1.3.", near=62, human=0.012), -11, 0.4),
        Part(parts.melody(FELT, "X..x..x.", near=76), -13, 0.55, enters=0.3),
        Part(parts.pad(near=58, slope=2.1, cents=10.0), -25, 0.5, enters=0.15),
        Part(parts.bass(BASS, "x...x...", near=40), -14, 0.15, enters=0.15),
        Part(_ROOM_TONE, -44, 0.1),
    ),
)
_AWE = Piece(
    tempo=66,
    root=50,
    scale="major",
    chords=(0, 5, 3, 4),
    room=4.5,
    dark=0.5,
    build=9.0,
    parts=(
        Part(parts.pad(near=57, slope=1.5, cents=13.0, count=3), -18, 0.6),
        Part(parts.pad(near=69, slope=1.2, cents=16.0, vowel=True), -22, 0.9, enters=0.3),
        Part(parts.drone(below=24), -24, 0.1),
        Part(parts.line(CELESTE, "0.2.1.3.", near=79), -15, 0.9, enters=0.1),
        Part(parts.line(SPICCATO, "0.0.2.0.0.2.0.2.", near=57, build=6.0), -9, 0.5, enters=0.45),
        Part(parts.strokes("tom", "X.......x.x.X...", build=4.0), -8, 0.6, enters=0.5),
        Part(parts.hits(), -7, 0.6, enters=0.25),
        Part(parts.swells(seconds=1.8), -19, 0.4, enters=0.2),
    ),
)
_JOYFUL = Piece(
    tempo=118,
    root=55,
    scale="major",
    chords=(0, 4, 5, 3),
    room=1.3,
    dark=0.4,
    parts=(
        Part(parts.line(NYLON, "0.21.0210.21.021", near=62), -11, 0.25),
        Part(parts.melody(CELESTE, "X.x.x..xX.x.x...", near=79), -16, 0.4, enters=0.25),
        Part(parts.bass(BASS, "x..x..5.", near=41), -11, 0.1),
        Part(parts.strokes("kick", "X...X...X...X..."), -9, 0.05, enters=0.25),
        Part(parts.rattle("....X.......X...", hz=1_700.0, decay=0.05), -7, 0.4, enters=0.25),
        Part(parts.rattle("x.X.x.X.x.X.x.X.", hz=7_500.0, decay=0.025), -10, 0.1, enters=0.12),
        Part(parts.pad(near=62, slope=1.8), -26, 0.4, enters=0.5),
    ),
)
_EUPHORIC = Piece(
    tempo=124,
    root=53,
    scale="major",
    chords=(5, 3, 0, 4),
    room=2.2,
    dark=0.3,
    build=8.0,
    parts=(
        Part(parts.pad(near=65, slope=1.1, cents=16.0, edge=0.2), -19, 0.5),
        Part(parts.line(NYLON, "0123012301230123", near=72, human=0.003, build=4.0), -15, 0.5),
        Part(parts.bass(BASS, "..x...x...x...x.", near=41), -9, 0.05, enters=0.3),
        Part(parts.strokes("kick", "X...X...X...X..."), -7, 0.05, enters=0.3),
        Part(parts.rattle("..X...X...X...X.", hz=8_000.0, decay=0.04), -9, 0.1, enters=0.3),
        Part(parts.rattle("....X.......X...", hz=1_900.0, decay=0.08), -6, 0.5, enters=0.45),
        Part(parts.melody(CELESTE, "X..x..x.X..x..x.", near=84), -16, 0.6, enters=0.5),
        Part(parts.swells(seconds=1.6), -17, 0.3, enters=0.1),
        Part(parts.hits("tom"), -8, 0.6, enters=0.25),
    ),
)
_PLAYFUL = Piece(
    tempo=108,
    root=60,
    scale="major",
    chords=(0, 3, 1, 4),
    room=1.0,
    dark=0.4,
    build=1.5,
    parts=(
        Part(parts.line(MARIMBA, "0.2.1.20..2.1.3.", near=67), -9, 0.25),
        Part(parts.line(PIZZICATO, "..0...1...0...12", near=60), -12, 0.3),
        Part(parts.bass(PIZZICATO, "x...5...", near=45), -10, 0.2),
        Part(parts.melody(MARIMBA, "X.xx..x.X...x.x.", near=81), -12, 0.3, enters=0.3),
        Part(parts.rattle("x.x.X.x.x.x.X.xx", hz=6_800.0, decay=0.02), -13, 0.15, enters=0.15),
        Part(parts.hits("tom", apart=3.0), -13, 0.3),
    ),
)
_HONEST = Piece(
    tempo=84,
    root=52,
    scale="major",
    chords=(0, 3, 0, 4),
    room=1.2,
    dark=0.5,
    build=1.5,
    parts=(
        Part(parts.line(NYLON, "0.1.2.1.3.1.2.1.", near=59, human=0.01), -10, 0.25),
        Part(parts.bass(BASS, "x.....5.", near=40), -13, 0.1, enters=0.1),
        Part(parts.pad(near=59, slope=2.3, cents=8.0), -27, 0.4, enters=0.3),
        Part(_ROOM_TONE, -42, 0.1),
    ),
)
_DRY_HUMOUR = replace(
    _PLAYFUL,
    tempo=88,
    root=57,
    scale="dorian",
    chords=(0, 0, 3, 0),
    room=0.7,
    parts=(
        Part(parts.line(PIZZICATO, "0.....2.....1...", near=57, human=0.004), -8, 0.2),
        Part(parts.bass(PIZZICATO, "x.......5...x...", near=43), -11, 0.15),
        Part(parts.line(MARIMBA, "..........3..2..", near=69), -13, 0.25, enters=0.2),
        Part(parts.rattle("........x.......", hz=2_300.0, decay=0.03), -8, 0.2, enters=0.1),
        Part(_ROOM_TONE, -46, 0.1),
    ),
)
_NEUTRAL = Piece(
    tempo=80,
    root=50,
    scale="major",
    chords=(0, 5, 3, 0),
    room=2.2,
    dark=0.6,
    build=2.0,
    parts=(
        Part(parts.pad(near=57, slope=2.0, cents=9.0, edge=1.4), -20, 0.4),
        Part(parts.line(FELT, "0...2...1...2...", near=62), -14, 0.45),
        Part(parts.bass(BASS, "x.......", near=38), -14, 0.1),
        Part(_ROOM_TONE, -42, 0.1),
    ),
)

TONES: dict[str, Piece] = {
    "dread": _DREAD,
    "uneasy": _UNEASY,
    "tense": _TENSE,
    "melancholic": _MELANCHOLIC,
    "calm": _CALM,
    "gentle": replace(
        _CALM,
        tempo=62,
        root=57,
        scale="major",
        chords=(0, 3, 5, 4),
        parts=(*_CALM.parts, replace(_HONEST.parts[0], level=-13)),
    ),
    "warm": _WARM,
    "tender": replace(_WARM, tempo=64, root=53, chords=(0, 5, 3, 4), beats=3, room=2.8, parts=_WARM.parts[:4]),
    "honest": _HONEST,
    "friendly": replace(_JOYFUL, tempo=100, root=57, chords=(0, 3, 4, 0), parts=(*_JOYFUL.parts[:3], _JOYFUL.parts[5])),
    "joyful": _JOYFUL,
    "playful": _PLAYFUL,
    "comic": replace(_PLAYFUL, tempo=126, root=58, chords=(0, 0, 4, 4), beats=2),
    "dry humour": _DRY_HUMOUR,
    "euphoric": _EUPHORIC,
    "awe": _AWE,
    "hypnotic": _HYPNOTIC,
    "neutral": _NEUTRAL,
}
"""A piece for every tone that the planner knows."""


def compose(tone: str, *, seed: int, samples: int, cuts: tuple[int, ...]) -> Stereo:
    """Play the piece for a tone through a whole film: (samples, 2), not yet levelled nor faded.

    Args:
        tone: key of `TONES`; any other is played as neutral.
        seed: the same seed gives the same music.
        samples: length of the film.
        cuts: samples at which the picture is cut.
    """
    piece = TONES.get(tone, _NEUTRAL)
    inside = tuple(sorted({cut for cut in cuts if 0 < cut < samples}))
    score = Score(
        samples=samples,
        cuts=inside,
        seed=seed,
        beats=piece.beats,
        bars=bars_for(samples, tempo=piece.tempo, beats=piece.beats, cuts=inside),
        root=piece.root,
        scale=piece.scale,
        progression=piece.chords,
    )
    dry = np.zeros((samples, 2), np.float32)
    sent = np.zeros((samples, 2), np.float32)
    for number, part in enumerate(piece.parts):
        start = score.snapped(int(part.enters * samples)) if part.enters else 0
        track = part.play(score, score.rng(f"{tone}/{number}"), start)
        track *= np.float32(10.0 ** (part.level / 20.0))
        dry += track
        track *= np.float32(part.wet)
        sent += track
    dry += room(sent, seconds=piece.room, dark=piece.dark, rng=score.rng("room"))
    points = np.array([0.0, 0.8, 0.92, 1.0]) * samples
    decibels = np.interp(np.arange(0, samples + 480, 480), points, [-piece.build, 0.0, 0.0, -1.0])
    dry *= spread(10.0 ** (decibels / 20.0), hop=480, samples=samples)[:, None]
    return dry
