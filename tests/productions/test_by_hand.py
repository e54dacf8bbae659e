"""A production in which a person decides three times: it pauses with exit 3 and says what to type."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import BRIEF, Ran

Run = Callable[..., Ran]


@pytest.mark.timeout(900)
def test_a_person_decides_on_the_plan_the_takes_and_the_film(circletake: Run, tmp_path: Path):
    made = circletake("make", BRIEF, "--duration", "8", "--json", "--takes-per-shot", "3")
    assert made.code == 3
    production = made.json["production"]
    assert made.json["waiting"] == "plan"
    assert f"circletake approve {production} plan" in made.err

    # the person shortens one shot and lengthens another: a new version, with references of its own
    plan = circletake("plan", production, "--json").json
    first, second = [shot for scene in plan["scenes"] for shot in scene["shots"]][:2]
    first["frames"] -= 2
    edited = tmp_path / "plan.json"
    edited.write_text(json.dumps(plan), encoding="utf-8")
    refused = circletake("plan", production, "--edit", str(edited))
    assert refused.code == 2
    assert "add up to" in refused.err
    second["frames"] += 2
    edited.write_text(json.dumps(plan), encoding="utf-8")
    assert circletake("plan", production, "--edit", str(edited)).code == 0

    assert circletake("resume", production).code == 3, "an approval is still missing"
    assert circletake("approve", production, "film").code == 2, "there is no film yet"
    assert circletake("approve", production, "plan", "--note", "slower start").code == 0
    waiting = circletake("resume", production, "--json")
    assert (waiting.code, waiting.json["waiting"]) == (3, "takes")
    assert Path(waiting.json["contact_sheet"]).exists()
    assert circletake("plan", production, "--edit", str(edited)).code == 2, "takes are shot from it"

    shown = circletake("show", production, "--json").json
    assert shown["plan_version"] == 2
    usable = {
        take["take"].rpartition("-")[0]: take["take"].rpartition("-")[2] for take in shown["takes"] if take["passed"]
    }
    slates = list(usable)
    assert circletake("pick", production, slates[0], "99").code == 2
    assert circletake("pick", production, "9Z", "1").code == 2
    for slate in slates[:-1]:
        assert circletake("pick", production, slate, usable[slate], "--reason", "the breath").code == 0
    assert circletake("resume", production).code == 3, "one shot has no circled take"
    assert circletake("pick", production, slates[-1].lower(), usable[slates[-1]]).code == 0

    waiting = circletake("resume", production, "--json")
    assert (waiting.code, waiting.json["waiting"]) == (3, "film")
    assert waiting.json["film"] is None, "nothing leaves before a person has seen it"
    assert circletake("approve", production, "film").code == 0
    done = circletake("resume", production, "--json")
    assert (done.code, done.json["status"]) == (0, "done")

    shown = circletake("show", production, "--json").json
    assert {slate: str(choice["number"]) for slate, choice in shown["circled"].items()} == usable
    assert {(choice["by"], choice["who"]) for choice in shown["circled"].values()} == {("person", "Ada")}
    receipt = Path(done.json["receipt"]).read_text(encoding="utf-8")
    assert "not by a person" not in receipt.lower()
    assert "slower start" in receipt
    assert circletake("verify", done.json["film"]).code == 0
    assert circletake("resume", production).code == 0, "a finished production stays finished"
