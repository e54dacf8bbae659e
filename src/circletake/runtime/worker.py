"""A worker process: reads keys from its standard input, runs `execute(key)`, answers a line for each.

Started as `python -m circletake.runtime.worker MODULE:FUNCTION HOME`; if the module has a function `prepare`, that runs
before the first key comes. It ends at once when its parent dies: the pipe
closes, whatever it was doing.
"""

from __future__ import annotations

import json
import logging
import os
import pkgutil
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from circletake.errors import CircletakeError
from circletake.runtime.limits import one_of_many
from circletake.runtime.spool import Spool

log = logging.getLogger(__name__)


def _read_keys(keys: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        keys.put(json.loads(line))
    os._exit(0)


def main(entry: str, home: str) -> None:
    """Serve keys until standard input closes."""
    one_of_many()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    execute = cast(Callable[[Path, str], None], pkgutil.resolve_name(entry))
    keys: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_keys, args=(keys,), daemon=True).start()
    prepare = getattr(sys.modules[execute.__module__], "prepare", None)
    if prepare is not None:
        prepare()
    while True:
        key = keys.get()
        kind, error = "", ""
        try:
            execute(Path(home), key)
        except CircletakeError as problem:
            kind, error = type(problem).__name__, str(problem)
        except Exception as problem:
            log.debug("%s failed", key, exc_info=True)
            kind, error = type(problem).__name__, " ".join(str(problem).split())
            Spool(Path(home)).complain(key, f"{kind}: {error}")
        answers.write(json.dumps({"key": key, "class": kind, "error": error}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
