"""The crew: everything that a production's steps are given. `studio` fills it, `graph` hands it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from circletake.assemble import Signer
from circletake.catalog import Catalogue
from circletake.domain.ports import Clock, Files, Planner, Progress, RightsCheck, Work
from circletake.generate import Generator, HouseFormat, OnUnknown
from circletake.publish import Channel, Receipts
from circletake.review.base import Dailies, Purse
from circletake.runtime.checkpoints import Checkpoints
from circletake.runtime.database.choices import Choices
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.cuts import Cuts, Releases
from circletake.runtime.database.decisions import Decisions
from circletake.runtime.database.plans import Plans
from circletake.runtime.database.productions import Productions
from circletake.runtime.database.references import References
from circletake.runtime.database.takes import Finals, Takes
from circletake.runtime.steps import StepLedger


class Search(Catalogue, RightsCheck, Protocol):
    """The catalogue: finds, and answers for rights."""


@dataclass(frozen=True)
class Crew:
    """One field a port or repository."""

    productions: Productions
    plans: Plans
    references: References
    clips: Clips
    takes: Takes
    finals: Finals
    choices: Choices
    decisions: Decisions
    cuts: Cuts
    releases: Releases
    files: Files
    clock: Clock
    planner: Planner
    spare_planner: Planner | None
    """Takes over when the planner failed for good; so does `spare_generator` for the generator."""
    search: Search
    generator: Generator
    spare_generator: Generator | None
    generators: Mapping[str, Generator]
    """By name, the spare one too, and those of takes that were shot with another."""
    purse: Purse
    on_unknown: OnUnknown
    house: HouseFormat
    work: Work
    dailies: Dailies
    signer: Signer
    channels: Mapping[str, Channel]
    receipts: Receipts
    ledger: StepLedger
    checkpoints: Checkpoints
    progress: Progress
