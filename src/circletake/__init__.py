"""Take a brief to a published film: plan, catalogue, takes, circled takes, cut, release.

`circletake.Studio.open(path).make("a brief")` is the whole of it in Python; `graph.py` is the page to read first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from circletake.studio import Studio

__version__ = "0.1.0"
__all__ = ["Studio", "__version__"]


def __getattr__(name: str) -> object:
    """Load the studio on first use, so that the command line and the media workers start quickly."""
    if name != "Studio":
        raise AttributeError(f"module 'circletake' has no attribute {name!r}")
    from circletake.studio import Studio

    return Studio
