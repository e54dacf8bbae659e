"""Moments: which stretches of footage belong to which shot, so that no moment is seen twice in a film.

Before anything is shot, all footage is shared out: every shot has *territories* of its own, stretches that no other
shot shares a frame with, and all its takes are cut from them. Whichever takes are circled, no moment comes twice.
Everything is counted in frames of the *file* at the film's rate, so that two clips of one file are told apart too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from pydantic import Field

from circletake.domain.clip import Clip
from circletake.domain.schema import Value
from circletake.domain.timing import Rational

SLOWEST = Fraction(1, 2)
"""Footage is never slowed down further: below half speed, interpolated motion smears."""
MOST_TERRITORIES = 6
"""Territories that a shot is given at most."""
_GRID = 6
"""Frames between two places that are weighed against each other."""
_FEW = 400
"""Places that are weighed in one stretch at most; a longer stretch is looked at more coarsely."""
_LIVELY = 12.0
"""Change in a half second, in thousandths, below which a whole clip counts as still."""
_WHIP = (1.5, 20.0, 60.0)
"""A stretch begins or ends mid-whip above 1.5 times its mean change and 20 thousandths; 60 more are a full whip."""


class Ground(Value):
    """A clip as ground to be shared out."""

    clip_id: str
    first: int = Field(ge=0)
    """First frame of the file, at the film's rate, that shows nothing but this clip."""
    last: int
    """The first frame that no longer does."""
    fps: Rational = Fraction(24)
    """Of the film."""
    activity: tuple[int, ...] = ()
    """Change in each half second from `first` on, in thousandths; empty when unknown."""

    @property
    def frames(self) -> int:
        """How much of it may be cut, at full speed."""
        return max(0, self.last - self.first)

    def change(self, first: int, last: int) -> float:
        """Return the mean change between two frames, in thousandths; 0 when it is unknown."""
        if not self.activity:
            return 0.0
        half = self.fps / 2
        begin = min(len(self.activity) - 1, max(0, int((first - self.first) / half)))
        end = min(len(self.activity), max(begin + 1, math.ceil((last - self.first) / half)))
        return sum(self.activity[begin:end]) / (end - begin)


class Territory(Value):
    """A stretch of a clip that one shot may be cut from, and no other."""

    clip_id: str
    first: int = Field(ge=0)
    """First frame of the file, at the film's rate."""
    last: int
    """The first frame that is no longer in it."""

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.last - self.first

    def overlaps(self, other: Territory) -> bool:
        """Return whether both share at least one frame of the same clip."""
        return self.clip_id == other.clip_id and self.first < other.last and other.first < self.last


class Demand(Value):
    """What one shot needs of the footage."""

    slate: str
    frames: int = Field(gt=0)
    clips: tuple[str, ...]
    """Clips it may be cut from, the most suitable first."""
    liveliness: float = Field(default=0.0, ge=-1, le=1)
    """1 wants the stretch where most happens, -1 the one where nothing does."""

    @property
    def least(self) -> int:
        """The frames of footage that it needs at the slowest speed."""
        return least_frames(self.frames)


class Moment(Value):
    """What one take is cut from."""

    clip_id: str
    first: int
    last: int
    speed: Rational
    """1 is as shot, 1/2 is half speed."""


def least_frames(frames: int) -> int:
    """Return how many frames of footage a shot of so many frames needs at the slowest speed."""
    return math.ceil(frames * SLOWEST)


def ground_of(clip: Clip, fps: Fraction) -> Ground:
    """Return the frames, at the film's rate, at which nothing but this clip is shown; there may be none.

    A frame shows the picture of the file that is nearest in time, so the last half picture of a clip already shows the
    first one of the next clip and is left out.
    """
    begin, end = Fraction(clip.first_frame) / clip.fps, Fraction(clip.first_frame + clip.frames) / clip.fps
    first = math.ceil(begin * fps)
    last = math.floor((end - 1 / (2 * clip.fps)) * fps) + 1
    return Ground(clip_id=clip.clip_id, first=first, last=max(first, last), fps=fps, activity=clip.activity)


def worth(demand: Demand, ground: Ground, *, first: int, last: int) -> float:
    """Return how well a stretch suits a shot: about -1.5..1, 0 where nothing is known.

    What happens counts relative to the liveliest half second of the clip, with the sign of the shot's liveliness; a
    stretch that begins or ends mid-whip loses up to 0.3 at each end.
    """
    if not ground.activity:
        return 0.0
    mean = ground.change(first, last)
    half = math.ceil(ground.fps / 2)
    ends = (ground.change(first, first + half), ground.change(last - half, last))
    factor, base, full = _WHIP
    whips = sum(min(1.0, max(0.0, (end - factor * mean - base) / full)) for end in ends)
    return demand.liveliness * mean / max(_LIVELY, *map(float, ground.activity)) - 0.3 * whips


def seat(demands: Sequence[Demand], plots: Sequence[Territory]) -> dict[str, int]:
    """Seat every shot on one free plot: slate -> index of the plot; a shot that finds no room is left out.

    First choices count most: as many shots sit on their first choice as go there at half speed. Those left over
    take their next choice that has room at full speed, then at half speed. Should that leave a shot out, all are seated
    anew, the longest first, wherever they fit most closely.
    """
    by_choice = _by_choice(demands, plots)
    return by_choice if len(by_choice) == len(demands) else max(by_choice, _by_length(demands, plots), key=len)


def _by_choice(demands: Sequence[Demand], plots: Sequence[Territory]) -> dict[str, int]:
    full, least = [plot.frames for plot in plots], [plot.frames for plot in plots]
    seats: dict[str, int] = {}

    def sit(demand: Demand, rank: int, room: Sequence[int], need: int) -> None:
        if demand.slate in seats or rank >= len(demand.clips):
            return
        on = [at for at, plot in enumerate(plots) if plot.clip_id == demand.clips[rank] and room[at] >= need]
        if on:
            at = max(on, key=lambda index: (full[index], least[index], -index))
            full[at] -= demand.frames
            least[at] -= demand.least
            seats[demand.slate] = at

    for demand in demands:
        sit(demand, 0, least, demand.least)
    for room in (full, least):
        for rank in range(1, max((len(demand.clips) for demand in demands), default=0)):
            for demand in demands:
                sit(demand, rank, room, demand.frames if room is full else demand.least)
    return seats


def _by_length(demands: Sequence[Demand], plots: Sequence[Territory]) -> dict[str, int]:
    room = [plot.frames for plot in plots]
    seats: dict[str, int] = {}
    for demand in sorted(demands, key=lambda one: -one.frames):
        on = [at for at, plot in enumerate(plots) if plot.clip_id in demand.clips and room[at] >= demand.least]
        if on:
            at = min(on, key=lambda index: (room[index], demand.clips.index(plots[index].clip_id), index))
            room[at] -= demand.least
            seats[demand.slate] = at
    return seats


def allot(
    demands: Sequence[Demand], grounds: Sequence[Ground], *, held: Mapping[str, Sequence[Territory]] | None = None
) -> dict[str, tuple[Territory, ...]]:
    """Give every shot territories of its own; the same arguments give the same territories.

    First every shot is seated, several shots on one clip in film order; then what is free is handed out in turn, until
    every shot has a choice or nothing is left. A shot that cannot be seated has none, and the others keep theirs.

    Args:
        demands: the shots in film order.
        grounds: the clips.
        held: slate -> stretches that takes of earlier rounds were cut from; they stay with their shot.
    """
    known = {demand.slate for demand in demands}
    before = {slate: tuple(stretches) for slate, stretches in (held or {}).items() if slate in known}
    fresh = _Sharing(demands, grounds).territories({})
    clash = any(
        stretch.overlaps(territory)
        for slate, stretches in before.items()
        for other, territories in fresh.items()
        if other != slate
        for territory in territories
        for stretch in stretches
    )
    return _Sharing(demands, grounds).territories(before) if clash else fresh


class _Sharing:
    """One sharing-out: what is free, and what every shot has been given."""

    def __init__(self, demands: Sequence[Demand], grounds: Sequence[Ground]) -> None:
        self._demands = demands
        self._grounds = {ground.clip_id: ground for ground in grounds if ground.frames}
        self._free = [Territory(clip_id=g.clip_id, first=g.first, last=g.last) for g in self._grounds.values()]
        self._given: dict[str, list[Territory]] = {demand.slate: [] for demand in demands}

    def territories(self, held: Mapping[str, Sequence[Territory]]) -> dict[str, tuple[Territory, ...]]:
        for stretches in held.values():
            for stretch in stretches:
                self._take(stretch)
        for demand in self._demands:
            kept = merged(one for one in held.get(demand.slate, ()) if one.clip_id in self._grounds)
            self._given[demand.slate] = [one for one in kept if one.frames >= demand.least]
        unseated = [demand for demand in self._demands if not self._given[demand.slate]]
        plots = list(self._free)
        seats = seat(unseated, plots)
        for at, plot in enumerate(plots):
            self._settle(plot, [demand for demand in unseated if seats.get(demand.slate) == at])
        while any([self._give_more(demand) for demand in self._demands if self._given[demand.slate]]):
            pass
        return {slate: tuple(given) for slate, given in self._given.items()}

    def _take(self, stretch: Territory) -> None:
        left: list[Territory] = []
        for plot in self._free:
            if not plot.overlaps(stretch):
                left.append(plot)
                continue
            ends = ((plot.first, min(plot.last, stretch.first)), (max(plot.first, stretch.last), plot.last))
            left += [Territory(clip_id=plot.clip_id, first=a, last=b) for a, b in ends if a < b]
        self._free = left

    def _settle(self, plot: Territory, seated: Sequence[Demand]) -> None:
        """Give the shots that sit on a plot their places in time order, and some room on either side."""
        if not seated:
            return
        ground = self._grounds[plot.clip_id]
        needs = _needs(seated, plot.frames)
        starts = _places(seated, needs, plot, ground)
        for at, (demand, need, start) in enumerate(zip(seated, needs, starts, strict=True)):
            before = starts[at - 1] + needs[at - 1] if at else plot.first
            after = starts[at + 1] if at + 1 < len(seated) else plot.last
            left = (start - before) // 2 if at else start - before
            right = (after - start - need + 1) // 2 if at + 1 < len(seated) else after - start - need
            territory = Territory(
                clip_id=plot.clip_id, first=start - min(left, need), last=start + need + min(right, need)
            )
            self._given[demand.slate].append(territory)
            self._take(territory)

    def _give_more(self, demand: Demand) -> bool:
        """Give a shot one more territory on free ground: other clips first, then more of those it has."""
        given = self._given[demand.slate]
        if len(given) >= MOST_TERRITORIES:
            return False
        has = [territory.clip_id for territory in given]
        order = sorted(demand.clips, key=lambda name: demand.clips.index(name) + 2 * has.count(name))
        for need in (demand.frames, demand.least):
            for name in order:
                plots = [plot for plot in self._free if plot.clip_id == name and plot.frames >= need]
                if plots:
                    territory = self._best(demand, plots)
                    given.append(territory)
                    self._take(territory)
                    return True
        return False

    def _best(self, demand: Demand, plots: Sequence[Territory]) -> Territory:
        ground = self._grounds[plots[0].clip_id]
        windows = []
        for plot in plots:
            need = min(demand.frames, plot.frames)
            (start,) = _places([demand], [need], plot, ground)
            window = Territory(clip_id=plot.clip_id, first=start, last=start + need)
            windows.append((worth(demand, ground, first=window.first, last=window.last), plot.frames, -start, window))
        return max(windows, key=lambda one: one[:3])[3]


def merged(stretches: Iterable[Territory]) -> tuple[Territory, ...]:
    """Return stretches with those that overlap or touch joined to one, in order of clip and time."""
    joined: list[Territory] = []
    for one in sorted(stretches, key=lambda stretch: (stretch.clip_id, stretch.first, stretch.last)):
        if joined and joined[-1].clip_id == one.clip_id and one.first <= joined[-1].last:
            joined[-1] = joined[-1].model_copy(update={"last": max(joined[-1].last, one.last)})
        else:
            joined.append(one)
    return tuple(joined)


def _needs(seated: Sequence[Demand], room: int) -> list[int]:
    """Return the footage that each gets of a plot: its full length where all have it, else an even share above half."""
    full, least = sum(demand.frames for demand in seated), sum(demand.least for demand in seated)
    if full <= room:
        return [demand.frames for demand in seated]
    share = Fraction(max(0, room - least), max(1, full - least))
    return [demand.least + int((demand.frames - demand.least) * share) for demand in seated]


def _places(seated: Sequence[Demand], needs: Sequence[int], plot: Territory, ground: Ground) -> list[int]:
    """Return where on a plot each shot begins: in order, disjoint, and worth most together.

    By dynamic programming over how much of the slack lies before each shot; where nothing tells places apart, they are
    spread evenly.
    """
    slack = plot.frames - sum(needs)
    step = max(_GRID, math.ceil(slack / _FEW))
    steps = sorted({*range(0, slack + 1, step), slack})
    lead = [plot.first + sum(needs[:at]) for at in range(len(seated))]
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * len(steps)
    for at, (demand, need) in enumerate(zip(seated, needs, strict=True)):
        ideal = slack * (at + 1) / (len(seated) + 1)
        reached: list[tuple[float, tuple[int, ...]]] = []
        leader: tuple[float, tuple[int, ...]] | None = None
        for before, offset in zip(best, steps, strict=True):
            start = lead[at] + offset
            value = worth(demand, ground, first=start, last=start + need)
            value -= 0.02 * abs(offset - ideal) / max(1, slack)
            here = (before[0] + value, (*before[1], start))
            leader = here if leader is None or here[0] > leader[0] else leader
            reached.append(leader)
        best = reached
    return list(best[-1][1])


def moments_of(demand: Demand, territories: Sequence[Territory], grounds: Mapping[str, Ground]) -> tuple[Moment, ...]:
    """Return the distinct moments that takes of a shot are cut from, in the order in which they are to be shot.

    Each territory gives its best moment first; then come the others that share nothing with those, then those that
    share less than half. Empty when no territory is long enough at the slowest speed.
    """
    usable = [one for one in territories if one.frames >= demand.least and one.clip_id in grounds]
    rows = [_windows(demand, territory, grounds[territory.clip_id]) for territory in usable]
    chosen: list[Territory] = []
    for apart in (Fraction(1), Fraction(1, 2)):
        for turn in range(max((len(row) for row in rows), default=0)):
            for row in rows:
                if turn < len(row) and all(_is_apart(row[turn], one, apart) for one in chosen):
                    chosen.append(row[turn])
    return tuple(
        Moment(
            clip_id=one.clip_id,
            first=one.first,
            last=one.last,
            speed=min(Fraction(1), Fraction(one.frames, demand.frames)),
        )
        for one in chosen
    )


def _is_apart(one: Territory, other: Territory, share: Fraction) -> bool:
    return not one.overlaps(other) or abs(one.first - other.first) >= share * one.frames


def _windows(demand: Demand, territory: Territory, ground: Ground) -> list[Territory]:
    """Return windows of the shot's length in a territory, the best first, then by what they are worth."""
    need = min(demand.frames, territory.frames)
    (home,) = _places([demand], [need], territory, ground)
    spare = range(territory.first, territory.last - need + 1)
    starts = [start for start in (*spare[:: max(1, need // 2)], spare[-1]) if start != home]
    around = [start for turn in range(1, 2 + len(spare) // need) for start in (home - turn * need, home + turn * need)]
    starts = list(dict.fromkeys([*(start for start in around if start in spare), *starts]))
    starts.sort(key=lambda start: -round(worth(demand, ground, first=start, last=start + need), 3))
    return [Territory(clip_id=territory.clip_id, first=start, last=start + need) for start in (home, *starts)]
