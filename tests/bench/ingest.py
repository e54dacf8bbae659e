"""How fast footage is taken into the catalogue: `make bench`.

Prints the speed of an ingest (proxy, preview, cuts, look, loudness, bars and text, posters) in seconds of footage a
second of one core, beside decoding and proxy encoding alone by PyAV on the same file in the same run. Rounds of the two
alternate, each in a fresh process; CPU time counts, not the clock, so that a busy machine blurs the figures less.

    python -m tests.bench.ingest [--rounds 5] [FILE...]

Without files it makes one: 720p, 24 pictures a second, H.264 with B-frames and camera-like grain, stereo sound.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from circletake.media import procedural
from circletake.media.ingest import ingest
from circletake.media.picture import Size
from tests.bench.table import Table

_SIZE = (1280, 720)
_SCENES = 12
_GRAIN = 2.5
LIKE_A_WORKER = """
import runpy
from circletake.runtime.limits import one_of_many
one_of_many()
runpy.run_module("{module}", run_name="__main__", alter_sys=True)
"""


def made(path: Path, *, size: Size = _SIZE, scenes: int = _SCENES) -> Path:
    """Write the film that is measured: drawn scenes, four seconds each, enlarged and grained."""
    rng = np.random.default_rng(11)
    grain = rng.normal(0, _GRAIN, (8, size[1], size[0])).astype(np.int8)
    clips = procedural.CLIPS[::2][:scenes]
    with av.open(str(path), "w") as film:
        video = film.add_stream("libx264", rate=24, options={"crf": "22", "preset": "fast"})
        audio = film.add_stream("aac", rate=48_000, layout="stereo")
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        number = 0
        for clip in clips:
            for rgb in procedural.draw(clip.name):
                large = cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC).astype(np.int16)
                noisy = np.clip(large + grain[number % 8][..., None], 0, 255).astype(np.uint8)
                film.mux(video.encode(VideoFrame.from_ndarray(noisy, format="rgb24")))
                number += 1
        film.mux(video.encode(None))
        for chunk in _chunks(np.concatenate([procedural.sound(clip.name) for clip in clips])):
            film.mux(audio.encode(chunk))
        film.mux(audio.encode(None))
    return path


def _chunks(sound: NDArray[np.float32]) -> Iterator[AudioFrame]:
    for at in range(0, len(sound), 1024):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound[at : at + 1024].T), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, at
        yield frame


def plain(source: Path, target: Path) -> None:
    """Decode a file and encode a proxy of it, with its sound, by PyAV alone: the same sizes and encoder settings."""
    with av.open(str(source)) as film, av.open(str(target), "w", options={"movflags": "+faststart"}) as proxy:
        pictures = film.streams.video[0]
        pictures.codec_context.thread_count = 1
        scale = min(1.0, 960 / pictures.width, 540 / pictures.height)
        width, height = (2 * round(side * scale / 2) for side in (pictures.width, pictures.height))
        x264 = "keyint=12:min-keyint=12:scenecut=0:open-gop=0:bframes=0"
        options = {"preset": "ultrafast", "crf": "20", "x264-params": x264}
        video = proxy.add_stream("libx264", rate=pictures.average_rate or Fraction(24), options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        heard = film.streams.audio[:1]
        audio = proxy.add_stream("aac", rate=48_000, layout="stereo", options={"aac_coder": "fast"}) if heard else None
        if audio is not None:
            audio.codec_context.bit_rate = 192_000
        resampler = AudioResampler(format="fltp", layout="stereo", rate=48_000)
        number = 0
        for packet in film.demux(pictures, *heard):
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    small = frame.reformat(width, height, "yuv420p", threads=1)
                    small.pts, small.time_base = number, 1 / (pictures.average_rate or Fraction(24))
                    number += 1
                    proxy.mux(video.encode(small))
                elif audio is not None and isinstance(frame, AudioFrame):
                    for chunk in resampler.resample(frame):
                        proxy.mux(audio.encode(chunk))
        proxy.mux(video.encode(None))
        if audio is not None:
            proxy.mux(audio.encode(None))


def one(what: str, source: Path) -> dict[str, float]:
    """Do one round in this process and return what it took."""
    with tempfile.TemporaryDirectory() as folder:
        proxy, preview = Path(folder, "proxy.mp4"), Path(folder, "preview.mp4")
        began, cpu = time.monotonic(), time.process_time()
        if what == "plain":
            plain(source, proxy)
        else:
            with source.open("rb") as opened:
                ingest(
                    opened,
                    name=source.name,
                    proxy=proxy,
                    preview=preview,
                    codec="libx264",
                    text_hint=False,
                    progress=lambda share: None,
                )
        return {
            "cpu": time.process_time() - cpu,
            "wall": time.monotonic() - began,
            "rss_mb": _highest(),
        }


def _highest() -> float:
    """Return the largest resident set of this process in MB; getrusage would tell that of who started it, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6


def apart(what: str, source: Path) -> dict[str, float]:
    """Do one round in a process of its own, set up as a worker is."""
    command = [sys.executable, "-c", LIKE_A_WORKER.format(module="tests.bench.ingest"), "--one", what, str(source)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def seconds_of(source: Path) -> float:
    """Return how long a film is."""
    with av.open(str(source)) as film:
        return float(film.duration or 0) / av.time_base


def measured(source: Path, rounds: int) -> dict[str, float]:
    """Alternate the two and return medians."""
    seconds = seconds_of(source)
    rows = [(apart("plain", source), apart("ingest", source)) for _ in range(rounds)]
    return {
        "seconds": seconds,
        "plain": statistics.median(seconds / base["cpu"] for base, _ in rows),
        "ingest": statistics.median(seconds / ours["cpu"] for _, ours in rows),
        "ratio": statistics.median(base["cpu"] / ours["cpu"] for base, ours in rows),
        "rss_mb": max(ours["rss_mb"] for _, ours in rows),
    }


def tables(rounds: int, files: Sequence[Path] = ()) -> list[Table]:
    """Measure, and return a table with a row for every file; without files one is made."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [(source, measured(source, rounds)) for source in files or [made(Path(folder, "made-720p.mp4"))]]
    told = (
        "Seconds of footage a CPU-second: decoding and proxy encoding alone by PyAV, and the whole ingest (proxy, "
        "preview, cuts, look, loudness, bars and text, posters); the ratio of the two; and the largest resident set."
    )
    shown = [
        (
            f"{source.name}, {row['seconds']:.1f} s",
            f"{row['plain']:.1f}",
            f"{row['ingest']:.1f}",
            f"{row['ratio']:.2f}",
            f"{row['rss_mb']:.0f} MB",
        )
        for source, row in rows
    ]
    return [Table("Ingest", told, ("file", "decode + proxy", "ingest", "ratio", "peak RSS"), shown)]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure how fast footage is taken in.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", choices=["plain", "ingest"], help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one, asked.files[0])))
        return
    for table in tables(asked.rounds, asked.files):
        print(table.text())


if __name__ == "__main__":
    main()
