"""What goes wrong between six steps is caught: `make bench` runs this ten thousand times."""

from __future__ import annotations

from tests.bench.handoffs import runs


def test_measured_steps_come_right_where_a_plain_chain_does_not():
    plain = runs("plain", range(80), persistent=0.0, fallback=False)
    assert plain["silently wrong"] > 0
    assert plain["raised"] > 0
    assert plain["hung"] > 0
    assert runs("measured", range(40), persistent=0.0, fallback=False) == {"good": 40}


def test_faults_that_stay_need_another_route():
    alone = runs("measured", range(330, 345), persistent=1.0, fallback=False)
    assert alone["raised"] > 0
    assert alone["silently wrong"] == 0
    assert runs("measured", range(330, 360), persistent=0.1, fallback=True) == {"good": 30}
