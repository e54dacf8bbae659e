"""The studio: makes productions, drives them, and takes a person's decisions."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from circletake.domain.brief import Brief, Terms
from circletake.domain.plan import Plan
from circletake.domain.ports import Clock, Progress
from circletake.errors import BriefError, Cancelled, CircletakeError, UnknownId, UsageError
from circletake.runtime.clock import moment
from circletake.runtime.driving import Driver, driving
from circletake.runtime.executor import LocalExecutor
from circletake.runtime.files import cannot_write, write_atomically
from circletake.runtime.locks import locked
from circletake.runtime.telemetry import Otlp, Telemetry
from circletake.settings import Settings, read_settings
from circletake.studio.app import App
from circletake.studio.house import STARTER, House, adapter, embedder_of
from circletake.studio.worker import execute

if TYPE_CHECKING:
    from circletake.assemble import Verification
    from circletake.catalog import Search
    from circletake.crew import Crew
    from circletake.reliability import Report

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Letters of a production's id: none that are mistaken for one another."""


def _quiet(what: str, done: int, total: int) -> None:
    """Show nothing."""


def _silent(step: str, what: str) -> None:
    """Show nothing."""


def _unsaid(what: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Film:
    """How a production stands after it was driven."""

    production: str
    status: str
    """`running`, `waiting`, `failed`, `cancelled` or `done`."""
    waiting: str
    """`plan`, `takes` or `film` when a person must decide; empty otherwise."""
    message: str
    """What to do next, or why it stopped; empty when it is done."""
    film: Path | None
    """The film as it was published last."""
    receipt: Path | None
    contact_sheet: Path | None


class Studio(House):
    """One home: its catalogue, its productions, its keys."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        super().__init__(settings, clock=clock)
        self.progress: Progress = _quiet
        self.told: Callable[[str, str], None] = _silent
        self.notice: Callable[[str], None] = _unsaid

    @classmethod
    def open(cls, path: str | Path | None = None, *, clock: Clock | None = None) -> Studio:
        """Open the studio at `path`, or at CIRCLETAKE_HOME, or at `./studio`; makes it if there is none.

        Raises:
            SettingsError: an unknown or unreadable setting.
            HomeError: the home cannot be written, or was made by another version.
        """
        studio = cls(read_settings(None if path is None else Path(path)), clock=clock)
        studio.init()
        return studio

    def init(self) -> None:
        """Make the home, its database and its signing identity; does nothing where they are."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with locked(self.home / "locks" / "home.lock"):
                pass
        except OSError as error:
            raise cannot_write(self.home, error) from error
        self.database.migrate()
        if not (self.home / "keys").is_dir():
            from circletake.assemble import make_identity

            with locked(self.home / "locks" / "keys.lock"):
                make_identity(self.home / "keys", clock=self.clock)

    @cached_property
    def executor(self) -> LocalExecutor:
        """The media workers."""
        return LocalExecutor(
            execute,
            self.home,
            processes=self.settings.workers,
            deadline_s=self.settings.operation_deadline_s,
            clock=self.clock,
        )

    @cached_property
    def search(self) -> Search:
        """The catalogue."""
        from circletake.catalog import Search
        from circletake.catalog.base import space_of
        from circletake.catalog.lance import LanceIndex

        embedder = embedder_of(self.settings)
        space = space_of(embedder) if embedder else None
        index = LanceIndex(self.home / "index", space=space, memory=self.settings.search_memory * 1_000_000)
        found = Search(self.clips, index, embedder=embedder)
        if found.sync() and embedder is None and self.settings.embedder == "auto":
            self.notice("footage is found by words and looks alone, not by meaning: circletake doctor says why")
        return found

    @cached_property
    def telemetry(self) -> Telemetry:
        """Who is told of steps and operations while they happen."""
        return Otlp(self.settings.otlp_endpoint) if self.settings.otlp_endpoint else Telemetry()

    @cached_property
    def app(self) -> App:
        """The article's own call: `studio.app.invoke({"brief": ...})`."""
        return App(self)

    def close(self) -> None:
        """End the media workers and let go of the database."""
        if "executor" in self.__dict__:
            self.executor.close()
        if "telemetry" in self.__dict__:
            self.telemetry.close()
        self.database.dispose()

    def starter(self) -> int:
        """Make the starter catalogue, or what is missing of it; returns how many clips the catalogue holds."""
        from circletake.catalog.starter import make_starter

        def draw_all(names: Sequence[str]) -> Iterator[str]:
            return (key.removeprefix(STARTER) for key in self.executor.run([STARTER + name for name in names]))

        with locked(self.home / "locks" / "starter.lock"):
            make_starter(
                clips=self.clips,
                files=self.files,
                search=self.search,
                cache=self.settings.cache,
                draw_all=draw_all,
                progress=self.progress,
            )
        return self.clips.count()

    def make(self, brief: str | Brief, *, production: str | None = None, **terms: Any) -> Film:
        """Take a brief as far as it goes: to the published film, or to the first point where a person decides.

        Args:
            brief: the text, or a `Brief` with what was said beside it.
            production: an id for it; made up when absent.
            terms: fields of `domain.brief.Terms`, e.g. `takes=24`, `pick="provisional"`, `seed=7`.

        Raises:
            BriefError: the brief cannot be meant; nothing is kept of it.
            Shortfall: the catalogue holds too little that may be used.
        """
        asked = Brief(text=brief) if isinstance(brief, str) else brief
        agreed = Terms.model_validate(terms)
        if not asked.text.strip():
            raise BriefError('the brief is empty: say what the film should be, e.g. "cold open, 20s, dread tone"')
        for kind, names in (
            ("planners", (agreed.planner, self.settings.fallback_planner)),
            ("generators", (agreed.generator, self.settings.fallback_generator)),
        ):
            for name in filter(None, names):
                adapter(kind, name)
        if self.clips.count() == 0:
            self.told("starter", "begins")
            self.starter()
            self.told("starter", "done")
        name = production or "".join(secrets.choice(_ALPHABET) for _ in range(8))
        self.productions.add(name, brief=asked, terms=agreed, at=self.clock.now())
        if agreed.budget is not None:
            self.budgets.set_cap(name, agreed.budget)
        try:
            return self.resume(name)
        except UsageError:
            if self.plans.latest(name) is None:
                from circletake.runtime.checkpoints import forget

                self.productions.discard(name)
                forget(self.home, self.settings.database, name)
            raise

    def resume(self, production: str, *, budget: Decimal | None = None) -> Film:
        """Drive a production from wherever it stands.

        Args:
            production: its id.
            budget: the most that it may spend from now on, in USD; `None` leaves it as it is.

        Raises:
            UnknownId: there is no such production.
            LeaseHeld: another process drives it; says who.
            Cancelled: it was cancelled; what was paid for has been collected.
            CircletakeError: a step failed for good; the production can be resumed.
        """
        from circletake.graph import production_graph
        from circletake.runtime.steps import go_on
        from circletake.studio.control import collect

        terms = self.productions.terms(production)
        if budget is not None:
            self.budgets.set_cap(production, budget)
        with driving(self.leases, production) as driver, self.driven(production, terms, driver=driver) as crew:
            self.productions.set_status(production, "running")
            try:
                if self.productions.cancelled(production):
                    collect(self, production)
                    raise Cancelled(f"production {production} was cancelled")
                waiting = go_on(production_graph(crew), production)
            except Cancelled as error:
                again = f"{error}; shoot on: circletake rerun {production} --from generate"
                self.productions.set_status(production, "cancelled", message=again)
                raise Cancelled(again) from error
            except CircletakeError as error:
                self.productions.set_status(production, "failed", message=str(error))
                raise
            if waiting is None:
                self.productions.set_status(production, "done")
            else:
                told = {"waiting_at": waiting.point, "message": str(waiting)}
                self.productions.set_status(production, "waiting", **told)
        return self.film(production)

    @contextmanager
    def driven(self, production: str, terms: Terms, *, driver: Driver) -> Iterator[Crew]:
        """Give the crew of a production while this process holds its lease."""
        from circletake.runtime.checkpoints import open_checkpoints
        from circletake.runtime.steps import Policy, StepLedger
        from circletake.studio.wiring import fill

        if terms.pick == "provisional":
            self.executor.warm()  # workers load while the plan is made
        self.files.sweep(before=self.clock.now() - self.settings.step_deadline_s)
        policy = Policy(deadline_s=self.settings.step_deadline_s)
        ledger = StepLedger(
            self.attempts,
            self.clock,
            policy=policy,
            driver=driver,
            told=self.told,
            spent=self.operations.spent,
            cancelled=self.productions.cancelled,
            telemetry=self.telemetry,
        )
        with open_checkpoints(self.home, self.settings.database) as checkpoints, ExitStack() as held:
            held.enter_context(self.telemetry.drive(production))
            crew = fill(self, production, terms, ledger=ledger, checkpoints=checkpoints)
            for generator in crew.generators.values():
                held.callback(generator.close)
            yield crew

    def film(self, production: str) -> Film:
        """Return how a production stands.

        Raises:
            UnknownId: there is no such production.
        """
        standing = self.productions.standing(production)
        released = self.releases.of(production)
        folder = self.folder(production)
        return Film(
            production=production,
            status=standing.status,
            waiting=standing.waiting_at or "",
            message=standing.message,
            film=Path(released[-1].address) if released else None,
            receipt=_if_there(folder / "receipt.html"),
            contact_sheet=_if_there(folder / "contact.png"),
        )

    def folder(self, production: str) -> Path:
        """Return where a production's receipt and contact sheet lie."""
        return self.home / "productions" / production

    def edit_plan(self, production: str, text: str) -> tuple[int, Plan]:
        """Store an edited plan as the next version and return its number.

        Raises:
            PlanError: it does not hold together; says where.
            UsageError: the plan is approved already: takes have been shot from it.
        """
        version, current = self.plan(production)
        if self.decisions.of(production, "plan", version) is not None:
            raise UsageError(f"plan {version} of {production} is approved; takes are shot from it")
        from circletake.plan import edit_plan

        edited = edit_plan(text, current=current, brief=self.productions.brief(production))
        if edited == current:
            return version, current
        return self.plans.add(production, edited, by="person"), edited

    def plan(self, production: str) -> tuple[int, Plan]:
        """Return the newest plan and its version.

        Raises:
            UnknownId: there is no such production, or it has no plan yet.
        """
        self.productions.standing(production)
        newest = self.plans.latest(production)
        if newest is None:
            raise UnknownId(f"production {production} has no plan yet: circletake resume {production}")
        return newest

    def approve(self, production: str, point: Literal["plan", "film"], *, note: str = "") -> None:
        """Approve what a production waits with, in this person's name.

        Raises:
            UsageError: it does not wait with that.
        """
        standing = self.productions.standing(production)
        if standing.waiting_at != point:
            where = f"it waits with {standing.waiting_at}" if standing.waiting_at else f"it is {standing.status}"
            raise UsageError(f"production {production} does not wait for approval of its {point}: {where}")
        round = self.plan(production)[0] if point == "plan" else self.cuts.latest(production)
        who = {"by": "person", "who": self.settings.who, "note": note}
        self.decisions.record(production, point, round, **who, at=self.clock.now())

    def pick(self, production: str, slate: str, number: int, *, reason: str = "") -> tuple[str, ...]:
        """Circle a take in this person's name; returns the slates that have no circled take yet.

        Raises:
            UnknownId: there is no such production, slate or take.
            UsageError: the take failed quality control, or the film is cut already.
        """
        if self.productions.standing(production).waiting_at != "takes":
            raise UsageError(f"production {production} does not wait for picks: circletake show {production}")
        from circletake.review import pick

        pick(
            production,
            slate=slate,
            number=number,
            takes=self.takes,
            circles=self.choices,
            who=self.settings.who,
            reason=reason,
            at=self.clock.now(),
            idempotency_key=uuid.uuid4().hex,
        )
        circled = self.choices.current(production)
        return tuple(shot.slate for shot in self.plan(production)[1].shots if shot.slate not in circled)

    def verify(self, film: Path) -> Verification:
        """Read the provenance of a file back.

        Raises:
            MediaError: there is no such file, or it cannot be opened.
        """
        from circletake.assemble import open_identity, verify

        signer = open_identity(self.home / "keys", clock=self.clock)
        return verify(film, anchors_pem=signer.root_pem)

    def reliability(self, *, since: float = 0.0) -> tuple[Report, Path]:
        """Multiply the steps of all productions out, from `since` (Unix seconds) on; returns the page of it as well.

        Raises:
            HomeError: the page cannot be written.
        """
        from circletake.reliability import report
        from circletake.reliability.page import page

        found = report(self.attempts.all(since=since))
        path = self.home / "reliability.html"
        text = page(found, studio=self.home.name, at=moment(self.clock.now()))
        write_atomically(path, text.encode())
        return found, path


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None
