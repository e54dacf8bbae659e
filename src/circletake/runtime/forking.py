"""Take a production back to a step: a fork of the checkpoint that stood before it, with other values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circletake.errors import UsageError

_MOST = 10_000
"""Checkpoints that are looked through; a production has some ten a round."""


def fork(app: Any, production: str, step: str, values: Mapping[str, object]) -> None:
    """Make the state before a step's newest turn, with `values` changed, the one that the production goes on from.

    Args:
        app: the compiled graph.
        production: its thread.
        step: name of the node that is to run next.
        values: fields of the state that differ from what they were.

    Raises:
        UsageError: the production has not come to that step yet.
    """
    config: Any = {"configurable": {"thread_id": production}}
    for snapshot in app.get_state_history(config, limit=_MOST):
        if snapshot.next == (step,):
            forked = app.update_state(snapshot.config, dict(values), as_node=_before(snapshot, step))
            after = app.get_state(forked).next
            if after != (step,):
                raise UsageError(f"production {production} would go on with {', '.join(after)}, not with {step}")
            return
    raise UsageError(f"production {production} has not come to {step} yet: circletake show {production}")


def _before(snapshot: Any, step: str) -> str:
    """Return the node whose turn came before the step's: its edges lead there again."""
    if step == "plan":
        return "__start__"
    before = {
        "catalog": "plan",
        "approve": "catalog",
        "generate": "approve",
        "review": "generate",
        "conform": "review",
        "assemble": "conform",
        "screening": "assemble",
        "publish": "screening",
    }
    return before[step]
