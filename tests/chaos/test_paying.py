"""Money is never spent twice, whatever dies and whenever; and these trials would see it if it were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.trials import Tally, trial
from tests.provider.running import Keeps

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def kept(folder: Path, keeps: Keeps, *, kills: int, database: str = "") -> Tally:
    """Run trials until there were so many kills, all of them in one database or each in its own."""
    total = Tally(keeps)
    seed = 100
    while total.kills < kills:
        total.add(trial(folder / str(seed), keeps=keeps, seed=seed, most_kills=kills, database=database))
        if database:
            break
        seed += 1
    return total


def paid_once(total: Tally) -> None:
    assert total.duplicates == 0
    assert total.lost == 0
    assert total.uncounted == 0
    assert total.broken == 0
    assert total.notes == []
    assert total.reused >= 0.95


@pytest.mark.parametrize("keeps", ["key", "listing", "nothing"])
def test_killed_processes_pay_once_and_lose_nothing(tmp_path: Path, keeps: Keeps):
    total = kept(tmp_path, keeps, kills=8)
    paid_once(total)
    if keeps != "nothing":
        assert total.unknown == 0


def test_killed_processes_on_postgres_pay_once_and_lose_nothing(tmp_path: Path, postgres_url: str):
    total = kept(tmp_path, "listing", kills=8, database=postgres_url)
    paid_once(total)
    assert total.unknown == 0
    assert total.kills >= 4


def test_a_journal_that_writes_after_the_call_is_caught(tmp_path: Path):
    for seed in range(200, 212):
        if trial(tmp_path / str(seed), keeps="nothing", seed=seed, faults=(), wrong=True).duplicates:
            return
    pytest.fail("a wrong journal went through twelve trials of up to six kills unseen")
