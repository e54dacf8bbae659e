"""The contact sheet of a production: which takes are on it, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from circletake.domain.brief import Aspect
from circletake.domain.plan import Plan, Shot
from circletake.domain.ports import Files
from circletake.domain.take import CircledTake, Take
from circletake.errors import MediaError
from circletake.media.still import Tile, contact_sheet

MOST_TILES = 240
"""Takes on one sheet; of more, each shot shows the circled one and the first that passed."""
_MOST_COLUMNS: dict[Aspect, int] = {"16:9": 6, "1:1": 8, "4:5": 8, "9:16": 10}
_FEWEST_COLUMNS: dict[Aspect, int] = {"16:9": 3, "1:1": 4, "4:5": 4, "9:16": 5}


def sheet(
    plan: Plan, *, production: str, takes: Sequence[Take], circled: Mapping[str, CircledTake], files: Files
) -> bytes:
    """Return the contact sheet as a PNG: a row group a shot, in story order.

    Raises:
        MediaError: a poster cannot be read.
    """
    rows = {shot.slate: [take for take in takes if take.slate == shot.slate] for shot in plan.shots}
    room = max(_MOST_COLUMNS[plan.aspect], MOST_TILES // len(plan.shots))
    tiles: list[Tile] = []
    for shot in plan.shots:
        shown = _shown(rows[shot.slate], circled.get(shot.slate), room)
        note = _note(shot, plan, shown=len(shown), held=len(rows[shot.slate]))
        tiles += [_tile(take, circled.get(shot.slate), note=note, files=files) for take in shown]
    most = max((len(row) for row in rows.values()), default=0)
    columns = min(_MOST_COLUMNS[plan.aspect], max(_FEWEST_COLUMNS[plan.aspect], most))
    held = [take for row in rows.values() for take in row]
    return contact_sheet(
        tiles, columns=columns, title=plan.title, subtitle=_subtitle(plan, production, held=held, circled=circled)
    )


def _subtitle(plan: Plan, production: str, *, held: Sequence[Take], circled: Mapping[str, CircledTake]) -> str:
    picked = [circled[shot.slate] for shot in plan.shots if shot.slate in circled]
    failed = sum(not take.qc.passed for take in held)
    people = sorted({one.who for one in picked if one.by == "person"})
    by = f"by {', '.join(people)}" if people else "not by a person" if picked else "nothing picked yet"
    parts = [f"production {production}", f"{len(held)} takes of {len(plan.shots)} shots"]
    if failed:
        parts.append(f"{failed} failed quality control")
    parts.append(f"{len(picked)} of {len(plan.shots)} circled, {by}" if picked else by)
    return " · ".join(parts)


def _shown(takes: Sequence[Take], choice: CircledTake | None, room: int) -> list[Take]:
    def rank(take: Take) -> tuple[bool, bool, int]:
        return (choice is None or take.number != choice.number, not take.qc.passed, take.number)

    return sorted(sorted(takes, key=rank)[:room], key=lambda take: take.number)


def _note(shot: Shot, plan: Plan, *, shown: int, held: int) -> str:
    lines = [f"{shot.size} · {shot.move.replace('_', ' ')} · {float(shot.frames / plan.fps):.1f} s", shot.action]
    if shown < held:
        lines.insert(1, f"{shown} of {held} takes shown")
    return "\n".join(lines)


def _tile(take: Take, choice: CircledTake | None, *, note: str, files: Files) -> Tile:
    marked = choice is not None and choice.number == take.number
    source = take.files[0] if take.files else take.generator
    return Tile(
        group=take.slate,
        label=take.id,
        picture=poster(take, files=files),
        note=note,
        marked=marked,
        caption=source,
        fault="; ".join(take.qc.reasons),
    )


def poster(take: Take, *, files: Files) -> bytes:
    """Return the JPEG of a take's poster; empty when it has none.

    Raises:
        MediaError: it is gone, or cannot be read.
    """
    if not take.poster:
        return b""
    path = files.path(take.poster)
    try:
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"the poster of take {take.id} cannot be read: {path}; restore it from a backup") from error
