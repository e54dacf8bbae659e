"""Rights in words."""

from __future__ import annotations

from datetime import date

import pytest

from circletake.catalog import context_in_words, places_in_words, rights_in_words
from tests.catalog.synthetic import WORLDWIDE, asking

WORLD = asking("style_reference", territories=("WORLD",), media=("all",))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "cleared worldwide for style reference and cut-in"),
        (
            {"uses": ("style_reference",)},
            "cleared worldwide for style reference; not for cut-in: derivative, publish not allowed",
        ),
        (
            {"people_release": "missing"},
            "cleared worldwide for style reference; not for cut-in: people release is missing",
        ),
        ({"expires": date(2026, 12, 31)}, "not cleared worldwide: expires 2026-12-31, before 2027-11-22"),
        ({"revoked": True}, "not cleared worldwide: the licence is revoked"),
    ],
    ids=str,
)
def test_a_licence_is_said_in_one_line(change: dict[str, object], said: str):
    assert rights_in_words(WORLDWIDE.model_copy(update=change), WORLD) == said


def test_a_question_is_said_with_places_media_and_window():
    question = asking("derivative", "publish", territories=("DE", "FR", "IT"), media=("web", "social"))
    assert context_in_words(question) == (
        "derivative and publish in DE, FR and IT, web and social, 2026-11-22 to 2027-11-22"
    )
    assert context_in_words(WORLD) == "style_reference worldwide, all media, 2026-11-22 to 2027-11-22"
    assert places_in_words(("DE",)) == "in DE"
