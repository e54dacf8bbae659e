"""The command line, run as a process: what it prints, how it leaves, and what bad input gets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import BRIEF, Ran

Run = Callable[..., Ran]


def test_help_names_every_command_and_nothing_that_does_not_work(circletake: Run):
    ran = circletake("--help")
    assert ran.code == 0
    for name in ("init", "make", "plan", "approve", "pick", "resume", "show", "productions", "reliability", "verify"):
        assert f"  {name} " in ran.out
    for name in ("serve", "publish", "mcp", "preferences", "audience", "cut "):
        assert f"  {name} " not in ran.out


def test_init_makes_a_home_with_keys_for_its_owner_only(circletake: Run, home: Path):
    assert circletake("init").code == 0
    assert circletake("init").code == 0
    keys = home / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["make", ""], "brief"),
        (["make", "   "], "brief"),
        (["make", "a film of 0 seconds"], "0"),
        (["make", "@no-such-file"], "no-such-file"),
        (["make", BRIEF, "--takes", "5", "--takes-per-shot", "5"], "exclude each other"),
        (["make", BRIEF, "--territory", "ATLANTIS"], "ATLANTIS"),
        (["make", BRIEF, "--media", "telepathy"], "media"),
        (["make", BRIEF, "--generator", "dreams"], "no generator 'dreams'; installed: loopback, ripomatic"),
        (["make", BRIEF, "--planner", "oracle"], "no planner 'oracle'; installed: storyboard"),
        (["make", BRIEF, "--takes", "3"], "too few"),
        (["show", "nosuch"], "no production 'nosuch'"),
        (["resume", "nosuch"], "no production 'nosuch'"),
        (["plan", "nosuch"], "no production 'nosuch'"),
        (["pick", "nosuch", "1A", "1"], "no production 'nosuch'"),
        (["approve", "nosuch", "plan"], "no production 'nosuch'"),
        (["catalog", "search", "sea", "--use", "swim", "--territory", "DE"], "uses"),
        (["catalog", "search", "sea", "--use", "publish", "--territory", "XX"], "XX"),
        (["make", BRIEF, "--release", "tomorrow"], "2026-12-31"),
    ],
)
def test_bad_input_is_one_line_and_exit_two_and_leaves_nothing(circletake: Run, arguments: list[str], told: str):
    ran = circletake(*arguments)
    assert ran.code == 2
    line = ran.err.strip().splitlines()[-1]
    assert told in line
    assert "Traceback" not in ran.err
    assert circletake("productions", "--json").json == []


def test_an_unknown_setting_is_one_line(circletake: Run):
    ran = circletake("productions", CIRCLETAKE_WRONG="1")
    assert ran.code == 2
    assert ran.err.strip() == next(line for line in ran.err.strip().splitlines() if "CIRCLETAKE_WRONG" in line)


def test_a_home_that_cannot_be_written_is_one_line(circletake: Run, home: Path):
    home.parent.joinpath("note").write_text("a file", encoding="utf-8")
    ran = circletake("init", CIRCLETAKE_HOME=str(home.parent / "note" / "studio"))
    assert ran.code == 1
    assert "cannot write" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_line(circletake: Run, home: Path):
    home.mkdir(mode=0o500)
    ran = circletake("init")
    assert ran.code == 1
    assert "cannot write" in ran.err


def test_a_home_of_another_version_is_one_line(circletake: Run, home: Path):
    import sqlite3

    circletake("init")
    with sqlite3.connect(home / "circletake.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    ran = circletake("productions")
    assert ran.code == 1
    assert "another version" in ran.err


def test_with_json_an_error_is_an_object_too(circletake: Run):
    ran = circletake("show", "nosuch", "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["error"]["class"] == "UnknownId"
