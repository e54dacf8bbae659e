"""Operations: calls that cost money or minutes, each journalled under a key that never names the attempt."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import Field, JsonValue

from circletake.domain.look import Look
from circletake.domain.money import Usd
from circletake.domain.quality import QcReport
from circletake.domain.schema import Stored, Value

OperationState = Literal["planned", "submitting", "submitted", "done", "refused", "failed", "unknown", "cancelled"]
FINISHED: frozenset[str] = frozenset({"done", "refused", "failed", "unknown", "cancelled"})
"""States after which nothing is sent any more."""


def operation_key(production: str, step: str, slate: str, number: int, round: int) -> str:
    """Return `production/step/slate/number/round`: the same work has the same key however often it is tried."""
    return f"{production}/{step}/{slate}/{number}/{round}"


def request_sha256(request: dict[str, JsonValue]) -> str:
    """Return the hash of a request's canonical JSON."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Operation(Value):
    """One row of the journal."""

    key: str
    production: str
    step: str
    slate: str
    number: int
    round: int
    generator: str
    request: dict[str, JsonValue]
    """What is asked for, as JSON."""
    state: OperationState = "planned"
    handle: dict[str, JsonValue] | None = None
    """What the provider gave for polling; stored before the first poll."""
    not_before: float | None = None
    """Unix time before which it is not sent again."""
    submitted_at: float | None = None
    """Unix time at which the newest submit began."""
    submits: int = 0
    """How often it was sent, or about to be."""
    finished_at: float | None = None
    """Unix time at which its end was journalled."""
    quote: Usd
    spent: Usd | None = None
    """What was charged; `None` while that is not known."""
    error_class: str | None = None
    error: str | None = None


class Resolution(Value):
    """What a provider says of a submit of which nobody here knows whether it was accepted."""

    verdict: Literal["accepted", "not_accepted", "not_yet", "unknown"]
    """`not_accepted` is definite: it may be sent again. `not_yet`: the request may still be on its way; ask again after
    `wait_s`. `unknown`: the provider cannot tell, now or later."""
    handle: dict[str, JsonValue] | None = None
    """For polling; there when it was accepted."""
    wait_s: float = Field(default=0.0, ge=0)


class Output(Value):
    """One thing an operation yielded: a take, or the reason why there is none."""

    index: int = Field(ge=0)
    outcome: Literal["take", "rejected"]
    reasons: tuple[str, ...] = ()
    uri: str = ""
    """`media/<sha256>.<ending>` in the file store."""
    sha256: str = ""
    bytes: int = 0
    poster: str = ""
    """URI of a JPEG of the middle frame."""
    frames: int = 0
    width: int = 0
    height: int = 0
    look: Look | None = None
    phash: str = ""
    recipe: dict[str, JsonValue] = Field(default_factory=dict)
    """How this output was made: enough to make it again."""
    qc: QcReport | None = None


class Outcome(Stored):
    """What came of an operation, as its worker reports it."""

    SCHEMA = "outcome"

    key: str
    state: Literal["done", "refused", "failed"]
    outputs: tuple[Output, ...] = ()
    spent: Usd
    error_class: str | None = None
    error: str | None = None
    seconds: float = Field(default=0.0, ge=0)
    """Wall time of the work."""
    cpu_seconds: float = Field(default=0.0, ge=0)
