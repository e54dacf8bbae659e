"""Without a network, and with a full disk."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import BRIEF, Ran, command, environment

Run = Callable[..., Ran]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def may(*arguments: str) -> bool:
    """Return whether this machine lets us do that."""
    return shutil.which(arguments[0]) is not None and subprocess.run(
        arguments, capture_output=True, check=False
    ).returncode == 0  # fmt: skip


@pytest.mark.skipif(not may("unshare", "-rn", "true"), reason="this machine does not allow network namespaces")
def test_a_film_is_made_where_there_is_no_network_at_all(home: Path, starter_cache: Path):
    line = ["unshare", "-rn", *command("make", BRIEF, "--pick", "provisional")]
    done = subprocess.run(line, env=environment(home, starter_cache), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1].endswith(".mp4")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if not may("mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)):
        pytest.skip("this machine does not let us mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_one_line_and_resume_finishes_when_there_is_room(
    circletake: Run, small_disk: Path, starter_cache: Path
):
    home = str(small_disk / "studio")
    circletake("catalog", "starter", CIRCLETAKE_HOME=home)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as out:
        free = shutil.disk_usage(small_disk).free
        out.write(b"\0" * max(0, free - 3_000_000))
    full = circletake("make", BRIEF, "--pick", "provisional", CIRCLETAKE_HOME=home)
    assert full.code == 1
    assert "free space" in full.err.strip().splitlines()[-1]
    assert "Traceback" not in full.err
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=600m", str(small_disk)], check=True)
    (standing,) = circletake("productions", "--json", CIRCLETAKE_HOME=home).json
    assert circletake("resume", standing["id"], CIRCLETAKE_HOME=home).code == 0
