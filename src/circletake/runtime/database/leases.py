"""Leases: who drives a production. A fencing token refuses the late writes of whoever drove it before."""

from __future__ import annotations

import os
import socket

from sqlalchemy import Row, select, update

from circletake.domain.ports import Clock
from circletake.errors import LeaseHeld
from circletake.runtime.database.engine import Database, Fence, check_fence
from circletake.runtime.database.tables import lease as table
from circletake.runtime.database.upsert import upsert

LEASE_S = 30.0
"""How long a lease lasts without a heartbeat."""
HEARTBEAT_S = 5.0


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Leases:
    """One row a production that somebody drives or drove; the token only ever grows."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._host = socket.gethostname()

    def claim(self, production: str) -> int:
        """Take the lease and return its token.

        A lease of a process of this machine that no longer lives is free at once; another's is free when it runs out.

        Raises:
            LeaseHeld: somebody else drives this production; says who.
        """
        with self._database.write() as connection:
            now = self._clock.now()
            row = connection.execute(select(table).where(table.c.production == production)).one_or_none()
            if row is not None and self._is_held(row, now):
                raise LeaseHeld(
                    f"production {production} is being driven by {row.holder}; wait for it, or end that process"
                )
            token = (row.token if row else 0) + 1
            values = {
                "production": production,
                "holder": f"process {os.getpid()} on {self._host}",
                "host": self._host,
                "pid": os.getpid(),
                "token": token,
                "until": now + LEASE_S,
            }
            statement = upsert(connection, table).values(values)
            connection.execute(statement.on_conflict_do_update(index_elements=["production"], set_=values))
        return token

    def _is_held(self, row: Row, now: float) -> bool:
        if row.until <= now:
            return False
        return row.host != self._host or _is_alive(row.pid)

    def holder(self, production: str) -> str:
        """Return who drives a production now; empty when nobody does."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.production == production)).one_or_none()
        return row.holder if row is not None and self._is_held(row, self._clock.now()) else ""

    def beat(self, production: str, token: int) -> None:
        """Prolong a lease.

        Raises:
            LeaseLost: somebody else has taken it.
        """
        with self._database.write() as connection:
            check_fence(connection, Fence(production, token))
            values = {"until": self._clock.now() + LEASE_S}
            connection.execute(update(table).where(table.c.production == production).values(values))

    def revoke(self, production: str, token: int) -> int:
        """Replace a token by the next one, so that late writes under the old one are refused; returns the new one.

        Raises:
            LeaseLost: somebody else has taken the lease.
        """
        with self._database.write() as connection:
            check_fence(connection, Fence(production, token))
            connection.execute(update(table).where(table.c.production == production).values(token=token + 1))
        return token + 1

    def release(self, production: str, token: int) -> None:
        """Give the lease back; does nothing when somebody else has taken it."""
        with self._database.write() as connection:
            mine = (table.c.production == production, table.c.token == token)
            connection.execute(update(table).where(*mine).values(until=0.0))
