"""What --json says of a production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circletake.studio.room import Film, Studio


def account(made: Film) -> dict[str, Any]:
    """Return how a production stands, as JSON values."""
    return {
        "production": made.production,
        "status": made.status,
        "waiting": made.waiting or None,
        "message": made.message,
        "film": None if made.film is None else str(made.film),
        "receipt": None if made.receipt is None else str(made.receipt),
        "receipt_json": None if made.receipt is None else str(made.receipt.with_suffix(".json")),
        "contact_sheet": None if made.contact_sheet is None else str(made.contact_sheet),
    }


def whole(studio: Studio, production: str) -> dict[str, Any]:
    """Return brief, takes and choices of a production, as JSON values; a take names its source clips' `file`."""
    newest = studio.plans.latest(production)
    circled = studio.choices.current(production)
    return {
        "brief": studio.productions.brief(production).model_dump(mode="json"),
        "plan_version": None if newest is None else newest[0],
        "takes": [
            {
                "take": take.id,
                "passed": take.qc.passed,
                "reasons": list(take.qc.reasons),
                "file": str(studio.files.path(take.uri)),
                "sha256": take.sha256,
                "generator": take.generator,
                "clips": list(take.clips),
                "files": list(take.files),
                "style_clips": list(take.style_clips),
            }
            for take in studio.takes.takes(production)
        ],
        "circled": {slate: choice.model_dump(mode="json") for slate, choice in circled.items()},
        "spent": str(studio.operations.spent(production)),
    }
