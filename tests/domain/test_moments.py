"""Sharing footage out: whatever is circled, no moment is seen twice."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from circletake.domain.clip import Clip
from circletake.domain.moments import Demand, Ground, Territory, allot, ground_of, merged, moments_of, seat
from tests.domain.examples import EXAMPLES

FILM = Fraction(24)


def ground(name: str, frames: int, *, first: int = 0, activity: tuple[int, ...] = ()) -> Ground:
    return Ground(clip_id=name, first=first, last=first + frames, activity=activity)


def demand(slate: str, frames: int, *clips: str, liveliness: float = 0.0) -> Demand:
    return Demand(slate=slate, frames=frames, clips=clips, liveliness=liveliness)


def plot(name: str, first: int, last: int) -> Territory:
    return Territory(clip_id=name, first=first, last=last)


def clip(*, first: int, frames: int, fps: Fraction) -> Clip:
    base = EXAMPLES["clip"]
    assert isinstance(base, Clip)
    return base.model_copy(update={"first_frame": first, "frames": frames, "fps": fps})


films = st.tuples(
    st.lists(st.integers(min_value=6, max_value=240), min_size=1, max_size=9),
    st.lists(st.integers(min_value=1, max_value=900), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)


def a_film(lengths, rooms, rng) -> tuple[list[Demand], list[Ground]]:
    names = [f"c{at}" for at in range(len(rooms))]
    grounds = [
        ground(name, room, first=rng.randint(0, 99), activity=tuple(rng.randint(0, 90) for _ in range(room // 12)))
        for name, room in zip(names, rooms, strict=True)
    ]
    demands = [
        demand(f"1{'ABCDEFGHJ'[at]}", frames, *rng.sample(names, rng.randint(1, len(names))),
               liveliness=rng.uniform(-1, 1))
        for at, frames in enumerate(lengths)
    ]  # fmt: skip
    return demands, grounds


@settings(max_examples=150, deadline=None)
@given(films)
def test_no_two_shots_ever_share_a_frame_and_nothing_leaves_its_clip(film):
    demands, grounds = a_film(*film)
    given_ = allot(demands, grounds)
    by_name = {one.clip_id: one for one in grounds}
    for one, other in combinations(given_, 2):
        assert not any(a.overlaps(b) for a in given_[one] for b in given_[other])
    for asked in demands:
        for territory in given_[asked.slate]:
            whole = by_name[territory.clip_id]
            assert territory.clip_id in asked.clips
            assert whole.first <= territory.first < territory.last <= whole.last
            assert territory.frames >= asked.least
        for moment in moments_of(asked, given_[asked.slate], by_name):
            assert Fraction(1, 2) <= moment.speed <= 1
            assert any(t.clip_id == moment.clip_id and t.first <= moment.first < moment.last <= t.last
                       for t in given_[asked.slate])  # fmt: skip
    assert allot(demands, grounds) == given_


@settings(max_examples=100, deadline=None)
@given(films, st.randoms(use_true_random=False))
def test_what_earlier_rounds_used_stays_with_its_shot_when_footage_falls_away(film, rng):
    demands, grounds = a_film(*film)
    by_name = {one.clip_id: one for one in grounds}
    shot = {
        asked.slate: [plot(m.clip_id, m.first, m.last) for m in moments_of(asked, territories, by_name)[:3]]
        for asked, territories in zip(demands, allot(demands, grounds).values(), strict=True)
    }
    left = rng.sample(grounds, rng.randint(1, len(grounds)))
    again = allot(demands, left, held=shot)
    for one, stretches in shot.items():
        for other, territories in again.items():
            if one != other:
                assert not any(a.overlaps(b) for a in stretches for b in territories)


def test_a_second_round_with_the_same_footage_gets_the_same_territories():
    demands = [demand("1A", 48, "a", "b"), demand("1B", 48, "a"), demand("1C", 96, "b")]
    grounds = [ground("a", 300), ground("b", 400)]
    first = allot(demands, grounds)
    held = {slate: [plot(t.clip_id, t.first, t.first + 24) for t in given_] for slate, given_ in first.items()}
    assert allot(demands, grounds, held=held) == first


def test_shots_on_one_clip_lie_in_film_order_and_share_it_at_less_than_full_speed_if_they_must():
    demands = [demand(slate, 60, "a") for slate in ("1A", "1B", "1C")]
    given_ = allot(demands, [ground("a", 100)])
    (first,), (second,), (third,) = given_.values()
    assert first.last <= second.first < second.last <= third.first
    assert all(one.frames in {33, 34} for one in (first, second, third))


def test_a_first_choice_is_not_lost_to_somebody_elses_second():
    demands = [demand("1A", 90, "a", "b"), demand("1B", 90, "a", "b"), demand("1C", 90, "b")]
    seats = seat(demands, [plot("a", 0, 60), plot("b", 0, 90)])
    assert seats["1A"] == 0
    assert seats["1C"] == 1


def test_long_shots_are_seated_first_where_choices_alone_would_leave_one_out():
    demands = [demand("1A", 20, "a", "b"), demand("1B", 180, "a")]
    assert seat(demands, [plot("a", 0, 95), plot("b", 0, 30)]) == {"1A": 1, "1B": 0}


def test_a_shot_without_room_has_no_territory_and_the_others_keep_theirs():
    given_ = allot([demand("1A", 48, "a"), demand("1B", 400, "a")], [ground("a", 100)])
    assert given_["1B"] == ()
    assert given_["1A"] != ()


def test_every_shot_has_several_territories_while_there_is_footage():
    demands = [demand(slate, 48, "a", "b", "c") for slate in ("1A", "1B", "1C")]
    given_ = allot(demands, [ground(name, 480) for name in "abc"])
    assert all(len(territories) >= 3 for territories in given_.values())
    assert all(len({one.clip_id for one in territories}) > 1 for territories in given_.values())


def test_a_lively_shot_takes_the_stretch_where_something_happens_and_a_lonely_one_where_nothing_does():
    quiet, busy = (2,) * 20, (60,) * 6
    room = ground("a", 46 * 12, activity=(*quiet, *busy, *quiet))
    (lively,) = moments_of(demand("1A", 48, "a", liveliness=1), [plot("a", 0, room.last)], {"a": room})[:1]
    (lonely,) = moments_of(demand("1A", 48, "a", liveliness=-1), [plot("a", 0, room.last)], {"a": room})[:1]
    assert 240 <= lively.first < lively.last <= 312
    assert lonely.last <= 240 or lonely.first >= 312


def test_a_stretch_does_not_begin_or_end_mid_whip_if_another_will_do():
    room = ground("a", 240, activity=(10, 10, 10, 10, 10, 140, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10))
    (first, *_) = moments_of(demand("1A", 72, "a"), [plot("a", 0, 240)], {"a": room})
    assert not first.first <= 66 < first.first + 12
    assert not first.last - 12 < 66 <= first.last


def test_takes_of_a_shot_spread_over_distinct_moments_before_they_overlap():
    asked, room = demand("1A", 48, "a"), ground("a", 200)
    moments = moments_of(asked, [plot("a", 0, 200)], {"a": room})
    apart = moments[:3]
    assert all(abs(one.first - other.first) >= 48 for one, other in combinations(apart, 2))
    assert len({one.first for one in moments}) == len(moments) > 3


def test_two_clips_of_one_file_never_show_each_others_pictures():
    for fps in (Fraction(10), Fraction(25, 2), Fraction(30_000, 1001), Fraction(24), Fraction(60)):
        for cut in range(37, 60):
            before, after = ground_of(clip(first=0, frames=cut, fps=fps), FILM), ground_of(
                clip(first=cut, frames=90, fps=fps), FILM
            )  # fmt: skip
            assert before.last <= after.first
            nearest_to_last = Fraction(before.last - 1) / FILM * fps
            assert nearest_to_last - (cut - 1) <= Fraction(1, 2)
            assert Fraction(after.first) / FILM * fps >= cut


def test_a_clip_at_the_films_rate_loses_no_frame():
    whole = ground_of(clip(first=48, frames=96, fps=FILM), FILM)
    assert (whole.first, whole.last, whole.frames) == (48, 144, 96)


def test_stretches_that_touch_become_one():
    assert merged([plot("a", 40, 60), plot("a", 0, 20), plot("b", 0, 9), plot("a", 20, 30)]) == (
        plot("a", 0, 30), plot("a", 40, 60), plot("b", 0, 9),
    )  # fmt: skip
