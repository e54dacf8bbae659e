"""Stored JSON is a promise: what was written yesterday is read tomorrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import pytest

from circletake.domain.schema import Stored, Upgrade
from circletake.errors import HandoffInvalid
from tests.domain.examples import EXAMPLES, PLAN

BASELINES = Path(__file__).parent.parent / "baselines"


def _stored_kinds(kind: type[Stored] = Stored) -> set[str]:
    names = {sub.SCHEMA for sub in kind.__subclasses__() if sub.__module__.startswith("circletake.domain")}
    return names


def test_every_stored_value_has_an_example():
    assert _stored_kinds() == set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_is_written_is_the_golden_file(name: str):
    golden = BASELINES / f"{name}.{type(EXAMPLES[name]).VERSION}.json"
    assert json.loads(EXAMPLES[name].to_json()) == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize("golden", sorted(BASELINES.glob("*.json")), ids=lambda path: path.stem)
def test_every_golden_file_is_still_read(golden: Path):
    name = golden.stem.split(".")[0]
    assert type(EXAMPLES[name]).from_json(golden.read_text(encoding="utf-8")) == EXAMPLES[name]


def test_a_document_from_the_future_is_refused_not_guessed_at():
    text = PLAN.to_json().replace("circletake.plan/1", "circletake.plan/9")
    with pytest.raises(HandoffInvalid, match="version 9"):
        type(PLAN).from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "circletake.take/1"}', '{"schema": "circletake.plan/x"}'])
def test_a_foreign_document_is_refused(text: str):
    with pytest.raises(HandoffInvalid):
        type(PLAN).from_json(text)


def test_an_older_document_is_upgraded_step_by_step():
    class Note(Stored):
        SCHEMA = "note"
        VERSION = 3
        UPGRADES: ClassVar[dict[int, Upgrade]] = {
            1: lambda body: {"text": body["words"]},
            2: lambda body: {**body, "by": "nobody"},
        }
        text: str
        by: str

    assert Note.from_json('{"schema": "circletake.note/1", "words": "hello"}') == Note(text="hello", by="nobody")


def test_unknown_fields_are_refused():
    body = json.loads(PLAN.to_json())
    body["surprise"] = 1
    with pytest.raises(HandoffInvalid, match="surprise"):
        type(PLAN).from_json(json.dumps(body))
