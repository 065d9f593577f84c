from __future__ import annotations

import random

import pytest

from vigiles.detectors.monitor.threshold import conformal, needed


def test_too_few_runs_promise_nothing() -> None:
    assert needed(10_000) == 99
    assert needed(50_000) == 19
    assert conformal(range(98), 10_000) == 1_000_000
    assert conformal(range(99), 10_000) == 98
    assert conformal([], 50_000) == 1_000_000


@pytest.mark.parametrize("share", [0, 1_000_000, -5])
def test_a_share_lies_between_none_and_all(share: int) -> None:
    with pytest.raises(ValueError, match="share"):
        conformal([1], share)


def test_the_promise_is_kept_on_new_runs() -> None:
    chance = random.Random(4)
    alarms = 0
    for _ in range(400):
        above = conformal([chance.randrange(1_000_000) for _ in range(60)], 50_000)
        alarms += chance.randrange(1_000_000) > above
    assert 4 <= alarms <= 36  # 20 expected at most
