"""What a media worker process runs: one piece of local work, its result left in the spool."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from circletake.domain.operation import Outcome
from circletake.errors import HandoffInvalid, MediaError
from circletake.settings import Settings, read_settings
from circletake.studio.house import INGEST, STARTER, House, generator_of


def prepare() -> None:
    """Load what most work needs while there is none yet."""
    from circletake.generate import ripomatic  # noqa: F401


def execute(home: Path, key: str) -> None:
    """Do one piece of local work in a worker process and leave the result in the spool."""
    from circletake.media.picture import on_one_thread

    on_one_thread()
    settings = read_settings(home)
    if key.startswith(STARTER):
        from circletake.catalog.starter import draw_clip

        draw_clip(key.removeprefix(STARTER), settings.cache)
        return
    house = _house(settings)
    if key.startswith(INGEST):
        from circletake.catalog.sheet import Sheets
        from circletake.catalog.taking import take_in

        take_in(
            key.removeprefix(INGEST),
            sources=house.sources,
            files=house.files,
            sheets=Sheets(house.home),
            clock=house.clock,
            codec=settings.video_codec,
        )
        return
    house.spool.note(key, "begins", clock=house.clock)
    operation = house.operations.get(key)
    try:
        if operation.step == "assemble":
            from circletake import assemble

            outcome = assemble.execute(operation, files=house.files)
        else:
            with closing(generator_of(house, operation.generator)) as generator:
                outcome = generator.fetch(operation)
    except (MediaError, HandoffInvalid) as error:
        outcome = Outcome(key=key, state="failed", spent=Decimal(0), error_class=type(error).__name__, error=str(error))
    house.spool.put(outcome)
    house.spool.note(key, "finished", clock=house.clock)


@lru_cache(maxsize=1)
def _house(settings: Settings) -> House:
    return House(settings, pooled=False)
