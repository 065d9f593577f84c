from __future__ import annotations

from vigiles.model.retention import Retention


def test_how_long_each_type_is_kept() -> None:
    kept = Retention(bodies_days=7, days={"finding": 90, "incident": None})
    assert [kept.of(kind) for kind in ("act", "finding", "incident")] == [7, 90, None]
    assert kept.longest() is None
    assert Retention(bodies_days=7, days={"finding": 90}).longest() == 90
    assert Retention().longest() is None
