"""Where a film is cut: films drawn with known cuts, dissolves, fades, flashes and moves, and real ones seen by eye."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.media.digest import resized
from circletake.media.picture import Frame, blank, from_rgb, planes
from circletake.media.shots import ShotFinder, Stretch
from circletake.media.source import Heard, open_untrusted

WIDTH, HEIGHT = 320, 180
RATES = [Fraction(10), Fraction(24), Fraction(25), Fraction(60)]
Rgb = NDArray[np.float32]
DATA = Path(os.environ.get("CIRCLETAKE_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")
every_rate = pytest.mark.parametrize("fps", RATES, ids=str)


def place(seed: int) -> Rgb:
    """A view twice as large as a picture: large coloured shapes of its own contrast, and fine detail."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(15, 70)
    coarse = rng.uniform(low, low + rng.uniform(80, 180), (10, 16, 3)).astype(np.float32)
    fine = rng.uniform(-12, 12, (HEIGHT, WIDTH, 3)).astype(np.float32)
    size = (2 * WIDTH, 2 * HEIGHT)
    view = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + cv2.resize(fine, size)
    return np.asarray(np.clip(view, 0, 255), np.float32)


def seen(view: Rgb, left: float, top: float = 60) -> Rgb:
    """The part of a place that the camera is turned to; at the edge it turns back."""
    x, y = (abs((round(along) + side) % (2 * side) - side) for along, side in ((left, WIDTH), (top, HEIGHT)))
    return view[y : y + HEIGHT, x : x + WIDTH]


def shot(seed: int, frames: int, *, fps: Fraction, drift: float = 20.0) -> list[Rgb]:
    """A shot with grain, over a place that drifts by so many pixels a second."""
    rng, view = np.random.default_rng(1000 + seed), place(seed)
    grain = rng.normal(0, 3, (4, HEIGHT, WIDTH, 1)).astype(np.float32)
    return [seen(view, 40 + drift * float(n / fps)) + grain[n % 4] for n in range(frames)]


def found(pictures: Iterable[Rgb], fps: Fraction) -> list[tuple[int, int]]:
    """First picture and the first one after it, of every shot that is found."""
    return stretches((from_rgb(np.clip(one, 0, 255).astype(np.uint8)) for one in pictures), fps)


def stretches(frames: Iterable[Frame], fps: Fraction) -> list[tuple[int, int]]:
    finder = ShotFinder(fps=fps)
    for frame in frames:
        finder.see(frame)
    return [(one.first, one.end) for one in finder.finish()]


def number(seconds: float, fps: Fraction) -> int:
    return round(seconds * float(fps))


def dissolved(before: list[Rgb], after: list[Rgb], frames: int) -> list[Rgb]:
    """The last pictures of one shot mixed with the first of another."""
    parts = zip(before[-frames:], after[:frames], strict=True)
    shares = [(n + 1) / (frames + 1) for n in range(frames)]
    mixed = [cv2.addWeighted(old, 1 - n, new, n, 0) for n, (old, new) in zip(shares, parts, strict=True)]
    return [*before[:-frames], *(np.asarray(one, np.float32) for one in mixed), *after[frames:]]


def faded(pictures: list[Rgb], frames: int) -> list[Rgb]:
    """The shot fading up from black."""
    return [one * min(1.0, n / frames) for n, one in enumerate(pictures)]


@every_rate
@pytest.mark.parametrize("seed", range(4))
def test_every_hard_cut_is_found_to_the_picture(fps: Fraction, seed: int) -> None:
    lengths = [number(seconds, fps) for seconds in (1.5, 0.8, 2.0, 0.6, 1.2)]
    film = [one for n, length in enumerate(lengths) for one in shot(10 * seed + n, length, fps=fps)]
    edges = [0, *np.cumsum(lengths).tolist()]
    assert found(film, fps) == list(pairwise(edges))


def test_shots_of_a_third_of_a_second_are_found() -> None:
    fps = Fraction(24)
    film = [one for seed in range(9) for one in shot(40 + seed, 8, fps=fps)]
    assert found(film, fps) == [(first, first + 8) for first in range(0, 72, 8)]


def test_a_cut_in_the_midst_of_fast_motion_is_found() -> None:
    fps = Fraction(24)
    film = [*shot(1, 36, fps=fps, drift=300), *shot(2, 36, fps=fps, drift=-300)]
    assert found(film, fps) == [(0, 36), (36, 72)]


def test_the_last_two_pictures_are_a_shot_of_their_own_after_a_cut() -> None:
    fps = Fraction(24)
    assert found([*shot(3, 40, fps=fps), *shot(4, 2, fps=fps)], fps) == [(0, 40), (40, 42)]


@every_rate
@pytest.mark.parametrize("seed", range(3))
def test_no_shot_begins_or_ends_in_the_middle_of_a_dissolve(fps: Fraction, seed: int) -> None:
    length, mixed = number(2.5, fps) + 12, 12
    film = dissolved(shot(60 + seed, length, fps=fps), shot(70 + seed, length, fps=fps), mixed)
    (first, out), (into, last) = found(film, fps)
    assert (first, last) == (0, len(film))
    assert length - mixed - 2 <= out <= length - mixed + 1
    assert length - 1 <= into <= length + 2


@every_rate
def test_a_dissolve_of_a_second_is_found(fps: Fraction) -> None:
    length, mixed = number(4, fps), number(1, fps)
    film = dissolved(shot(81, length, fps=fps), shot(82, length, fps=fps), mixed)
    (first, out), (into, last) = found(film, fps)
    assert (first, last) == (0, len(film))
    assert abs(out - (length - mixed)) <= max(2, mixed // 8)
    assert abs(into - length) <= max(2, mixed // 8)


@every_rate
def test_a_fade_up_from_black_is_over_at_nine_tenths_of_the_level(fps: Fraction) -> None:
    black, rise = number(0.5, fps), number(1, fps)
    film = [np.zeros((HEIGHT, WIDTH, 3), np.float32)] * black + faded(shot(5, number(4, fps), fps=fps, drift=4), rise)
    ((first, end),) = found(film, fps)
    assert end == len(film)
    assert black + 0.8 * rise <= first <= black + rise


@every_rate
def test_a_fade_down_to_black_ends_the_shot(fps: Fraction) -> None:
    black, fall = number(0.5, fps), number(1, fps)
    film = [np.zeros((HEIGHT, WIDTH, 3), np.float32)] * black + faded(shot(6, number(4, fps), fps=fps, drift=4), fall)
    ((first, end),) = found(film[::-1], fps)
    lit = len(film) - black
    assert first == 0
    assert lit - fall <= end <= lit - 0.8 * fall


@every_rate
def test_a_fade_through_black_parts_two_shots(fps: Fraction) -> None:
    length, rise = number(3, fps), number(0.5, fps)
    film = [*faded(shot(7, length, fps=fps), rise)[::-1], *faded(shot(8, length, fps=fps), rise)]
    (first, out), (into, last) = found(film, fps)
    assert (first, last) == (0, len(film))
    assert length - rise - 1 <= out <= length - 0.7 * rise
    assert length + 0.7 * rise <= into <= length + rise + 1


def test_two_black_pictures_part_a_shot_and_one_does_not() -> None:
    fps, film = Fraction(25), shot(9, 60, fps=Fraction(25))
    film[20] = film[40] = film[41] = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    assert found(film, fps) == [(0, 40), (42, 60)]


@every_rate
@pytest.mark.parametrize("long", [1, 3])
def test_a_flash_is_no_cut(fps: Fraction, long: int) -> None:
    film = shot(11, number(4, fps), fps=fps)
    middle = len(film) // 2
    film[middle : middle + long] = [np.full((HEIGHT, WIDTH, 3), 255, np.float32)] * long
    assert found(film, fps) == [(0, len(film))]


def test_a_strobe_light_is_no_cut() -> None:
    film = shot(12, 96, fps=Fraction(24))
    film = [one * (1.0 if n % 4 < 2 else 0.45) + (60 if n % 4 == 3 else 0) for n, one in enumerate(film)]
    assert found(film, Fraction(24)) == [(0, 96)]


@every_rate
def test_a_whip_pan_is_no_cut(fps: Fraction) -> None:
    view = cv2.hconcat([place(13), place(14)[:, :WIDTH]])
    still, whip = number(1.5, fps), max(4, number(0.35, fps))
    film: list[Rgb] = []
    for n in range(2 * still + whip):
        way = np.clip((n - still) / whip, 0.0, 1.0)
        left = round((WIDTH + 240) * (3 * way**2 - 2 * way**3))
        blur = 1 + (600 // whip if 0 < way < 1 else 0)
        film.append(np.asarray(cv2.blur(view[60 : 60 + HEIGHT, left : left + WIDTH], (blur, 1)), np.float32))
    assert found(film, fps) == [(0, len(film))]


@every_rate
def test_a_hand_held_shake_is_no_cut(fps: Fraction) -> None:
    rng, view = np.random.default_rng(15), place(15)
    film = [seen(view, 100 + rng.normal(0, 12), 60 + rng.normal(0, 8)) for _ in range(number(4, fps))]
    assert found(film, fps) == [(0, len(film))]


@every_rate
def test_somebody_walking_through_a_long_static_shot_is_no_cut(fps: Fraction) -> None:
    view = seen(place(16), 100)
    film: list[Rgb] = []
    for n in range(number(6, fps)):
        picture = view.copy()
        left = round(-140 + 110 * float(n / fps))
        picture[20:, max(0, left) : max(0, left + 130)] = (20, 30, 160)
        film.append(picture)
    assert found(film, fps) == [(0, len(film))]


@every_rate
def test_somebody_walking_close_by_the_lens_is_no_cut(fps: Fraction) -> None:
    view = seen(place(17), 100)
    film: list[Rgb] = []
    for n in range(number(5, fps)):
        picture = view.copy()
        left = round(-500 + 330 * float(n / fps))
        picture[:, max(0, left) : max(0, left + 400)] = (70, 50, 40)
        film.append(picture)
    assert found(film, fps) == [(0, len(film))]


def test_the_flicker_of_a_gif_palette_is_no_cut() -> None:
    film = [one // 36 * 36 + np.float32(n % 3 * 5) for n, one in enumerate(shot(18, 60, fps=Fraction(10)))]
    assert found(film, Fraction(10)) == [(0, 60)]


def test_a_film_that_repeats_pictures_and_jumps_on_is_no_cut() -> None:
    moving = shot(19, 120, fps=Fraction(30), drift=150)
    film = [moving[n // 8 * 8] for n in range(120)]
    assert found(film, Fraction(30)) == [(0, 120)]


def test_a_title_that_fades_in_and_out_parts_nothing() -> None:
    fps, film = Fraction(24), shot(20, 144, fps=Fraction(24), drift=2)
    for n, one in enumerate(film):
        strength = float(np.clip(min(n - 40, 110 - n) / 20, 0.0, 1.0))
        film[n] = one.copy()
        film[n][30:80, 60:260] += (250 - film[n][30:80, 60:260]) * strength
    assert found(film, fps) == [(0, 144)]


@every_rate
def test_a_dark_scene_is_not_black(fps: Fraction) -> None:
    rng, film = np.random.default_rng(21), []
    lights = rng.integers(0, (HEIGHT - 2, WIDTH - 2), (150, 2))
    for n in range(number(3, fps)):
        picture = rng.normal(4, 2, (HEIGHT, WIDTH, 3)).astype(np.float32)
        for down, right in lights[rng.random(150) < 0.9]:
            picture[down : down + 2, (right + n // 4) % (WIDTH - 2)] = 220
        film.append(picture)
    assert found(film, fps) == [(0, len(film))]


def test_a_dim_night_shot_is_whole() -> None:
    film = [one * 0.2 for one in shot(22, 72, fps=Fraction(24))]
    assert found(film, Fraction(24)) == [(0, 72)]


@every_rate
def test_a_black_film_has_no_shots(fps: Fraction) -> None:
    rng = np.random.default_rng(23)
    assert found((rng.normal(2, 2, (HEIGHT, WIDTH, 3)).astype(np.float32) for _ in range(30)), fps) == []


def test_a_film_of_one_picture_is_one_shot_unless_it_is_black() -> None:
    fps = Fraction(24)
    assert found(shot(24, 1, fps=fps), fps) == [(0, 1)]
    assert stretches([blank((WIDTH, HEIGHT))], fps) == []


def test_a_film_without_pictures_has_no_shots() -> None:
    assert ShotFinder(fps=Fraction(24)).finish() == ()


@pytest.mark.parametrize("size", [(2, 2), (46, 320), (320, 134), (320, 46)], ids=str)
def test_any_size_will_do(size: tuple[int, int]) -> None:
    fps, film = Fraction(24), [*shot(25, 24, fps=Fraction(24)), *shot(26, 24, fps=Fraction(24))]
    frames = [resized(from_rgb(np.clip(one, 0, 255).astype(np.uint8)), size) for one in film]
    assert stretches(frames, fps) == [(0, 24), (24, 48)]


def test_the_level_of_a_flat_colour_is_what_tells_two_apart() -> None:
    fps = Fraction(24)
    dull, bright = blank((WIDTH, HEIGHT), luma=60), blank((WIDTH, HEIGHT), luma=180)
    planes(bright).u[:] = 160
    assert stretches([dull] * 30 + [bright] * 30, fps) == [(0, 30), (30, 60)]


def test_less_than_half_a_kilobyte_of_a_picture_is_kept() -> None:
    finder = ShotFinder(fps=Fraction(24))
    frames = [from_rgb(np.clip(one, 0, 255).astype(np.uint8)) for one in shot(27, 8, fps=Fraction(24))]
    for n in range(100):
        finder.see(frames[n % 8])
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for n in range(2_000):
            finder.see(frames[n % 8])
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 2_000 < 600  # a growing array holds an eighth in reserve


def test_a_stretch_tells_where_it_ends() -> None:
    assert Stretch(12, 30).end == 42


WHOLE = [
    "bedroom_jump.mp4",
    "dog_run.mp4",
    "football_juggle.mp4",
    "kings_cross_pan.mp4",
    "rooftop_zoom.mp4",
    "stadium_lights.mov",
    "store_aisle.gif",
    "visitors_at_table.mp4",
]
BATTLE = [52, 122, 158, 221, 309, 715, 788, 872, 901, 987, 1127, 1157, 1203, 1234, 1246, 1284, 1345, 1378, 1430, 1472]
BATTLE += [1525, 1571, 1618, 1650, 1689, 1691]


def real(name: str) -> tuple[list[tuple[int, int]], int]:
    """The shots of a real file, and how many pictures it has."""
    path = DATA / "dev" / "footage" / name
    if not path.is_file():
        pytest.skip("needs the real footage, which is not part of the repository: set CIRCLETAKE_TEST_DATA")
    with path.open("rb") as file, open_untrusted(file, name=name) as source:
        scale = 320 / max(source.size)
        width, height = (max(2, 2 * round(side * scale / 2)) for side in source.size)
        finder, count = ShotFinder(fps=source.fps), 0
        for part in source.play():
            if not isinstance(part, Heard):
                finder.see(resized(part, (width, height)))
                count += 1
        return [(one.first, one.end) for one in finder.finish()], count


@pytest.mark.parametrize("name", WHOLE)
def test_real_footage_that_was_never_cut_is_one_shot(name: str) -> None:
    shots, count = real(name)
    assert shots == [(0, count)]


def test_a_fast_real_battle_is_cut_where_it_was_cut() -> None:
    shots, count = real("tears_of_steel_battle.webm")
    assert count == BATTLE[-1]
    assert shots == list(pairwise([0, *BATTLE]))


def test_a_real_dissolve_from_the_dark_is_left_out() -> None:
    shots, count = real("nasa_webb_mirror.mp4")
    (first, out), (into, cut), last = shots
    assert (first, cut, last) == (0, 202, (202, count))
    assert 125 <= out <= 129
    assert 147 <= into <= 151


def test_a_real_fade_up_and_a_title_are_told_from_cuts() -> None:
    shots, count = real("big_buck_bunny_open.webm")
    assert 42 <= shots[0][0] <= 50
    assert shots[1:] == [(283, 376), (376, 551), (551, count)]
    assert shots[0][1] == 283


def test_a_real_bird_begins_when_the_sky_is_there() -> None:
    ((first, end),), count = real("seabird_sky.avi")
    assert end == count
    assert 18 <= first <= 24
