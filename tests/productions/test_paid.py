"""Whole productions with a paid generator, through the command line. Real client, fake server."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import BRIEF, Ran, command, environment
from tests.provider.running import Provider, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
Run = Callable[..., Ran]
MAKE = (
    "make",
    BRIEF,
    "--pick",
    "provisional",
    "--generator",
    "loopback",
    "--budget",
    "60",
    "--takes-per-shot",
    "3",
    "--json",
)


def begun(home: Path, cache: Path, provider: Provider) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*MAKE),
        env=environment(home, cache, **provider.settings()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def calls(provider: Provider, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until so many more requests have reached the provider."""
    before, deadline = len(provider.requests()), time.monotonic() + 300
    while len(provider.requests()) < before + count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None, "it was over before it could be disturbed"


def test_a_production_that_is_killed_while_it_pays_ends_with_a_film_that_was_paid_for_once(
    circletake: Run, home: Path, starter_cache: Path, tmp_path: Path
):
    with running(tmp_path / "provider", keeps="listing", job_seconds=0.3) as provider:
        for count in (1, 5, 10):
            process = begun(home, starter_cache, provider) if count == 1 else resumed(home, starter_cache, provider)
            calls(provider, count, process)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
        (standing,) = circletake("productions", "--json").json
        ran = circletake("resume", standing["id"], "--json", **provider.settings())
        assert ran.code == 0, ran.err
        assert Path(ran.json["film"]).stat().st_size > 100_000
        assert provider.twice == []
        cost = circletake("cost", standing["id"], "--json").json
        receipt = json.loads(Path(ran.json["receipt_json"]).read_text(encoding="utf-8"))
        assert Decimal(cost["spent"]) == Decimal(receipt["costs"]["spent"]) == provider.charged
        assert circletake("operations", "--unknown", "--json").json == []
        shooting = next(step for step in receipt["steps"] if step["step"] == "generate")
        assert (shooting["made_by"], shooting["model"]) == ("loopback", "loopback-1")
        assert shooting["attempts"] == 4
        assert shooting["faults"] == ["lost", "lost", "lost"]


def resumed(home: Path, cache: Path, provider: Provider) -> subprocess.Popen[bytes]:
    variables = environment(home, cache, **provider.settings())
    shown = subprocess.run(command("productions", "--json"), env=variables, stdout=subprocess.PIPE, check=True)
    (standing,) = json.loads(shown.stdout)
    return subprocess.Popen(
        command("resume", standing["id"]), env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_cancelling_stops_the_driver_in_two_seconds_and_collects_what_was_paid_for(
    circletake: Run, home: Path, starter_cache: Path, tmp_path: Path
):
    with running(tmp_path / "provider", job_seconds=1.0) as provider:
        process = begun(home, starter_cache, provider)
        calls(provider, 3, process)
        (standing,) = circletake("productions", "--json").json
        assert circletake("cancel", standing["id"], **provider.settings()).code == 0
        sent, cancelled = provider.submits, time.monotonic()
        while process.poll() is None and time.monotonic() - cancelled < 60:
            time.sleep(0.02)
        assert process.returncode not in (None, 0)
        within = [row for row in provider.requests("POST") if row["path"] == "/v1/jobs"]
        assert len(within) <= sent + 16, "what was on its way when it was cancelled"
        (standing,) = circletake("productions", "--json").json
        assert standing["status"] == "cancelled"
        states = {one["state"] for one in circletake("operations", standing["id"], "--json").json}
        assert states <= {"done", "cancelled", "refused", "failed"}
        cost = circletake("cost", standing["id"], "--json").json
        assert Decimal(cost["spent"]) == provider.charged
        assert Decimal(cost["reserved"]) == 0


def test_when_the_provider_takes_nothing_more_the_other_generator_finishes_and_the_receipt_says_so(
    circletake: Run, home: Path, tmp_path: Path
):
    quota = {"on": "submit", "what": "quota", "nth": list(range(5, 500))}
    with running(tmp_path / "provider", faults=[quota], job_seconds=0.1) as provider:
        spare = {"CIRCLETAKE_FALLBACK_GENERATOR": "ripomatic", **provider.settings()}
        ran = circletake(*MAKE, **spare)
        assert ran.code == 0, ran.err
        receipt = json.loads(Path(ran.json["receipt_json"]).read_text(encoding="utf-8"))
        shooting = next(step for step in receipt["steps"] if step["step"] == "generate")
        assert (shooting["made_by"], shooting["fallback"]) == ("ripomatic", True)
        assert shooting["faults"] == ["QuotaExhausted"]
        assert "took over" in Path(ran.json["receipt"]).read_text(encoding="utf-8")
        takes = [one["take"] for shot in receipt["shots"] for one in shot["takes"]]
        assert {take["generator"] for take in takes} == {"loopback", "ripomatic"}
        assert provider.charged == Decimal(receipt["costs"]["spent"]) > 0
        told = circletake("reliability", "--json").json
        assert told["levels"]["with validation"] == 0.0
        assert told["levels"]["with fallback"] == 1.0
