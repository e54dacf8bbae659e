"""Drive paid operations as a production does, in a process that is there to be killed.

    python -m tests.chaos.driver OPERATIONS [--wrong]

Home and provider come from the environment. Journal, leases, workers and the client of the provider are the shipped
ones; the clips are small. With `--wrong` the journal is wrong: nothing is committed before the call.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from decimal import Decimal
from unittest.mock import patch

from pydantic import JsonValue

from circletake.domain.brief import Brief, Terms
from circletake.domain.money import to_micros
from circletake.domain.operation import Operation, operation_key
from circletake.generate.loopback import Loopback
from circletake.runtime.database.engine import fenced
from circletake.runtime.database.transitions import Transitions
from circletake.runtime.driving import driving
from circletake.studio.room import Studio
from circletake.studio.wiring import journal_of

PRODUCTION = "chaos"
CAP = Decimal(1000)


def request(number: int) -> dict[str, JsonValue]:
    """Return what an operation asks for."""
    return {
        "prompt": f"a door, {number}", "negative_prompt": "", "seconds": 1, "width": 128, "height": 72,
        "seed": number, "count": 1, "frames": 12, "fps": "24", "codec": "libx264",
    }  # fmt: skip


def operations(studio: Studio, count: int) -> list[Operation]:
    """Return the operations of the trial; the same in every process."""
    quote = Loopback(studio.files).quote(request(1)).amount
    return [
        Operation(
            key=operation_key(PRODUCTION, "generate", "1A", number, 1),
            production=PRODUCTION,
            step="generate",
            slate="1A",
            number=number,
            round=1,
            generator="loopback",
            request=request(number),
            quote=quote,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip


def _no_begin(self: Transitions, one: Operation) -> None:
    """Set the money aside, and forget to write down that a call is about to be made."""
    self._budgets.reserve(self._connection, one.production, to_micros(one.quote), name=one.key)


def main(count: int, *, wrong: bool) -> None:
    """Drive until all is done."""
    studio = Studio.open()
    if not studio.productions.all():
        studio.productions.add(PRODUCTION, brief=Brief(text="a door"), terms=Terms(generator="loopback"), at=1.0)
        studio.budgets.set_cap(PRODUCTION, CAP)
    with ExitStack() as held:
        if wrong:
            held.enter_context(patch.object(Transitions, "begin_submit", _no_begin))
        held.callback(studio.close)
        driver = held.enter_context(driving(studio.leases, PRODUCTION))
        held.enter_context(fenced(driver.fence))
        journal = journal_of(studio, PRODUCTION, ["loopback"], held=held)
        journal.drain(operations(studio, count), progress=lambda what, done, total: None)


if __name__ == "__main__":
    main(int(sys.argv[1]), wrong="--wrong" in sys.argv)
