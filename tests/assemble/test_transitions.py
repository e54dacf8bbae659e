"""Every event gives exactly its frames, and every transition begins and ends where it should."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circletake.assemble.transitions import Frame, Stretch, darkened, ease_out, mixed, picture
from circletake.domain.plan import Transition
from circletake.errors import MediaError

SIZE = (16, 12)


def frame(luma: int) -> Frame:
    made = np.full((SIZE[1] * 3 // 2, SIZE[0]), 100, np.uint8)
    made[: SIZE[1]] = luma
    return made


def stretch(
    start: int, frames: int, *, holds: int | None = None, transition: Transition = "cut", length: int = 0
) -> Stretch:
    """Return a take whose luma counts up from `start`, one a frame."""
    held = frames if holds is None else holds

    def opened() -> Iterator[Frame]:
        return iter([frame(start + number) for number in range(held)])

    return Stretch("1A-1", opened, 0, frames, held, transition, length)


def lumas(*stretches: Stretch) -> list[int]:
    return [int(one[0, 0]) for one in picture(stretches)]


def test_cuts_show_every_frame_once():
    assert lumas(stretch(40, 5), stretch(140, 4)) == [40, 41, 42, 43, 44, 140, 141, 142, 143]


def test_a_dissolve_mixes_what_the_take_holds_beyond_its_event():
    shown = lumas(stretch(40, 6, holds=9), stretch(200, 6, transition="dissolve", length=3))
    assert shown[:6] == [40, 41, 42, 43, 44, 45]
    assert shown[6:9] == [85, 124, 164]  # 3:1 of 46 and 200, 1:1 of 47 and 201, 1:3 of 48 and 202; halves go up
    assert shown[9:] == [203, 204, 205]


def test_a_take_without_more_frames_slows_down_into_the_dissolve_instead_of_stopping():
    shown = lumas(stretch(40, 12), stretch(40, 6, transition="dissolve", length=3))
    outgoing = shown[:12]
    assert len(shown) == 18
    assert outgoing[:6] == [40, 41, 42, 43, 44, 45]
    assert outgoing == sorted(outgoing)
    assert 49 <= outgoing[-1] < 51


def test_a_film_comes_from_black_and_goes_to_black():
    shown = lumas(
        stretch(100, 10, transition="fade_from_black", length=4), stretch(100, 10, transition="fade_to_black", length=4)
    )
    assert shown[0] == 16
    assert shown[:5] == sorted(shown[:5])
    assert shown[4] == 104
    assert shown[15] == 105
    assert shown[16:] == sorted(shown[16:], reverse=True)
    assert shown[-1] == 16


def test_who_watches_sees_dissolves_but_no_fades():
    seen: list[int] = []
    stretches = [
        stretch(100, 6, transition="fade_from_black", length=3),
        stretch(200, 6, transition="dissolve", length=1),
        stretch(50, 4, transition="fade_to_black", length=2),
    ]
    shown = [int(one[0, 0]) for one in picture(stretches, watch=lambda one: seen.append(int(one[0, 0])))]
    assert len(seen) == len(shown) == 16
    assert seen[:6] == [100, 101, 102, 103, 104, 105]
    assert seen[6] == shown[6] != 200
    assert seen[-2:] == [52, 53]
    assert shown[-1] == 16


def test_a_dissolve_from_nothing_is_a_fade_from_black():
    assert lumas(stretch(100, 6, transition="dissolve", length=2))[:3] == [16, (16 + 101 + 1) // 2, 102]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 20),
            st.integers(0, 12),
            st.sampled_from(["cut", "dissolve", "fade_from_black", "fade_to_black"]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_film_is_as_long_as_its_events_whatever_the_transitions(shots: list[tuple[int, int, Transition]]):
    stretches = []
    for index, (frames, spare, how) in enumerate(shots):
        shortest = min(frames, shots[index - 1][0]) if index else frames
        length = 0 if how == "cut" else min(6, shortest // 2)
        stretches.append(stretch(60, frames, holds=frames + spare, transition=how, length=length))
    assert len(lumas(*stretches)) == sum(frames for frames, _, _ in shots)


@pytest.mark.parametrize(("frames", "places"), [(1, 2), (2, 3), (12, 18), (24, 36)])
def test_slowing_down_covers_all_frames_and_never_goes_back(frames: int, places: int):
    positions = ease_out(frames, places)
    steps = np.diff(positions)
    assert len(positions) == places
    assert positions[0] == 0
    assert positions[-1] == pytest.approx(frames - 1)
    assert (steps >= -1e-9).all()
    assert (np.diff(steps) <= 1e-9).all()


def test_a_take_that_ends_too_early_is_named():
    short = Stretch("4B-2", lambda: iter([frame(50)] * 3), 0, 5, 5, "cut", 0)
    with pytest.raises(MediaError, match=r"take 4B-2 ends after 3 frames, 5 are needed"):
        list(picture([short]))


def test_mixing_is_exact_at_both_ends_and_leaves_its_sources_alone():
    one, other = frame(20), frame(220)
    np.testing.assert_array_equal(mixed(one, other, 0.0), one)
    np.testing.assert_array_equal(mixed(one, other, 1.0), other)
    black = darkened(other, 0.0)
    assert (black[: SIZE[1]] == 16).all()
    assert (black[SIZE[1] :] == 128).all()
    np.testing.assert_array_equal(darkened(other, 1.0), other)
    assert int(one[0, 0]) == 20
    assert int(other[0, 0]) == 220
