"""The composition root: settings -> studio, crew, graph, executor. The only place that knows every adapter by name.

`studio.app.invoke({"brief": "..."})` makes a film in the studio at CIRCLETAKE_HOME (`./studio` by default).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from circletake.studio.app import App
    from circletake.studio.room import Film, Studio

__all__ = ["App", "Film", "Studio"]

_ROOMS = {"App": "circletake.studio.app", "Film": "circletake.studio.room", "Studio": "circletake.studio.room"}


@cache
def _default() -> Studio:
    from circletake.studio.room import Studio

    return Studio.open()


def __getattr__(name: str) -> object:
    """Load on first use, so that a media worker need not load the graph; `app` opens the default studio."""
    if name == "app":
        return _default().app
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
