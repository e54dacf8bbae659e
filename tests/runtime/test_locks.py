"""Turns between processes: who waits is told for whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from circletake.runtime.locks import in_turn

HOLDS = """
import pathlib, sys
from circletake.runtime.locks import in_turn
with in_turn(pathlib.Path(sys.argv[1]), me="the first", waiting=print):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_who_waits_is_told_who_holds_it_and_has_it_afterwards(tmp_path: Path):
    lock = tmp_path / "locks" / "some.lock"
    command = [sys.executable, "-c", HOLDS, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        told: list[str] = []

        def waiting(who: str) -> None:
            told.append(who)
            first.kill()

        with in_turn(lock, me="the second", waiting=waiting):
            assert told == ["the first"]
            assert lock.read_text(encoding="utf-8") == "the second"


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path):
    for me in ("a long name of somebody", "Ada"):
        told: list[str] = []
        with in_turn(tmp_path / "lock", me=me, waiting=told.append):
            assert (tmp_path / "lock").read_text(encoding="utf-8") == me
        assert told == []
