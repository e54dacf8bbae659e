"""Drive a production: hold its lease and keep it alive, so that a second driver is told who holds it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from circletake.errors import HomeError, LeaseLost
from circletake.runtime.database.engine import Fence
from circletake.runtime.database.leases import HEARTBEAT_S, Leases

log = logging.getLogger(__name__)


class Driver:
    """The lease of one production as this process holds it; the token changes when a step is given up."""

    def __init__(self, leases: Leases, production: str, token: int) -> None:
        self._leases = leases
        self.production = production
        self._token = token
        self._lock = threading.Lock()

    @property
    def fence(self) -> Fence:
        """What writes are checked against now."""
        with self._lock:
            return Fence(self.production, self._token)

    def give_up(self) -> None:
        """Refuse whatever still writes under the present token."""
        with self._lock:
            self._token = self._leases.revoke(self.production, self._token)

    def beat(self) -> None:
        """Prolong the lease."""
        with self._lock:
            self._leases.beat(self.production, self._token)


@contextmanager
def driving(leases: Leases, production: str) -> Iterator[Driver]:
    """Hold the lease of a production while the block runs.

    Raises:
        LeaseHeld: somebody else drives it.
    """
    driver = Driver(leases, production, leases.claim(production))
    over = threading.Event()

    def keep_alive() -> None:
        while not over.wait(HEARTBEAT_S):
            try:
                driver.beat()
            except LeaseLost:
                log.warning("the lease of %s was taken; writes of this process are refused from now on", production)
                return
            except HomeError as error:
                log.warning("the lease of %s could not be prolonged, tried again soon: %s", production, error)

    heart = threading.Thread(target=keep_alive, name=f"lease-{production}", daemon=True)
    heart.start()
    try:
        yield driver
    finally:
        over.set()
        heart.join()
        leases.release(production, driver.fence.token)
