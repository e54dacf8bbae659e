"""What the executor's workers run in these tests: real processes, told by the key what to do."""

from __future__ import annotations

import os
import signal
import time
from decimal import Decimal
from pathlib import Path

from circletake.domain.operation import Outcome
from circletake.errors import HomeError
from circletake.runtime.clock import SystemClock
from circletake.runtime.spool import Spool


def execute(home: Path, key: str) -> None:
    """Finish, unless the key says otherwise."""
    spool = Spool(home)
    spool.note(key, "begins", clock=SystemClock())
    if "hang" in key:
        time.sleep(60)
    if "die_once" in key and not (home / "died").exists():
        (home / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if "die_always" in key:
        os.kill(os.getpid(), signal.SIGKILL)
    if "full" in key:
        raise HomeError("cannot write: no space left on device; free space")
    spool.put(Outcome(key=key, state="done", spent=Decimal(0)))
    spool.note(key, "finished", clock=SystemClock())
