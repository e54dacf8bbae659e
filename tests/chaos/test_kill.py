"""Kill the driver of a production for real, and take it up again."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from circletake.media.decode import picture_sha256
from tests.conftest import BRIEF, Ran, command, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
Run = Callable[..., Ran]


def finished(home: Path) -> Counter[str]:
    """Return how often each operation was finished by a worker."""
    log = home / "spool" / "executions.jsonl"
    if not log.exists():
        return Counter()
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return Counter(line["key"] for line in lines if line["what"] == "finished")


def start(home: Path, cache: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("make", BRIEF, "--pick", "provisional"),
        env=environment(home, cache),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop_after(process: subprocess.Popen[bytes], home: Path, operations: int, how: signal.Signals) -> None:
    deadline = time.monotonic() + 200
    while len(finished(home)) < operations and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is None, "it was over before it could be stopped"
    process.send_signal(how)
    process.wait(timeout=60)


def summary(ran: Ran, circletake: Run) -> tuple[dict[str, int], str]:
    assert ran.code == 0, ran.err
    shown = circletake("show", ran.json["production"], "--json").json
    picks = {slate: choice["number"] for slate, choice in shown["circled"].items()}
    return picks, picture_sha256(Path(ran.json["film"]))


@pytest.mark.parametrize(
    ("operations", "how"),
    [(3, signal.SIGKILL), (9, signal.SIGKILL), (12, signal.SIGKILL), (6, signal.SIGINT)],
    ids=["killed early", "killed late", "killed at the master", "stopped with Ctrl-C"],
)
def test_a_stopped_production_ends_as_if_nothing_had_happened(
    circletake: Run, home: Path, starter_cache: Path, tmp_path: Path, operations: int, how: signal.Signals
):
    stop_after(start(home, starter_cache), home, operations, how)
    (standing,) = circletake("productions", "--json").json
    resumed = circletake("resume", standing["id"], "--json")
    calm = circletake("make", BRIEF, "--pick", "provisional", "--json", CIRCLETAKE_HOME=str(tmp_path / "calm"))
    assert summary(resumed, circletake) == summary(
        calm, lambda *a: circletake(*a, CIRCLETAKE_HOME=str(tmp_path / "calm"))
    )
    assert set(finished(home).values()) == {1}, "an operation that was finished was done again"
    shown = circletake("show", standing["id"], "--json").json
    assert len(shown["takes"]) == 24


def test_a_second_driver_is_told_who_holds_the_production(circletake: Run, home: Path, starter_cache: Path):
    driver = start(home, starter_cache)
    try:
        deadline = time.monotonic() + 200
        while len(finished(home)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        (standing,) = circletake("productions", "--json").json
        second = circletake("resume", standing["id"])
        assert second.code == 1
        assert f"process {driver.pid} on " in second.err
    finally:
        driver.wait(timeout=200)
    assert driver.returncode == 0


def test_two_makes_on_one_new_home_at_once_both_finish(circletake: Run, home: Path, starter_cache: Path):
    both = [start(home, starter_cache) for _ in range(2)]
    assert [process.wait(timeout=280) for process in both] == [0, 0]
    standings = circletake("productions", "--json").json
    assert [one["status"] for one in standings] == ["done", "done"]
    assert len({one["id"] for one in standings}) == 2
