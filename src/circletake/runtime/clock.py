"""Time and waiting: the only place that asks the machine what time it is."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return Unix seconds."""
        return time.time()

    def today(self) -> date:
        """Return the day in UTC."""
        return datetime.now(UTC).date()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def moment(unix_seconds: float) -> datetime:
    """Return Unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(unix_seconds, UTC)
