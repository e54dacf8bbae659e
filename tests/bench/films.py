"""How much a master costs, beside one ffmpeg command that does the same: `make bench`.

Both cut eight takes of 1280x720 into a film of twenty seconds with one dissolve, bring its sound to -14 LUFS and encode
it with the same x264 settings on the same number of threads. Ours inspects every picture besides, and reads the whole
film back to hash its pictures and to measure its sound; the baseline trusts. Then the whole film from its footage,
finals and master, beside a script for moviepy that cuts, pushes in, grades and joins as much. Rounds alternate, each in
a fresh process.

    python -m tests.bench.films [--rounds 3] [--moviepy PYTHON]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import av

from circletake.assemble.render import MasterEvent, MasterOrder, execute
from circletake.domain.operation import Operation
from circletake.domain.plan import Transition
from circletake.generate.recipe import Original, WorkOrder
from circletake.generate.render import render
from circletake.media.picture import on_one_thread
from circletake.runtime.files import FileStore, sha256_of
from tests.bench import takes
from tests.bench.ingest import LIKE_A_WORKER
from tests.bench.table import Table

_SHOTS, _FRAMES, _FPS, _SIZE = 8, 60, Fraction(24), (1280, 720)
_DISSOLVE, _AT = 12, 4
"""Frames of the dissolve, and the shot that it leads into."""
_THREADS = 4
_X264 = ("-preset", "superfast", "-crf", "19", "-x264-params", "keyint=24:min-keyint=24:scenecut=0:open-gop=0")


def prepared(folder: Path) -> None:
    """Render the finals that both are made of, each a dissolve longer than it is used."""
    takes.prepared(folder)
    files = FileStore(folder / "studio")
    source = folder / "source.mp4"
    original = Original(path=str(source), sha256=sha256_of(source), fps=_FPS, shown=(1920, 1080))
    orders: list[WorkOrder] = []
    for number in range(_SHOTS):
        order = takes.work_order(folder, size=_SIZE, fan_out=1, first=6 + 8 * number, frames=_FRAMES + _DISSOLVE)
        segment = order.segment.model_copy(update={"original": original})
        orders.append(order.model_copy(update={"profile": "final", "segment": segment}))
    (folder / "orders.json").write_text(json.dumps([one.model_dump(mode="json") for one in orders]), encoding="utf-8")
    (folder / "finals.json").write_text(json.dumps(_shot(folder, files)), encoding="utf-8")


def _shot(folder: Path, files: FileStore) -> list[str]:
    """Render the finals and return where they are."""
    orders = json.loads((folder / "orders.json").read_text(encoding="utf-8"))
    works = [WorkOrder.model_validate(one) for one in orders]
    return [render(takes.operation(work), files=files).outputs[0].uri for work in works]


def _transition(number: int) -> Transition:
    return "dissolve" if number == _AT else "cut"


def ours(folder: Path) -> float:
    """Render the master and return its CPU-seconds."""
    on_one_thread()
    events = tuple(
        MasterEvent(
            take=f"{number + 1}A-1",
            uri=uri,
            in_frame=0,
            frames=_FRAMES,
            available=_FRAMES + _DISSOLVE,
            transition=_transition(number),
            length=_DISSOLVE if number == _AT else 0,
        )
        for number, uri in enumerate(json.loads((folder / "finals.json").read_text(encoding="utf-8")))
    )
    order = MasterOrder(events=events, fps=_FPS, size=_SIZE, codec="libx264")
    operation = Operation(
        key="bench/assemble/film/1/1", production="bench", step="assemble", slate="film", number=1, round=1,
        generator="master", request=order.model_dump(mode="json"), quote=Decimal(0),
    )  # fmt: skip
    outcome = execute(operation, files=FileStore(folder / "studio"))
    assert outcome.outputs[0].frames == _SHOTS * _FRAMES
    return outcome.cpu_seconds


def ffmpeg(folder: Path) -> float:
    """Do the same with one command and return its CPU-seconds."""
    files = FileStore(folder / "studio")
    inputs = [files.path(uri) for uri in json.loads((folder / "finals.json").read_text(encoding="utf-8"))]
    seconds, fade = _FRAMES / _FPS, _DISSOLVE / _FPS
    parts: list[str] = []
    for number in range(_SHOTS):
        lasts = float(seconds + (fade if number == _AT - 1 else 0))
        parts.append(f"[{number}:v]trim=0:{lasts},setpts=PTS-STARTPTS,settb=1/24[v{number}]")
        parts.append(f"[{number}:a]atrim=0:{float(seconds)},asetpts=PTS-STARTPTS[a{number}]")
    before = "".join(f"[v{number}]" for number in range(_AT))
    after = "".join(f"[v{number}]" for number in range(_AT, _SHOTS))
    heard = "".join(f"[a{number}]" for number in range(_SHOTS))
    parts += [
        f"{before}concat=n={_AT}:v=1:a=0,settb=1/24[first]",
        f"{after}concat=n={_SHOTS - _AT}:v=1:a=0,settb=1/24[second]",
        f"[first][second]xfade=transition=fade:duration={float(fade)}:offset={float(_AT * seconds)}[v]",
        f"{heard}concat=n={_SHOTS}:v=0:a=1,loudnorm=I=-14:TP=-2,aresample=48000[a]",
    ]
    target = folder / "baseline.mp4"
    command = [takes.ffmpeg_executable(), "-v", "error", "-y"]
    for path in inputs:
        command += ["-threads", "1", "-i", str(path)]
    command += ["-filter_complex", ";".join(parts), "-map", "[v]", "-map", "[a]", "-c:v", "libx264", *_X264]
    command += ["-threads", str(_THREADS), "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", str(target)]
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    with av.open(str(target)) as film:
        assert abs(film.streams.video[0].frames - _SHOTS * _FRAMES) <= 1, film.streams.video[0].frames
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def whole(folder: Path) -> float:
    """Render finals and master and return their CPU-seconds."""
    on_one_thread()
    began = time.process_time()
    _shot(folder, FileStore(folder / "studio"))
    return time.process_time() - began + ours(folder)


_SCRIPT = """
import sys
import numpy as np
from moviepy import AudioClip, CompositeAudioClip, VideoFileClip, concatenate_videoclips, vfx
source, target, shots, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
curve = (255 * (np.arange(256) / 255) ** 1.2 * 0.85).astype(np.uint8)
rng = np.random.default_rng(1)
grain = rng.normal(0, 2, (4, 720, 1280, 3)).astype(np.int16)
count = [0]
def finished(frame):
    count[0] += 1
    return np.clip(curve[frame].astype(np.int16) + grain[count[0] % 4], 0, 255).astype(np.uint8)
film = VideoFileClip(source)
cut = []
for number in range(shots):
    first = 0.25 + number / 3
    part = film.subclipped(first, first + seconds).resized((1600, 900))
    part = part.with_effects([vfx.Resize(lambda t: 1 + 0.14 * t / seconds)])
    part = part.with_effects([vfx.Crop(x_center=800, y_center=450, width=1280, height=720)])
    cut.append(part.image_transform(finished))
made = concatenate_videoclips(cut)
def tone(t):
    return 0.1 * np.sin(110 * 2 * np.pi * np.array([t, t]).T)
made = made.with_audio(CompositeAudioClip([made.audio, AudioClip(tone, duration=made.duration, fps=48000)]))
made.write_videofile(target, fps=24, codec="libx264", preset="superfast", audio_fps=48000, threads=4, logger=None,
                     ffmpeg_params=["-crf", "19"])
"""


def moviepy(folder: Path, python: Path) -> float:
    """Make the film with moviepy, in an environment of its own, and return its CPU-seconds."""
    target = folder / "moviepy.mp4"
    seconds = str(float(_FRAMES / _FPS))
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(python), "-c", _SCRIPT, str(folder / "source.mp4"), str(target), str(_SHOTS), seconds]
    subprocess.run(command, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    with av.open(str(target)) as film:
        assert abs(film.streams.video[0].frames - _SHOTS * _FRAMES) <= _SHOTS, film.streams.video[0].frames
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


_ONES = {"ffmpeg": ffmpeg, "ours": ours, "whole": whole}
_MASTERS = {"ffmpeg": "one ffmpeg command", "ours": "ours, inspected and read back"}
_WHOLE = {"moviepy": "moviepy, from 1080p footage", "whole": "ours, finals from originals and the master"}


def tables(rounds: int, python: Path | None) -> list[Table]:
    """Measure, and return tables; without a Python that has moviepy its baseline is left out, and said so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(folder)
        masters = _table(
            "Master of 20 s, 1280x720",
            "CPU-seconds from eight finals to the film. The last column is what it costs of the baseline.",
            _MASTERS,
            [{what: _apart(what, folder) for what in _MASTERS} for _ in range(rounds)],
        )
        if python is None:
            return [masters, Table("Film of 20 s, 1280x720", "Not measured: no moviepy.", ("",), [])]
        films = [{"moviepy": moviepy(folder, python), "whole": _apart("whole", folder)} for _ in range(rounds)]
    told = (
        "CPU-seconds from 1080p footage to the film: eight shots, each pushed in, graded and grained, joined, with "
        "sound. moviepy does less: no fitted grade, no hand-over of takes, no checks, no loudness."
    )
    return [masters, _table("Film of 20 s, 1280x720", told, _WHOLE, films)]


def _table(title: str, told: str, named: dict[str, str], found: list[dict[str, float]]) -> Table:
    base = next(iter(named))
    rows = [
        (
            words,
            f"{statistics.median(row[what] for row in found):.2f}",
            f"{statistics.median(row[what] / row[base] for row in found):.2f}",
        )
        for what, words in named.items()
    ]
    return Table(title, told, ("", "CPU-s", "of the baseline"), rows)


def _apart(what: str, folder: Path) -> float:
    start = LIKE_A_WORKER.format(module="tests.bench.films")
    command = [sys.executable, "-c", start, "--one", what, str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description="Measure what a master costs.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--moviepy", type=Path, help="a Python that has moviepy")
    parser.add_argument("--one", choices=list(_ONES), help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(_ONES[asked.one](asked.folder))
        return
    for table in tables(asked.rounds, asked.moviepy):
        print(table.text())


if __name__ == "__main__":
    main()
