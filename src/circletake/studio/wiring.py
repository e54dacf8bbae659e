"""Fill the crew: which adapter stands behind each port in this production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circletake import assemble, publish
from circletake.crew import Crew
from circletake.domain.brief import Terms
from circletake.generate import Generator, HouseFormat
from circletake.runtime.checkpoints import SqliteSaver
from circletake.runtime.journal import Journal
from circletake.runtime.steps import StepLedger
from circletake.studio.house import adapter, generator_of

if TYPE_CHECKING:
    from circletake.studio.room import Studio


def fill(studio: Studio, terms: Terms, *, ledger: StepLedger, checkpoints: SqliteSaver) -> Crew:
    """Return the crew of one production."""
    generator: Generator = generator_of(studio, terms.generator)
    remote = {generator.name: generator} if generator.capabilities().mode == "remote" else {}
    journal = Journal(
        studio.operations, executor=studio.executor, remote=remote, spool=studio.spool, clock=studio.clock
    )
    folder = adapter("channels", "folder")(studio.settings.releases_folder)
    receipts = make_receipts(studio)
    return Crew(
        productions=studio.productions,
        plans=studio.plans,
        references=studio.references,
        clips=studio.clips,
        takes=studio.takes,
        finals=studio.finals,
        choices=studio.choices,
        decisions=studio.decisions,
        cuts=studio.cuts,
        releases=studio.releases,
        files=studio.files,
        clock=studio.clock,
        planner=adapter("planners", terms.planner)(),
        search=studio.search,
        generator=generator,
        house=HouseFormat(
            codec=studio.settings.video_codec, font=studio.settings.font, loudness=studio.settings.loudness
        ),
        work=journal,
        dailies=receipts,
        signer=assemble.open_identity(studio.home / "keys", clock=studio.clock),
        channels={folder.name: folder},
        receipts=receipts,
        ledger=ledger,
        checkpoints=checkpoints,
        progress=studio.progress,
    )


def make_receipts(studio: Studio) -> publish.Receipts:
    """Return who writes receipts and contact sheets."""
    return publish.Receipts(
        studio.home / "productions",
        productions=studio.productions,
        plans=studio.plans,
        references=studio.references,
        clips=studio.clips,
        takes=studio.takes,
        circles=studio.choices,
        decisions=studio.decisions,
        cuts=studio.cuts,
        releases=studio.releases,
        operations=studio.operations,
        files=studio.files,
        clock=studio.clock,
    )
