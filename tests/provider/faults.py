"""Faults as data: which requests of which route go wrong, and how.

A rule is `{"on": "submit", "what": "429", "nth": [1, 3]}`, or `"every": 5`, or `"rate": 0.1` (drawn from `"seed"`);
further fields belong to the fault, e.g. `"seconds"` or `"retry_after"`. Requests of a route are counted from 1.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

ROUTES = ("submit", "job", "list", "cancel", "file")
OF_ANY = ("429", "503", "slow", "malformed_json", "drop")
OF_SUBMIT = ("drop_after_accept", "drop_before_accept", "late", "policy_refusal", "quota")
OF_JOB = ("never_ends", "partial_result", "refused_later", "duplicate_delivery")
"""Given at submit, felt later."""
OF_FILE = ("truncated_file", "download_reset", "garbage")


class Faults:
    """The rules, and how often each route was asked."""

    def __init__(self, rules: Sequence[dict[str, Any]]) -> None:
        for rule in rules:
            known = {*OF_ANY, *(OF_SUBMIT + OF_JOB if rule["on"] == "submit" else ()), *OF_FILE}
            if rule["on"] not in ROUTES or rule["what"] not in known:
                raise SystemExit(f"no such fault: {rule}")
        self._rules = [(rule, random.Random(rule.get("seed", 1))) for rule in rules]
        self._count: Counter[str] = Counter()
        self._lock = threading.Lock()

    def of(self, route: str) -> list[dict[str, Any]]:
        """Return what goes wrong with the next request of a route."""
        with self._lock:
            self._count[route] += 1
            number = self._count[route]
            return [rule for rule, rng in self._rules if rule["on"] == route and _hits(rule, number, rng)]


def _hits(rule: dict[str, Any], number: int, rng: random.Random) -> bool:
    if "nth" in rule:
        return number in rule["nth"]
    if "every" in rule:
        return number % rule["every"] == 0
    return rng.random() < rule.get("rate", 1.0)
