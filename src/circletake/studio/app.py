"""The whole production behind one call: a mapping in, a mapping out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circletake.errors import UsageError

if TYPE_CHECKING:
    from circletake.studio.room import Studio


class App:
    """A mapping in, a mapping out: the whole production behind one call."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def invoke(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a film of `request["brief"]`: a new production, provisional picks, 24 takes.

        Returns:
            `plan` (as JSON values); `references`: the 8 best for the brief as a whole; `candidates`: URIs of the
            takes in slate order; `selected`: URI of the take circled for the first shot; `selected_all`: slate -> URI;
            `film`: path of the published film.

        Raises:
            UsageError: there is no brief, or something else is asked for.
        """
        unknown = set(request) - {"brief"}
        if unknown or not isinstance(request.get("brief"), str):
            raise UsageError(f'invoke takes {{"brief": "..."}}, not {sorted(request)}')
        studio = self._studio
        made = studio.make(request["brief"], pick="provisional")
        version, plan = studio.plan(made.production)
        takes = {take.id: studio.files.path(take.uri).as_uri() for take in studio.takes.takes(made.production)}
        circled = studio.choices.current(made.production)
        chosen = {shot.slate: takes[f"{shot.slate}-{circled[shot.slate].number}"] for shot in plan.shots}
        found = studio.references.of(made.production, version, "")
        return {
            "production": made.production,
            "plan": plan.model_dump(mode="json"),
            "references": [one.model_dump(mode="json") for one in found],
            "candidates": list(takes.values()),
            "selected": chosen[plan.shots[0].slate],
            "selected_all": chosen,
            "film": str(made.film),
        }
