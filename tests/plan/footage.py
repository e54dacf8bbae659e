"""A catalogue in memory for the planner; the port's own adapter needs an index on disk, which is not its matter.

It honours the port: rights are a hard filter (`domain.rights.permits`), best first, fewer rather than relaxed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date

from circletake.domain.clip import Clip
from circletake.domain.look import Look
from circletake.domain.reference import Found, Query, Reference
from circletake.domain.rights import PERPETUAL, Licence, RightsContext, Use, permits
from circletake.domain.timing import to_fraction
from circletake.errors import UnknownId

TODAY = date(2026, 11, 22)
ALL_USES: tuple[Use, ...] = ("style_reference", "derivative", "publish")

# name, title, caption, tags, seconds, luma, contrast, saturation, Oklab b, motion, pan
ROWS: tuple[tuple[str, str, str, str, float, float, float, float, float, float, float], ...] = (
    ("corridor", "Corridor at night",
     "A long empty corridor at night, one lamp flickering at its far end, dust in the air.",
     "corridor|interior|night|empty", 6, 0.08, 0.12, 0.03, -0.03, 0.01, 0.0),
    ("stairs", "Stairwell, looking down",
     "High view down a concrete stairwell at night, a shadow crossing the lowest landing.",
     "stairs|interior|night|shadow", 5, 0.12, 0.14, 0.02, -0.02, 0.02, 0.0),
    ("forest", "Forest in fog", "Fog moves between bare trees in a dark forest at dawn, wide shot, nothing else stirs.",
     "forest|fog|trees|dawn", 7, 0.22, 0.1, 0.04, -0.02, 0.015, 0.0),
    ("sea", "Sea at dusk", "Long waves roll in from a grey sea at dusk, the horizon lost in haze.",
     "sea|waves|dusk|horizon", 8, 0.3, 0.12, 0.06, -0.03, 0.04, 0.0),
    ("city", "Neon street in the rain",
     "Neon signs mirrored in a wet city street at night, umbrellas pass, rain in the light.",
     "city|street|neon|rain|night|umbrella", 6, 0.25, 0.25, 0.14, 0.01, 0.07, 0.03),
    ("roofs", "Roofs before a storm", "Slate roofs and chimneys under moving cloud, one lit window, overcast daylight.",
     "roofs|city|clouds|window|overcast", 6, 0.38, 0.13, 0.03, -0.02, 0.02, 0.0),
    ("coffee", "Coffee at a window",
     "Steam rises from a coffee cup on a wooden table, hands close round it, low morning sun.",
     "coffee|cup|steam|hands|table|morning|warm|interior", 5, 0.46, 0.18, 0.11, 0.07, 0.02, 0.0),
    ("field", "Tractor in a field",
     "A tractor draws a seed drill across brown earth in warm evening sun, dust behind it.",
     "tractor|field|farm|evening|sun", 9, 0.47, 0.17, 0.1, 0.06, 0.03, 0.0),
    ("flower", "Bud opening",
     "Close-up of a red bud opening into a flower, soft daylight, shallow focus, locked camera.",
     "flower|bud|red|macro|daylight", 6, 0.5, 0.16, 0.13, 0.03, 0.02, 0.0),
    ("dog", "Dog on a garden path", "A dog runs in circles round a woman on a pale garden path, overcast daylight.",
     "dog|woman|garden|play|daylight", 8, 0.58, 0.17, 0.09, 0.02, 0.06, 0.0),
    ("hall", "Gold mirror",
     "In a dark test hall a technician stands before a huge gold mirror, hard pools of light, wide shot.",
     "telescope|mirror|gold|hall|dark|technician", 10, 0.2, 0.22, 0.08, 0.05, 0.02, 0.0),
    ("cups", "Red cups", "Hands shuffle three red cups on a white outdoor table, green hedge behind, bright daylight.",
     "hands|cups|red|table|game|daylight", 7, 0.62, 0.2, 0.12, 0.04, 0.05, 0.0),
    ("lights", "Phone lights in an arena", "Countless small lights glitter in the stands of a pitch-dark arena.",
     "concert|crowd|night|lights|arena|dark", 6, 0.1, 0.2, 0.05, 0.0, 0.05, 0.0),
    ("lanterns", "Floating lanterns", "Paper lanterns float up into a lavender evening sky above a still lake.",
     "lantern|sky|lake|evening|floating|pastel", 8, 0.52, 0.12, 0.07, 0.01, 0.015, 0.0),
)  # fmt: skip


def make_clip(
    row: tuple[str, str, str, str, float, float, float, float, float, float, float], **rights: object
) -> Clip:
    name, title, caption, tags, seconds, luma, contrast, saturation, warmth, motion, pan = row
    digest = hashlib.sha256(name.encode()).hexdigest()
    licence = Licence(
        owner=f"owner of {name}",
        licence="CC0-1.0",
        territories=("WORLD",),
        uses=ALL_USES,
        valid_from=date(2020, 1, 1),
        expires=PERPETUAL,
        media=("all",),
        people_release="none_needed",
    ).model_copy(update=rights)
    colour = (luma, 0.0, warmth)
    return Clip(
        clip_id=f"{digest[:12]}-0",
        file=f"{name}.mp4",
        sha256=digest,
        original=f"/{name}.mp4",
        proxy="",
        first_frame=0,
        frames=int(seconds * 24),
        fps=to_fraction(24),
        width=960,
        height=540,
        has_sound=False,
        title=title,
        caption=caption,
        tags=tuple(tags.split("|")),
        look=Look(
            oklab_mean=colour,
            oklab_std=(contrast, 0.0, 0.0),
            palette=(colour,) * 5,
            luma=luma,
            contrast=contrast,
            saturation=saturation,
            motion=motion,
            pan=pan,
        ),
        phash=digest[:16],
        licence=licence,
    )


class InMemoryCatalogue:
    """`domain.ports.ReferenceSearch` over a list of clips."""

    def __init__(self, clips: Iterable[Clip]) -> None:
        self.clips = {clip.clip_id: clip for clip in clips}
        self.asked: list[RightsContext] = []

    def find(self, query: Query, *, rights: RightsContext, k: int = 8) -> Found:
        self.asked.append(rights)
        allowed = [clip for clip in self.clips.values() if permits(clip.licence, rights).allowed]
        ranked = sorted(allowed, key=lambda clip: (-self._score(query, clip), clip.clip_id))[:k]
        references = tuple(
            Reference(
                clip_id=clip.clip_id,
                file=clip.file,
                title=clip.title,
                caption=clip.caption,
                score=self._score(query, clip),
                licence=clip.licence,
                may_cut_in=permits(clip.licence, rights.for_uses("derivative", "publish")).allowed,
                predicate_sha256=rights.predicate_sha256(),
            )
            for clip in ranked
        )
        return Found(references=references, clips=tuple(ranked), shortfall=k - len(ranked))

    @staticmethod
    def _score(query: Query, clip: Clip) -> float:
        wanted = set(re.findall(r"[a-z]+", query.text.lower()))
        words = set(re.findall(r"[a-z]+", f"{clip.title} {clip.caption} {' '.join(clip.tags)}".lower()))
        text = len(wanted & words) / len(wanted) if wanted else 0.0
        style = query.style.match(clip.look) if query.style else 0.0
        return 0.6 * text + 0.4 * style

    def clip(self, clip_id: str) -> Clip:
        if clip_id not in self.clips:
            raise UnknownId(f"there is no clip {clip_id!r}")
        return self.clips[clip_id]
