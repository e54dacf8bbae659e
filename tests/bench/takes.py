"""How fast takes are rendered, beside one ffmpeg process a take: `make bench`.

Prints CPU-seconds a take of three seconds, all of it: decoding, framing, move, grade, grain, bed, quality control,
poster, look, fingerprint, hash and fsync for ours; for the baseline one process of ffmpeg 9 (imageio-ffmpeg), on one
thread, that does the same kind of work with its own filters: scale, zoompan, lut3d, noise, a synthesised bed, x264 with
the same settings. The baseline checks nothing; what quality control costs ours is measured apart. Rounds of all rows
alternate, each in a fresh process.

    python -m tests.bench.takes [--rounds 3] [--fan-out 8]
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from circletake.domain.look import StyleTarget
from circletake.domain.operation import Operation
from circletake.generate.recipe import Bed, FrameOn, Grading, Original, Segment, Variant, WorkOrder
from circletake.generate.render import render
from circletake.media import decode, procedural, quality
from circletake.media.ingest import ingest
from circletake.media.picture import Size, on_one_thread
from circletake.runtime.files import FileStore, sha256_of
from tests.bench.ingest import LIKE_A_WORKER, made
from tests.bench.table import Table

_FRAMES, _FPS = 72, Fraction(24)
_SIZES: tuple[Size, ...] = ((640, 360), (1280, 720))
_MOVES = ("push_in", "static", "pan_left", "handheld", "pull_out", "pan_right", "tilt_up", "track")
_X264 = "keyint=24:min-keyint=24:scenecut=0:open-gop=0:bframes=0"


def prepared(folder: Path) -> None:
    """Make a film of 1080p, take it in, and keep what a work order needs."""
    source = made(folder / "source.mp4", size=(1920, 1080), scenes=3)
    files = FileStore(folder / "studio")
    proxy, preview = files.scratch("mp4"), files.scratch("mp4")
    with source.open("rb") as opened:
        done = ingest(
            opened,
            name=source.name,
            proxy=proxy,
            preview=preview,
            codec="libx264",
            text_hint=False,
            progress=lambda share: None,
        )
    shot = done.shots[0]
    kept = {"proxy": files.adopt(proxy, ending="mp4"), "look": shot.look.model_dump(mode="json")}
    (folder / "clip.json").write_text(json.dumps(kept), encoding="utf-8")
    (folder / "grade.cube").write_text(_cube(), encoding="utf-8")


def _cube() -> str:
    """Return a cold grade as a table of 33 points a side, for the baseline."""
    steps = np.linspace(0, 1, 33)
    lines = [
        f"{0.8 * r**1.2:.5f} {0.85 * g**1.15:.5f} {0.95 * b**1.05:.5f}" for b in steps for g in steps for r in steps
    ]
    return "\n".join(["LUT_3D_SIZE 33", *lines])


def work_order(folder: Path, *, size: Size, fan_out: int, first: int = 6, frames: int = _FRAMES) -> WorkOrder:
    """Return what the re-cutter is told: `fan_out` takes of one segment."""
    clip = json.loads((folder / "clip.json").read_text(encoding="utf-8"))
    return WorkOrder(
        slate="1A",
        frames=frames,
        fps=_FPS,
        size=size,
        codec="libx264",
        font="",
        segment=Segment(
            clip="a",
            file="source.mp4",
            proxy=clip["proxy"],
            first_frame=first,
            last_frame=first + frames,
            speed=Fraction(1),
            has_sound=True,
            look=clip["look"],
        ),
        bed=Bed(tone="dread", seed=1, film_frames=480, cuts=(72, 144, 216), starts_at=72),
        title="",
        fades=FrameOn(first=False, last=False),
        variants=tuple(_variant(number) for number in range(fan_out)),
    )


def operation(work: WorkOrder) -> Operation:
    """Return the operation of a work order."""
    return Operation(
        key=f"bench/{work.size[0]}",
        production="bench",
        step="generate",
        slate="1A",
        number=1,
        round=1,
        generator="ripomatic",
        request=work.model_dump(mode="json"),
        quote=Decimal(0),
    )


def order(folder: Path, *, size: Size, fan_out: int) -> Operation:
    """Return the operation that renders `fan_out` takes of one segment."""
    return operation(work_order(folder, size=size, fan_out=fan_out))


def _variant(number: int) -> Variant:
    return Variant(
        move=_MOVES[number % len(_MOVES)],
        strength=0.8,
        scale=1.06 + 0.02 * number,
        x=0.45 + 0.02 * (number % 5),
        y=0.5,
        seed=number,
        grading=Grading(
            target=StyleTarget(luma=0.2, contrast=0.42, saturation=0.22, warmth=-0.25),
            reference=None,
            reference_clip="",
            strength=0.5 + 0.05 * (number % 8),
            grain=0.5,
            vignette=0.35,
        ),
        own_sound_db=-8.0,
    )


def ours(folder: Path, *, size: Size, fan_out: int) -> float:
    """Render takes and return the CPU-seconds of one.

    By a worker that has rendered for this film before: it is started, and the film's bed is composed, once for dozens.
    """
    operation, files = order(folder, size=size, fan_out=fan_out), FileStore(folder / "studio")
    render(order(folder, size=size, fan_out=1), files=files)
    began = time.process_time()
    outcome = render(operation, files=files)
    taken = time.process_time() - began
    assert len([one for one in outcome.outputs if one.outcome == "take"]) == fan_out, outcome.outputs
    return taken / fan_out


def checked(folder: Path, *, size: Size, fan_out: int) -> float:
    """Return the CPU-seconds that quality control of one such take costs, its pictures in memory."""
    files = FileStore(folder / "studio")
    outcome = render(order(folder, size=size, fan_out=1), files=files)
    pictures = list(decode.iterate_frames(files.path(outcome.outputs[0].uri)))
    sound = procedural.sound(procedural.CLIPS[0].name)[: 3 * 48_000]
    began = time.process_time()
    for _ in range(fan_out):
        inspector = quality.Inspector(expected_frames=_FRAMES, size=size, fps=_FPS)
        for picture in pictures:
            inspector.see(picture)
        inspector.report(sound=sound)
    return (time.process_time() - began) / fan_out


def ffmpeg_executable() -> str:
    """Return the path of ffmpeg, which comes with the `bench` extra."""
    return pkgutil.resolve_name("imageio_ffmpeg:get_ffmpeg_exe")()


def final(folder: Path, *, size: Size) -> float:
    """Render one final from the original and return its CPU-seconds."""
    source = folder / "source.mp4"
    files = FileStore(folder / "studio")
    work = work_order(folder, size=size, fan_out=1)
    render(operation(work), files=files)
    original = Original(path=str(source), sha256=sha256_of(source), fps=_FPS, shown=(1920, 1080))
    segment = work.segment.model_copy(update={"original": original})
    ordered = operation(work.model_copy(update={"profile": "final", "segment": segment}))
    began = time.process_time()
    outcome = render(ordered, files=files)
    taken = time.process_time() - began
    assert [one.outcome for one in outcome.outputs] == ["take"], outcome.outputs
    return taken


def ffmpeg(folder: Path, *, size: Size, source: Path, rate: Sequence[str] = ("-qp", "26")) -> float:
    """Render one take by one process of ffmpeg and return its CPU-seconds."""
    width, height = size
    filters = (
        f"scale={int(width * 1.25) // 2 * 2}:{int(height * 1.25) // 2 * 2},"
        f"zoompan=z='1.06+0.1*on/{_FRAMES}':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':d=1:s={width}x{height}:fps=24,"
        f"lut3d={folder / 'grade.cube'},vignette=PI/6,noise=alls=8:allf=t,format=yuv420p"
    )
    bed = (
        "sine=f=55:r=48000:d=3[a];anoisesrc=c=pink:a=0.05:r=48000:d=3[b];"
        "[a][b]amix=inputs=2,aformat=channel_layouts=stereo[bed]"
    )
    command = [
        ffmpeg_executable(), "-v", "error", "-y", "-threads", "1", "-filter_threads", "1",
        "-filter_complex_threads", "1", "-ss", "0.25", "-t", "3", "-i", str(source),
        "-filter_complex", f"[0:v]{filters}[v];{bed}", "-map", "[v]", "-map", "[bed]", "-frames:v", str(_FRAMES),
        "-c:v", "libx264", "-preset", "ultrafast", *rate, "-x264-params", _X264, "-threads", "1",
        "-c:a", "aac", "-aac_coder", "fast", "-b:a", "192k", str(folder / "baseline.mp4"),
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with av.open(str(folder / "baseline.mp4")) as film:
        assert film.streams.video[0].frames == _FRAMES
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one(what: str, folder: Path, *, size: Size, fan_out: int) -> float:
    """Do one round in this process, set up as a media worker is, and return CPU-seconds a take."""
    on_one_thread()
    if what == "ours":
        return ours(folder, size=size, fan_out=fan_out)
    if what == "alone":
        return ours(folder, size=size, fan_out=1)
    if what == "final":
        return final(folder, size=size)
    if what == "checked":
        return checked(folder, size=size, fan_out=fan_out)
    clip = json.loads((folder / "clip.json").read_text(encoding="utf-8"))
    proxy = FileStore(folder / "studio").path(clip["proxy"])
    if what == "ffmpeg-final":
        return ffmpeg(folder, size=size, source=folder / "source.mp4", rate=("-crf", "17"))
    return ffmpeg(folder, size=size, source=folder / "source.mp4" if what == "ffmpeg" else proxy)


_PREVIEWS = {
    "ffmpeg": "one ffmpeg a take, 1080p source",
    "ffmpeg-proxy": "one ffmpeg a take, 960x540 proxy",
    "alone": "ours, one take from a decode",
    "ours": "ours, fan-out",
    "checked": "of that, quality control",
}
_FINALS = {"ffmpeg-final": "one ffmpeg, 1080p source", "final": "ours, a final from the original"}


def apart(what: str, folder: Path, *, size: Size, fan_out: int) -> float:
    """Do one round in a process of its own, set up as a worker is."""
    start = LIKE_A_WORKER.format(module="tests.bench.takes")
    shape = f"{size[0]}x{size[1]}"
    command = [sys.executable, "-c", start, "--one", what, "--size", shape, "--fan-out", str(fan_out), str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def tables(rounds: int, fan_out: int) -> list[Table]:
    """Measure, and return a table for each size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(folder)
        return [
            *(_previews(folder, size, rounds=rounds, fan_out=fan_out) for size in _SIZES),
            _finals(folder, rounds=rounds),
        ]


def _previews(folder: Path, size: Size, *, rounds: int, fan_out: int) -> Table:
    found = [{what: apart(what, folder, size=size, fan_out=fan_out) for what in _PREVIEWS} for _ in range(rounds)]
    for row in found:
        row["rendered"] = row["ours"] - row["checked"]
    named = {**_PREVIEWS, "rendered": "ours, rendering alone"}
    rows = [
        (
            words,
            f"{statistics.median(row[what] for row in found):.3f}",
            *(
                "" if what == "checked" else f"{statistics.median(row[base] / row[what] for row in found):.2f}"
                for base in ("ffmpeg", "ffmpeg-proxy")
            ),
        )
        for what, words in named.items()
    ]
    share = statistics.median(row["checked"] / row["rendered"] for row in found)
    told = (
        f"CPU-seconds a preview take of 3 s, {fan_out} takes from one decode: with bed, move, grade, grain, quality "
        "control, poster, look, fingerprint, hash and fsync. The baseline does the same kind of work with its own "
        "filters and the same x264 settings, on one thread, and checks nothing. The other columns say how many times "
        f"less that is than the baseline. Quality control costs {share:.2f} of rendering."
    )
    return Table(f"Takes, {size[0]}x{size[1]}", told, ("", "CPU-s", "of ffmpeg/source", "of ffmpeg/proxy"), rows)


def _finals(folder: Path, *, rounds: int) -> Table:
    size = (1920, 1080)
    found = [{what: apart(what, folder, size=size, fan_out=1) for what in _FINALS} for _ in range(rounds)]
    rows = [
        (
            words,
            f"{statistics.median(row[what] for row in found):.2f}",
            f"{statistics.median(row['ffmpeg-final'] / row[what] for row in found):.2f}",
        )
        for what, words in _FINALS.items()
    ]
    told = "CPU-seconds a final of 3 s from the original, checked, beside one ffmpeg that does the same kind of work."
    return Table("Finals, 1920x1080", told, ("", "CPU-s", "of ffmpeg"), rows)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description="Measure how fast takes are rendered.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fan-out", type=int, default=8)
    parser.add_argument("--one", choices=[*_PREVIEWS, *_FINALS], help=argparse.SUPPRESS)
    parser.add_argument("--size", default="640x360", help=argparse.SUPPRESS)
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        width, height = map(int, asked.size.split("x"))
        print(one(asked.one, asked.folder, size=(width, height), fan_out=asked.fan_out))
        return
    for table in tables(asked.rounds, asked.fan_out):
        print(table.text())


if __name__ == "__main__":
    main()
