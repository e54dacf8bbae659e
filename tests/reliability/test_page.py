"""The reliability page shows what the report says, by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from circletake.reliability import report
from circletake.reliability.page import page, percent, waterfall
from tests.reliability.test_report import rows

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def some_rows():
    attempts = [row for n in range(8) for row in rows("plan", "done", production=str(n))]
    attempts += rows("plan", "retried", "done", production="x")
    caught = rows("generate", "retried", "done", production="x")
    attempts += [row for n in range(8) for row in rows("generate", "done", production=str(n))]
    return [*attempts, replace(caught[0], error_class="HandoffInvalid"), caught[1]]


def test_the_bars_stand_on_one_another_and_end_where_the_product_ends():
    found = report(some_rows())
    chart = waterfall(found)
    assert chart is not None
    base, *gains, total = chart.bars
    for before, bar in zip([base, *gains], [*gains], strict=False):
        assert bar.y + bar.height == pytest.approx(before.y)
    assert total.y == pytest.approx(gains[-1].y)
    assert [bar.kind for bar in chart.bars] == ["base", "gain", "gain", "gain", "total"]
    assert base.label == percent((8 / 9) ** 2)
    assert total.label == "100 %"


def test_the_scale_never_hides_the_lowest_bar():
    for failed in range(10):
        attempts = [
            row for n in range(10) for row in rows("plan", "done" if n >= failed else "lost", production=str(n))
        ]
        chart = waterfall(report(attempts))
        assert chart is not None
        assert chart.bars[0].height >= (30 if failed < 9 else 0)


def test_the_page_loads_nothing_and_names_every_step():
    text = page(report(some_rows()), studio="a <studio>", at=AT)
    assert not re.search(r"(?:src|href)=|url\(", text)
    assert "a &lt;studio&gt;" in text
    assert all(name in text for name in ("plan", "generate", "screening", "HandoffInvalid 1", "23 Nov 2026, 12:30 UTC"))
    assert re.search(r"Invest here first: <span[^>]*>plan<", text)


def test_a_studio_in_which_nothing_ran_says_so():
    text = page(report([]), studio="studio", at=AT)
    assert "Nothing has run yet" in text
    assert "<rect" not in text
