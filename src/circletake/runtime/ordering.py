"""Order work that costs minutes, not money: what came to nothing before is ordered again, under the next key."""

from __future__ import annotations

from collections.abc import Callable

from circletake.domain.operation import Operation, Outcome
from circletake.domain.ports import Work
from circletake.errors import MediaError

MOST_ORDERS = 100
"""Orders of one thing, over all attempts and resumes."""


def next_order(make: Callable[[int], Operation], work: Work, *, stands: Callable[[Outcome], bool]) -> Operation:
    """Return the first order that is open or has borne fruit; else one that the journal does not know yet.

    An order that failed before is passed over, and so is one that asked for something else, or whose fruit is lost:
    what stood in its way may be mended by now. Never for paid work, which is not repeated by itself.

    Args:
        make: returns the order of that number, from 1; the numbers differ in their keys.
        work: the journal.
        stands: whether what came of a finished order can still be used.

    Raises:
        MediaError: it was ordered a hundred times and never came.
    """
    for number in range(1, MOST_ORDERS + 1):
        one = make(number)
        known = work.journalled(one.key)
        if known is None:
            return one
        held, outcome = known
        if held.request == one.request and (outcome is None or (outcome.state == "done" and stands(outcome))):
            return one
    raise MediaError(f"{make(1).key} was ordered {MOST_ORDERS} times and never made: circle another take")
