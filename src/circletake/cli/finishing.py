"""Say how a production stands after it was driven, and leave with the exit code of waiting where it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circletake.errors import WaitingForPerson

if TYPE_CHECKING:
    from circletake.studio.room import Film


def finish(made: Film, as_json: bool) -> None:
    """Print a production.

    Raises:
        WaitingForPerson: it waits for one.
    """
    from circletake.cli import show
    from circletake.cli.account import account

    if as_json:
        show.as_json(account(made))
    else:
        show.film(made)
    if made.waiting:
        raise WaitingForPerson(made.waiting, 0, made.message)
