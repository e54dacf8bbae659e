"""Fill the crew: which adapter stands behind each port in this production."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from circletake import assemble, publish
from circletake.crew import Crew
from circletake.domain.brief import Terms
from circletake.domain.ports import Planner
from circletake.generate import Generator, HouseFormat, OnUnknown
from circletake.runtime.checkpoints import Checkpoints
from circletake.runtime.journal import Journal
from circletake.runtime.remote import Limits
from circletake.runtime.steps import StepLedger
from circletake.settings import Settings
from circletake.studio.house import adapter, generator_of
from circletake.studio.purse import Purse

if TYPE_CHECKING:
    from circletake.studio.room import Studio


def fill(studio: Studio, production: str, terms: Terms, *, ledger: StepLedger, checkpoints: Checkpoints) -> Crew:
    """Return the crew of one production."""
    generator, spare = _both(terms.generator, studio.settings.fallback_generator, partial(generator_of, studio))
    planner, other = _both(terms.planner, studio.settings.fallback_planner, _planner)
    generators = {one.name: one for one in (generator, spare) if one is not None}
    before = studio.operations.generators(production, "generate")
    generators |= {name: generator_of(studio, name) for name in before if name not in generators}
    ledger.made_with = {"plan": planner.name, "generate": generator.name, "conform": generator.name}
    ledger.models = {name: one.capabilities().model for name, one in generators.items()}
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
        planner=planner,
        spare_planner=other,
        search=studio.search,
        generator=generator,
        spare_generator=spare,
        generators=generators,
        purse=Purse(studio.productions, studio.budgets, generator=generator),
        on_unknown=cast(OnUnknown, studio.settings.on_unknown),
        house=HouseFormat(
            codec=studio.settings.video_codec, font=studio.settings.font, loudness=studio.settings.loudness
        ),
        work=_journal(studio, production, generators),
        dailies=receipts,
        signer=assemble.open_identity(studio.home / "keys", clock=studio.clock),
        channels={folder.name: folder},
        receipts=receipts,
        ledger=ledger,
        checkpoints=checkpoints,
        progress=studio.progress,
    )


_Adapter = TypeVar("_Adapter")


def _both(name: str, spare: str, make: Callable[[str], _Adapter]) -> tuple[_Adapter, _Adapter | None]:
    """Return an adapter, and the one that takes over from it: none where none is set, or where it is the same."""
    return make(name), make(spare) if spare and spare != name else None


def _planner(name: str) -> Planner:
    return adapter("planners", name)()


def journal_of(studio: Studio, production: str, generators: Sequence[str], *, held: ExitStack) -> Journal:
    """Return the journal of a production, able to drive the operations of these generators; `held` closes them."""
    made = {name: held.enter_context(closing(generator_of(studio, name))) for name in generators}
    return _journal(studio, production, made)


def _journal(studio: Studio, production: str, generators: Mapping[str, Generator]) -> Journal:
    return Journal(
        studio.operations,
        executor=studio.executor,
        remote={name: one for name, one in generators.items() if one.capabilities().mode == "remote"},
        spool=studio.spool,
        clock=studio.clock,
        limits=limits(studio.settings),
        cancelled=lambda: studio.productions.cancelled(production),
        telemetry=studio.telemetry,
    )


def limits(settings: Settings) -> Limits:
    """Return how much paid work is under way at once."""
    return Limits(
        calls=settings.provider_calls,
        in_flight=settings.provider_jobs,
        job_deadline_s=settings.job_deadline_s,
        patience_s=settings.provider_patience_s,
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
        attempts=studio.attempts,
        files=studio.files,
        clock=studio.clock,
    )
