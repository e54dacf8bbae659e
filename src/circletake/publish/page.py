"""The receipt as a page to read: one self-contained HTML file, stills included."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from fractions import Fraction

from circletake.domain.ports import Files
from circletake.domain.rights import PERPETUAL, Licence, permits
from circletake.domain.take import DigitalSourceType
from circletake.domain.timing import seconds_of, timecode
from circletake.publish.record import Receipt
from circletake.publish.sheet import poster
from circletake.runtime.pages import template

_MADE: dict[DigitalSourceType, str] = {
    "composite": "composite: cut and graded from footage",
    "algorithmicMedia": "algorithmic: drawn by a program, not by a trained model",
    "trainedAlgorithmicMedia": "made by a trained model",
    "compositeWithTrainedAlgorithmicMedia": "composite, with parts made by a trained model",
    "digitalCapture": "captured by a camera",
}


def page(receipt: Receipt, *, files: Files) -> str:
    """Return the page: nothing is loaded from elsewhere, and it reads without scripts.

    Args:
        receipt: what it tells.
        files: where the posters of the circled takes lie.

    Raises:
        MediaError: a poster cannot be read.
    """
    plan = receipt.plan
    pictures = {shot.slate: poster(shot.used, files=files) for shot in receipt.shots if shot.used is not None}
    asked = receipt.releases[0].rights

    def allowed(licence: Licence) -> str:
        verdict = permits(licence, asked)
        return "" if verdict.allowed else "; ".join(verdict.reasons)

    filters = {"day": _day, "moment": _moment, "seconds": _seconds, "spoken": _spoken, "term": _term}
    return template("circletake.publish", "receipt.html", **filters).render(
        receipt=receipt,
        plan=plan,
        master=receipt.master,
        release=receipt.releases[0],
        posters={slate: b64encode(data).decode() for slate, data in pictures.items() if data},
        starts={slate: timecode(frame, plan.fps) for slate, frame in plan.starts().items()},
        made=_MADE,
        problem=allowed,
    )


def _day(day: date | None) -> str:
    return "an unknown day" if day is None else f"{day.day} {day:%b %Y}"


def _term(licence: Licence) -> str:
    """Return from when to when a licence runs."""
    if licence.expires == PERPETUAL:
        return f"from {_day(licence.valid_from)} for ever"
    return f"{_day(licence.valid_from)} to {_day(licence.expires)}"


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _seconds(frames: int, fps: Fraction) -> str:
    return f"{float(seconds_of(frames, fps)):.2f}".rstrip("0").rstrip(".") + " s"


def _spoken(word: str) -> str:
    """Return a name of the program as words: `push_in` is "push in"."""
    return word.replace("_", " ")
