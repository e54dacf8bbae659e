"""What words and measures say of a shot."""

from __future__ import annotations

import pytest

from circletake.domain.framing import size_in_words
from tests.domain.examples import LOOK


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Time-lapse close-up of a bud", "CU"),
        ("Macro of an eye", "ECU"),
        ("medium close shot", "MCU"),
        ("Aerial of a city", "ELS"),
        ("people at a table", None),
        ("disclosed upstairs", None),
    ],
)
def test_words_name_a_shot_size(text: str, size: str | None):
    assert size_in_words(text) == size


@pytest.mark.parametrize(
    ("drift", "move"),
    [
        ({}, "static"),
        ({"pan": 0.01, "tilt": -0.01, "zoom": 0.01}, "static"),
        ({"pan": 0.1}, "pan_left"),
        ({"pan": -0.1, "tilt": 0.05}, "pan_right"),
        ({"tilt": 0.1}, "tilt_up"),
        ({"zoom": 0.05, "pan": 0.02}, "push_in"),
        ({"zoom": -0.05}, "pull_out"),
    ],
)
def test_the_camera_does_what_moves_most(drift: dict[str, float], move: str):
    still = {"pan": 0.0, "tilt": 0.0, "zoom": 0.0}
    assert LOOK.model_copy(update={**still, **drift}).move == move
