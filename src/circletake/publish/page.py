"""The receipt as a page to read: one self-contained HTML file, stills included."""

from __future__ import annotations

from base64 import b64encode
from fractions import Fraction
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from circletake.domain.cut import Cut
from circletake.domain.plan import Plan
from circletake.domain.ports import Files
from circletake.domain.rights import CUT_IN, PERPETUAL, Licence, RightsContext, permits
from circletake.domain.timing import timecode
from circletake.publish.record import Receipt
from circletake.publish.sheet import poster


def page(receipt: Receipt, *, files: Files) -> str:
    """Return the page: dark, self-contained, nothing loaded from elsewhere, readable without scripts.

    Args:
        receipt: what it tells.
        files: where the posters of the circled takes lie.

    Raises:
        MediaError: a poster cannot be read.
    """
    return _template().render(
        receipt=receipt,
        plan=receipt.plan,
        master=receipt.master,
        release=receipt.releases[0],
        posters={shot.slate: _inlined(poster(shot.used, files=files)) for shot in receipt.shots if shot.used},
        starts=_starts(receipt.cut),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("circletake.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(seconds=_seconds, spoken=_spoken, day=_day, listed=_listed, moment=_moment)
    environment.globals.update(...)
    return environment.get_template("receipt.html")
