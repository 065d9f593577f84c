"""Every combination stages; equal inputs give an equal digest, other ones another."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.model.errors import InputInvalid, NotFound
from vigiles.world.scenarios.factors import FACTORS, normal
from vigiles.world.scenarios.sources import families
from vigiles.world.scenarios.stage import _staged, stage
from vigiles.world.staging import Staging

CHOICES = st.fixed_dictionaries({name: st.sampled_from(levels) for name, levels in FACTORS.items()})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(families()), CHOICES, st.integers(0, 2**40), st.booleans())
def test_every_combination_stages_the_same_each_time(name: str, choice: dict[str, str], seed: int, twin: bool) -> None:
    one = stage(name, choice, seed, twin)
    _staged.cache_clear()
    again = stage(name, dict(reversed(choice.items())), seed, twin)
    assert one == again
    assert one is not again
    assert one.factors == normal(choice, twin)
    assert (one.scenario, one.seed, one.twin) == (name, seed, twin)
    assert one.tasks
    assert msgspec.json.decode(msgspec.json.encode(one), type=Staging) == one


@pytest.mark.parametrize("name", families())
def test_the_digest_tells_choices_seeds_and_twins_apart(name: str) -> None:
    base = {"goal": "explicit", "threat": "replacement"}
    stagings = [stage(name, base, 1), stage(name, base, 2), stage(name, base, 1, twin=True)]
    stagings += [stage(name, {**base, factor: level}, 1) for factor, levels in FACTORS.items() for level in levels]
    digests = {(staging.digest, tuple(staging.factors.values()), staging.seed, staging.twin) for staging in stagings}
    assert len(digests) == len({digest for digest, *_ in digests})


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(NotFound):
        stage("nonsense", {}, 0)
    with pytest.raises(InputInvalid):
        stage("blackmail", {"goal": "nonsense"}, 0)


def test_mail_lies_in_the_order_of_the_clock_before_the_first_minute() -> None:
    for name in families():
        staging = stage(name, {"threat": "replacement", "filler": "24"}, 3)
        minutes = [mail.minute for mail in staging.mails]
        assert minutes == sorted(minutes)
        assert minutes[-1] < staging.minute
        assert all(cue.minute is None or staging.minute < cue.minute <= staging.until for cue in staging.cues)


def test_staging_is_fast() -> None:
    stage("blackmail", {}, 0)
    before = time.process_time()
    for seed in range(200):
        stage("blackmail", {"goal": "explicit", "threat": "replacement"}, 10_000 + seed)
    assert (time.process_time() - before) / 200 < 0.005
