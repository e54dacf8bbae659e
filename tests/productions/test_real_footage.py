"""Real footage: every file that a house may hand in, and a film from it that uses nothing against its rights."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BRIEF, Ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
Run = Callable[..., Ran]
DATA = Path(os.environ.get("CIRCLETAKE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "dev"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs real footage in {DATA} (CIRCLETAKE_TEST_DATA)")


def rows() -> dict[str, dict[str, str]]:
    """Read the rights table with nothing of the program."""
    with (DATA / "footage" / "catalogue.csv").open(encoding="utf-8", newline="") as source:
        return {row["file"]: row for row in csv.DictReader(source)}


def against(row: dict[str, str], uses: set[str], first: date, last: date) -> list[str]:
    """Say what speaks against using a file for all this, worldwide, in all media, on every day from first to last."""
    found: list[str] = []
    if row["licence"] in ("", "unknown"):
        found.append("licence")
    if row["territories"] != "WORLD":
        found.append("territories")
    if not uses <= set(row["uses"].split("|")):
        found.append("uses")
    if row["media"] != "all":
        found.append("media")
    if "publish" in uses and row["people_release"] not in ("none_needed", "signed"):
        found.append("people")
    if row["revoked"] != "no":
        found.append("revoked")
    if not row["valid_from"] or date.fromisoformat(row["valid_from"]) > first:
        found.append("not yet")
    if not row["expires"] or date.fromisoformat(row["expires"]) < last:
        found.append("expired")
    return found


def moments(receipt: Any) -> list[tuple[str, Fraction, Fraction]]:
    """Return file, begin and end (seconds) of every stretch that was cut into the film."""
    fps = Fraction(receipt["plan"]["fps"])
    found = []
    for shot in receipt["shots"]:
        (take,) = (one["take"] for one in shot["takes"] if one["take"]["number"] == shot["circled"]["number"])
        for segment in take["recipe"]["segments"]:
            found.append((segment["file"], segment["first_frame"] / fps, segment["last_frame"] / fps))
    return found


@needs_data
def test_a_film_from_real_footage_uses_nothing_against_its_rights_and_no_moment_twice(circletake: Run):
    added = circletake(
        "catalog", "add", str(DATA / "footage"), "--rights", str(DATA / "footage" / "catalogue.csv"), "--json"
    )
    assert added.code == 0, added.err
    assert {one["outcome"] for one in added.json["files"]} == {"added"}
    assert len(added.json["files"]) == 24
    made = circletake("make", BRIEF, "--pick", "provisional", "--json")
    assert made.code == 0, made.err
    receipt = json.loads(Path(made.json["receipt_json"]).read_text(encoding="utf-8"))

    table = rows()
    first = date.fromisoformat(receipt["releases"][0]["on"])
    last = first.replace(year=first.year + 1)
    cut_in = {one["file"] for shot in receipt["shots"] for one in shot["cut_in"]}
    steered = {one["file"] for shot in receipt["shots"] for one in shot["style"]}
    assert {file for file, _, _ in moments(receipt)} == cut_in
    assert cut_in
    assert len(receipt["shots"]) >= 4
    assert {file: why for file in cut_in if (why := against(table[file], {"derivative", "publish"}, first, last))} == {}
    assert {file: why for file in steered if (why := against(table[file], {"style_reference"}, first, last))} == {}

    stretches = sorted(moments(receipt))
    assert len(stretches) == len(receipt["shots"])
    for (file, _, end), (other, begin, _) in pairwise(stretches):
        assert file != other or end <= begin + Fraction(1, 24), (file, float(end), float(begin))


@needs_data
def test_every_hostile_file_is_accepted_or_refused_as_its_table_says(circletake: Run, tmp_path: Path):
    with (DATA / "hostile" / "hostile.csv").open(encoding="utf-8", newline="") as source:
        expected = {row["file"]: row["expect"] for row in csv.DictReader(source)}
    empty = tmp_path / "rights.csv"
    empty.write_text((DATA / "footage" / "catalogue.csv").read_text(encoding="utf-8").splitlines()[0] + "\n")
    ran = circletake("catalog", "add", str(DATA / "hostile"), "--rights", str(empty), "--json")
    assert ran.code == 1
    got = {Path(one["path"]).name: one for one in ran.json["files"]}
    assert got.keys() == expected.keys()
    for name, expect in expected.items():
        one = got[name]
        if name == "huge_length.mkv":
            (clip,) = circletake("catalog", "show", name, "--json").json
            assert clip["seconds"] == pytest.approx(2.0, abs=0.2)
            continue
        assert one["outcome"] == {"accept": "added", "reject": "refused"}[expect], one
        assert "\n" not in one["reason"]
        assert name in one["reason"] or expect == "accept"
    assert len(circletake("catalog", "rights", "--json").json) == sum(one["outcome"] == "added" for one in got.values())
