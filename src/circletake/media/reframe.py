"""Frame a shot for another shape of picture: where an operator would have held the camera.

A crop in another shape moves along one axis only. Along it each sampled picture says how much there is to see where:
what moves against the camera's own motion (dense flow after the camera's motion is taken out), what draws attention
(spectral residual), and what stands out in colour; the middle counts a little more. The camera is held still while the
subject stays well inside the frame, and goes after it in one eased move when it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.clip import Area
from circletake.media.decode import CENTRE, Point
from circletake.media.digest import oklab, resized, saliency
from circletake.media.picture import Frame, Frames, planes, size_of

LIKE = 0.08
"""By how much two aspects may differ for the crop to stay in the middle: too little is lost to choose."""
SAMPLED = 8
"""Pictures a second, about, that are looked at."""
_LONGER = 256
"""Pixels at the longer side of what is looked at."""
FASTEST = 0.8
"""Widths of the film's picture (heights, for a crop that moves up and down) a second that a move goes at most."""
HARDEST = 2.0
"""The same a second squared: how quickly a move gets under way and comes to rest."""
_GRID = (64, 36)
"""Columns and rows of the maps of what there is to see."""
_RING = np.ones(_GRID[::-1], bool)
_RING[4:-4, 7:-7] = False
_FLAT = 1.0
"""Levels of luma (deviation) under which a picture has no shapes that could draw attention."""
_SURROUNDED = (0.18, 0.3)
"""Share of the edges that moves from which on, and up to which, motion counts less and then nothing."""
_PLACES = 96
"""Places along the axis at which there is something to see."""
_MOTION, _ATTENTION, _COLOUR = 1.0, 0.35, 0.35
"""How much the three count. Motion alone finds a runner; the others decide where nothing moves."""
_STIR = 0.02
"""Flow, in picture widths a second, below which nothing moves: leaves, grain and coding."""
_RUN = 0.15
"""Flow from which on it does not matter how fast something moves."""
_CLEARLY = 1.5
"""Power that what is seen is raised to: one clear subject is worth more than many faint ones."""
_EDGE = 0.15
"""Share of the picture at each edge that is taken for background first."""
_MEMORY = 0.35
"""Seconds (standard deviation) over which what was seen counts: a runner who stops is still there."""
_MIDDLE = 0.6
"""Share of the frame in which the subject is well placed; from there to the edge it counts less and less."""
_LEANING = 0.2
"""By how much the very middle is better than the edge of that: enough to choose by, too little to move for."""
_A_MOVE = 0.1
"""Seconds with the subject quite out of the frame that are as bad as one second of a move."""
_A_WIDTH = 0.25
"""The same for each width of the frame that a move goes."""
_CRUISE = 0.7
"""Share of the highest speed at which a move is planned; easing its ends takes the rest."""
_TOLD = 0.14
"""By how much more the best place must show than an average one, for a narrow frame (a wide one differs less from
place to place); below that there is no subject to follow."""
_ENOUGH = 0.85
"""How well a fixed frame shows the subject, against the best frame of each moment, for it to be kept on the subject."""
_NEARLY_ALL = 0.85
"""Share of the time in which it must do so for the camera to be locked off."""


@dataclass(frozen=True)
class Path:
    """Where the crop is centred from picture to picture."""

    points: tuple[Point, ...]
    """One point if the frame stands still, else one for each picture; x and y in 0..1 of the active area."""
    subject: bool
    """Whether there was one to frame; else the frame lies in the weighted middle."""

    @property
    def moves(self) -> bool:
        """Whether the frame moves."""
        return len(self.points) > 1


def aspect(size: tuple[int, int], active: Area) -> float:
    """Return width by height of the active area of a picture of this size, with square pixels."""
    return (active.right - active.left) * size[0] / ((active.bottom - active.top) * size[1])


def differs(source: float, film: float) -> bool:
    """Whether two aspects (width by height) differ so much that it matters where the picture is cropped."""
    return max(source / film, film / source) > 1 + LIKE


def small(source: float) -> tuple[int, int]:
    """Return the size, both sides even, at which to decode a picture of this aspect for `follow`."""
    width, height = (_LONGER, _LONGER / source) if source > 1 else (_LONGER * source, _LONGER)
    return max(16, 2 * round(width / 2)), max(16, 2 * round(height / 2))


def follow(pictures: Frames | Sequence[Frame], *, step: int, fps: Fraction, film: float, frames: int) -> Path:
    """Return where to centre a crop of another shape so that the subject stays in it.

    The frame stands still while the subject is well inside it; a move is eased, never faster than `FASTEST` nor harder
    than `HARDEST`, and begins before the subject would be lost. If one place shows the subject nearly all the time the
    frame stays there. The same pictures give the same path.

    Args:
        pictures: every `step`-th picture of the stretch as the film shows it, of the active area alone, small.
        step: how many pictures of the film one stands for.
        fps: frame rate of the film.
        film: aspect (width by height) of the film.
        frames: how many pictures the stretch has in the film.
    """
    width, height = size_of(pictures[0])
    across = width / height > film
    window = film * height / width if across else width / height / film
    if window >= 1.0:
        return Path((CENTRE,), subject=False)
    rate = float(fps) / step
    profiles = _remembered(_profiles(pictures, rate=rate, across=across), rate)
    shown = _shown(profiles, window)
    places = window / 2 + (1 - window) * np.arange(shown.shape[1]) / (shown.shape[1] - 1)
    mean = shown.mean(axis=0)
    if mean.max() - mean.mean() <= _TOLD * (1 - window) * mean.max():
        return Path((_point(_weighted_middle(profiles, window), across),), subject=False)
    best = int(np.argmax(mean))
    if np.mean(shown[:, best] >= _ENOUGH * shown.max(axis=1)) >= _NEARLY_ALL:
        return Path((_point(float(places[best]), across),), subject=True)
    held = places[_held(shown, places / window, rate)]
    if np.ptp(held) == 0.0:
        return Path((_point(float(held[0]), across),), subject=True)
    moved = _eased(np.repeat(held, step)[:frames], float(fps), window)
    return Path(tuple(_point(float(at), across) for at in moved), subject=True)


def _point(at: float, across: bool) -> Point:
    return (at, 0.5) if across else (0.5, at)


def _profiles(pictures: Frames | Sequence[Frame], *, rate: float, across: bool) -> NDArray[np.float64]:
    """Return how much there is to see at each place along the axis: (pictures, places), rows sum to about 1."""
    motions = _motions([np.ascontiguousarray(planes(np.ascontiguousarray(one)).y) for one in pictures], rate)
    found = []
    for picture, motion in zip(pictures, motions, strict=True):
        seen = _MOTION * motion + _ATTENTION * _attention(picture) + _COLOUR * _colour(picture)
        seen = seen * _prior(across)
        line = seen.sum(axis=0 if across else 1)
        line = np.interp((np.arange(_PLACES) + 0.5) / _PLACES, (np.arange(len(line)) + 0.5) / len(line), line)
        line = line - 0.5 * np.median(line)
        found.append(np.maximum(line, 0.0) ** _CLEARLY)
    lines = np.array(found)
    totals = lines.sum(axis=1, keepdims=True)
    # Moments with more to see count a little more.
    return lines / np.maximum(totals**0.8 * max(float(totals.mean()), 1e-9) ** 0.2, 1e-9)


def _prior(across: bool) -> NDArray[np.float64]:
    """Return how much places count: the middle most, the edges along the axis 0.6 and across it 0.4 of that."""
    columns, rows = (np.linspace(-1, 1, n) ** 2 for n in _GRID)
    along, aside = (0.4, 0.6) if across else (0.6, 0.4)
    return (
        np.outer(1 - aside * rows, 1 - along * columns) if across else np.outer(1 - along * rows, 1 - aside * columns)
    )


def _motions(luma: Sequence[NDArray[np.uint8]], rate: float) -> list[NDArray[np.float64]]:
    """Return for each picture what moves against the camera's own motion, 0..1 on the grid."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    between: list[NDArray[np.float64]] = []
    for before, after in pairwise(luma):
        field = np.asarray(flow.calc(before, after, np.empty(0, np.float32)), np.float32)
        camera = _camera(field)
        speed = np.linalg.norm(field - camera, axis=2) * rate / max(before.shape)
        # A flat area can be said to move anywhere: it only counts where the picture changes against its surroundings.
        changed = cv2.GaussianBlur(cv2.absdiff(_carried(before, camera), after), (0, 0), 1.5).astype(np.float64)
        stir = max(_STIR, 2.0 * float(np.median(speed)))
        amount = np.clip((speed - stir) / _RUN, 0.0, 1.0) * np.clip((changed - 2.0) / 8.0, 0.0, 1.0)
        between.append(np.asarray(cv2.resize(amount, _GRID, interpolation=cv2.INTER_AREA), np.float64))
    if not between:
        return [np.zeros(_GRID[::-1])] * len(luma)
    # What moves all along the edges is the background of a camera that goes with its subject.
    ring = [float(amount[_RING].mean()) for amount in between]
    trust = float(np.clip((_SURROUNDED[1] - np.median(ring)) / (_SURROUNDED[1] - _SURROUNDED[0]), 0.0, 1.0))
    between = [amount * trust for amount in between]
    padded = [between[0], *between, between[-1]]
    return [np.maximum(one, two) for one, two in pairwise(padded)]


def _camera(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the flow, (H, W, 2), that the camera alone would cause: shift, turn and scale that most places agree on.

    Places near the edges count three times: what fills the middle may be the subject that the camera goes along with.
    """
    height, width = field.shape[:2]
    rows, columns = np.mgrid[4:height:8, 4:width:8].reshape(2, -1)
    edge = np.minimum.reduce([rows / height, 1 - rows / height, columns / width, 1 - columns / width]) < _EDGE
    rows, columns = (np.concatenate([one, one[edge], one[edge]]) for one in (rows, columns))
    here = np.stack([columns, rows], axis=1).astype(np.float32)
    matrix, _ = cv2.estimateAffinePartial2D(here, here + field[rows, columns], ransacReprojThreshold=0.75)
    if matrix is None:
        return np.zeros_like(field)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    moved = np.stack([x, y, np.ones_like(x)], axis=2) @ matrix.T.astype(np.float32)
    return np.asarray(moved - np.stack([x, y], axis=2), np.float32)


def _carried(before: NDArray[np.uint8], camera: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the picture before, moved as the camera's motion moves it (which is nearly the same all over).

    In fixed point: with a map of floats OpenCV 5.0 rounds one pixel in twenty this way or that, by where it lies in
    memory.
    """
    height, width = before.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    places, shares = cv2.convertMaps(x - camera[..., 0], y - camera[..., 1], cv2.CV_16SC2)
    return np.asarray(cv2.remap(before, places, shares, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _attention(picture: Frame) -> NDArray[np.float64]:
    """Return what draws attention by its shape, 0..1 on the grid."""
    luma = np.asarray(cv2.resize(planes(np.ascontiguousarray(picture)).y, _GRID, interpolation=cv2.INTER_AREA))
    if luma.std() < _FLAT:
        return np.zeros(_GRID[::-1])
    return _peaks(saliency(luma.astype(np.uint8)))


def _colour(picture: Frame) -> NDArray[np.float64]:
    """Return what differs in colour and light from its wider surroundings, 0..1 on the grid."""
    lab = oklab(resized(picture, _GRID))
    lab[..., 1:] *= 2.0  # chroma spans less than lightness, and is what catches the eye
    wide = cv2.GaussianBlur(lab, (0, 0), 9.0)
    near = cv2.GaussianBlur(lab, (0, 0), 1.5)
    return _peaks(np.linalg.norm(near - wide, axis=2).astype(np.float64))


def _peaks(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a map from 0 (its mean) to 1 (four deviations above); nothing where nothing stands out."""
    deviation = float(seen.std())
    if deviation < 1e-6:
        return np.zeros_like(seen)
    return np.clip((seen - seen.mean()) / (4.0 * deviation), 0.0, 1.0)


def _remembered(profiles: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return the profiles spread over time, and a part of the mean of all: a subject does not appear from nowhere."""
    spread = cv2.GaussianBlur(profiles, (1, 0), sigmaX=0.01, sigmaY=_MEMORY * rate, borderType=cv2.BORDER_REPLICATE)
    return 0.85 * np.asarray(spread, np.float64).reshape(profiles.shape) + 0.15 * profiles.mean(axis=0)


def _shown(profiles: NDArray[np.float64], window: float) -> NDArray[np.float64]:
    """Return how much of what there is to see the frame shows at each place it can have: (n, places of the frame)."""
    at = (np.arange(_PLACES) + 0.5) / _PLACES
    count = max(2, round(_PLACES * (1 - window)) + 1)
    centres = window / 2 + (1 - window) * np.arange(count) / (count - 1)
    off = np.abs(at[:, None] - centres) / (window / 2)
    weight = np.clip((1.0 - off) / (1.0 - _MIDDLE), 0.0, 1.0) * (1.0 - _LEANING * off**2)
    return profiles @ weight


def _weighted_middle(profiles: NDArray[np.float64], window: float) -> float:
    """Return the centre of all there is to see, half way to the middle, inside what the frame can reach."""
    at = (np.arange(_PLACES) + 0.5) / _PLACES
    line = profiles.mean(axis=0)
    centre = float(line @ at / line.sum()) if line.sum() > 0 else 0.5
    return min(max(0.5 + 0.5 * (centre - 0.5), window / 2), 1 - window / 2)


def _held(shown: NDArray[np.float64], places: NDArray[np.float64], rate: float) -> NDArray[np.intp]:
    """Choose the place of the frame in every sample: the shortest moves that are worth it.

    The cheapest path of all (Viterbi 1967): what is lost from the frame costs its share of each sample, and a move
    costs `_A_MOVE` for each second it takes and `_A_WIDTH` more for each width it goes. It goes no faster than
    `FASTEST` allows with its ends eased. `places` are in widths of the frame.
    """
    most = shown.max(axis=1, keepdims=True)
    lost = (most - shown) / max(float(most.mean()), 1e-9)
    far = np.abs(places[:, None] - places)
    going = rate * _A_WIDTH * far + _A_MOVE * (far > 0)
    going[far > max(_CRUISE * FASTEST / rate, far[0, 1]) + 1e-9] = np.inf
    total = lost[0]
    came = np.zeros(shown.shape, np.intp)
    for index in range(1, len(lost)):
        ways = total[:, None] + going
        came[index] = ways.argmin(axis=0)
        total = ways.min(axis=0) + lost[index]
    at = np.empty(len(lost), np.intp)
    at[-1] = int(total.argmin())
    for index in range(len(lost) - 1, 0, -1):
        at[index - 1] = came[index, at[index]]
    return at


def _eased(held: NDArray[np.float64], fps: float, window: float) -> NDArray[np.float64]:
    """Return the path through the places as moves that start and end at rest, within the limits of speed.

    Every place is spread over time by a raised cosine of a second, or as long as the limits ask for: the path never
    goes past the places it goes between, so it cannot swing.
    """
    seconds = 1.0
    while True:
        reach = max(1, round(seconds * fps / 2))
        kernel = np.hanning(2 * reach + 3)[1:-1]
        path = np.convolve(np.pad(held, reach, mode="edge"), kernel / kernel.sum(), mode="valid")
        speed = np.abs(np.diff(path)).max(initial=0.0) * fps / window
        force = np.abs(np.diff(path, 2)).max(initial=0.0) * fps**2 / window
        if speed <= FASTEST and force <= HARDEST:
            return np.asarray(path, np.float64)
        seconds *= 1.15
