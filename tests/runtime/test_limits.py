"""Limits of memory: a worker that wants too much fails, and is what it was afterwards."""

from __future__ import annotations

import resource
import subprocess
import sys

import numpy as np
import pytest

from circletake.runtime.limits import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process addresses")
MIB = 1 << 20


def test_more_than_was_allowed_is_a_memory_error_and_afterwards_all_is_as_before():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with memory(256 * MIB):
        assert np.ones(32 * MIB, np.uint8).sum() == 32 * MIB
        with pytest.raises(MemoryError):
            np.ones(1024 * MIB, np.uint8)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert np.ones(512 * MIB, np.uint8)[-1] == 1


def test_the_limit_is_lifted_also_when_the_work_fails():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(ValueError, match="no film"), memory(256 * MIB):
        raise ValueError("no film")
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_worker_has_one_thread_and_keeps_its_memory_for_the_next_picture():
    done = subprocess.run([sys.executable, "-c", _WORKER], check=True, capture_output=True, text=True)
    threads, faults = map(int, done.stdout.split())
    assert threads == 1
    assert faults < 1_000  # pages; fifty pictures are 9,500


_WORKER = """
import os, resource
from circletake.runtime.limits import one_of_many
one_of_many()
import numpy as np
np.ones((512, 512)) @ np.ones((512, 512))
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(810 * 960, np.uint8)
before = faults()
for _ in range(50):
    np.ones(810 * 960, np.uint8)
print(len(os.listdir("/proc/self/task")), faults() - before)
"""
