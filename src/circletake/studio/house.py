"""The house: one home's settings, repositories and files. The driver and every media worker open the same one."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from circletake.domain.ports import Clock
from circletake.errors import UsageError
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.attempts import Attempts
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.choices import Choices
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.cuts import Cuts, Releases
from circletake.runtime.database.decisions import Decisions
from circletake.runtime.database.engine import Database
from circletake.runtime.database.leases import Leases
from circletake.runtime.database.operations import Operations
from circletake.runtime.database.plans import Plans
from circletake.runtime.database.productions import Productions
from circletake.runtime.database.references import References
from circletake.runtime.database.sources import Sources
from circletake.runtime.database.takes import Finals, Takes
from circletake.runtime.files import FileStore
from circletake.runtime.spool import Spool
from circletake.settings import Settings

if TYPE_CHECKING:
    from circletake.catalog import Embedder
    from circletake.generate import Generator

STARTER = "starter/"
"""Prefix of the executor keys that draw starter footage."""
INGEST = "ingest/"
"""Prefix of the executor keys that take a file into the catalogue."""


class House:
    """One field a repository.

    Args:
        settings: what the home holds, and where its database is.
        clock: time.
        pooled: keep connections to a database server open; a media worker asks too seldom for that.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None, pooled: bool = True) -> None:
        self.settings = settings
        self.home = settings.home
        self.clock: Clock = clock or SystemClock()
        self.database = Database(self.home, settings.database, pooled=pooled)
        self.productions = Productions(self.database)
        self.plans = Plans(self.database, clock=self.clock)
        self.references = References(self.database)
        self.clips = Clips(self.database, clock=self.clock)
        self.sources = Sources(self.database, clock=self.clock)
        self.takes = Takes(self.database)
        self.finals = Finals(self.database, self.takes)
        self.choices = Choices(self.database)
        self.decisions = Decisions(self.database)
        self.cuts = Cuts(self.database)
        self.releases = Releases(self.database)
        self.budgets = Budgets(self.database, studio_cap=settings.budget)
        self.operations = Operations(self.database, budgets=self.budgets, clock=self.clock)
        self.attempts = Attempts(self.database)
        self.leases = Leases(self.database, clock=self.clock)
        self.files = FileStore(self.home)
        self.spool = Spool(self.home)


def adapter(kind: str, name: str) -> Any:
    """Load an adapter by its registered name; the shipped ones are registered the way a plugin is.

    Raises:
        UsageError: nothing of that name is installed.
    """
    known = {point.name: point for point in entry_points(group=f"circletake.{kind}")}
    if name not in known:
        raise UsageError(f"there is no {kind.removesuffix('s')} {name!r}; installed: {', '.join(sorted(known))}")
    return known[name].load()


def generator_of(house: House, name: str) -> Generator:
    """Make a generator, with the options that the settings hold for it.

    Raises:
        UsageError: nothing of that name is installed.
    """
    return adapter("generators", name)(house.files, house.settings.options(name))


def embedder_of(settings: Settings) -> Embedder | None:
    """Return the embedder that the settings name; `auto` is minilm where it can be used, else none.

    Raises:
        UsageError: nothing of that name is installed.
        SettingsError: it cannot be used, says why.
    """
    if settings.embedder == "none":
        return None
    if settings.embedder == "auto":
        from circletake.catalog.minilm import missing

        if missing(settings.cache):
            return None
    name = "minilm" if settings.embedder == "auto" else settings.embedder
    return adapter("embedders", name)(settings.cache, threads=settings.workers)
