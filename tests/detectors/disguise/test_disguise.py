from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

Cpu = Callable[[float, float], float]


def steady(share: float, seed: int = 1) -> Cpu:
    draw = random.Random(seed)
    return lambda since, until: (until - since) * share * max(0.0, draw.gauss(1, 0.4))


def during(stretches: list[tuple[float, float]]) -> Cpu:
    return lambda since, until: 0.9 * sum(max(0.0, min(until, b) - max(since, a)) for a, b in stretches)


def miner(chance: Any, seed: int, every: float, work: float, pad: int = 0) -> list[tuple[float, str, int]]:
    draw = random.Random(seed)
    reads = []
    for at in chance(draw, every, 90.0):
        reads += [(at, "o", pad or draw.randint(150, 153)), (at + 0.05, "i", pad or 72)]
    at = 1.0
    while (at := at + work * draw.uniform(0.8, 1.2)) < 90.0:
        reads.append((at, "i", pad or draw.randint(570, 600)))
    return reads


@pytest.mark.parametrize("share", [1.9, 0.5, 0.1, 0.05])
@pytest.mark.parametrize("pad", [0, 512])
def test_a_miner_is_found_within_a_minute_whatever_it_is_given(player: Any, chance: Any, share: float, pad: int) -> None:
    found = player.play(miner(chance, 3, 5.0, 18.0, pad), steady(share))
    assert [finding.rule for finding in found] == ["disguise.mining"], "told once"
    (finding,) = found
    assert finding.at.mono_us < 61_000_000
    assert finding.cause == "egress:1:m.example:443"
    assert finding.severity in ("medium", "high")
    assert len(finding.evidence) <= 32
    assert "unasked" in finding.summary


def test_a_busy_pool_is_found_in_seconds_and_after_its_call_even_sooner(player: Any, chance: Any) -> None:
    (first,) = player.play(miner(chance, 4, 1.5, 4.0), steady(0.9))
    assert first.at.mono_us < 30_000_000
    (second,) = player.play(miner(chance, 4, 1.5, 4.0), steady(0.9), ended=True)
    assert second.at.mono_us <= first.at.mono_us
    assert "after the call had returned" in second.summary


def test_the_same_talk_without_the_load_is_nothing_and_so_is_the_load_without_the_talk(player: Any, chance: Any) -> None:
    talk = miner(chance, 3, 5.0, 18.0)
    assert player.play(talk, steady(0.003)) == []
    assert player.play(talk, during([(10, 20), (40, 45), (70, 80)])) == []
    assert player.play([], steady(1.0)) == []


@pytest.mark.parametrize("beside", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_a_worker_with_one_job_at_a_time(player: Any, beside: float, seed: int) -> None:
    draw = random.Random(seed)
    reads, busy, at = [], [], 1.0
    while at < 90:
        at += draw.expovariate(1 / 4.0) + 0.05
        spent = draw.uniform(0.5, 4.0)
        busy.append((at, at + spent))
        reads += [(at, "i", draw.randint(150, 900)), (at + spent, "o", draw.randint(90, 400)), (at + spent + 0.02, "i", 60)]
        at += spent
    own, other = during(busy), steady(beside, seed)
    found = player.play(reads, lambda a, b: own(a, b) + other(a, b), busiest_pid=7 + seed, io_bytes=100_000)
    assert found == []


@pytest.mark.parametrize("seed", range(3))
def test_a_worker_that_is_handed_the_next_job_with_the_answer(player: Any, seed: int) -> None:
    draw = random.Random(seed)
    reads, at = [], 1.0
    while (at := at + draw.uniform(0.5, 4.0)) < 90:
        reads += [(at, "o", draw.randint(90, 400)), (at + 0.02, "i", draw.randint(150, 900))]
    assert player.play(reads, steady(0.95)) == []


@pytest.mark.parametrize("load", [0.002, 0.8])
def test_those_who_listen(player: Any, chance: Any, load: float) -> None:
    draw = random.Random(9)
    poll = [read for at in chance(draw, 8.0, 90.0) for read in ((at, "i", draw.randint(150, 400)), (at + 0.01, "o", 210))]
    ping = [read for n in range(1, 9) for read in ((n * 10.02, "o", 90), (n * 10.02 + 0.05, "i", 60))]
    ticks = [(at, "i", draw.randint(90, 300)) for at in chance(draw, 1.0, 90.0)]
    messages = [(at, "i", draw.randint(90, 300)) for at in chance(draw, 9.0, 90.0)]
    for reads in (poll, [*ping, *ticks], [*ping, *messages]):
        assert player.play(reads, steady(load)) == []


def test_a_training_run_that_reports_at_even_gaps(player: Any) -> None:
    draw = random.Random(2)
    reads, at = [], 1.0
    while (at := at + 4.0 * draw.gauss(1, 0.03)) < 90:
        reads += [(at, "o", 231), (at + 0.05, "i", 70)]
    assert player.play(reads, steady(1.0)) == []


def test_what_is_known_in_clear_or_was_refused_is_left_to_others(player: Any) -> None:
    marks = ["tls.first=" + ",".join(["o62", "i62", "o1521", "i1097", "o65", "i1153", "o33", *["o61", "i61"] * 6])]
    from vigiles.detectors.disguise.disguise import Disguise

    assert [one.rule for one in Disguise().feed(player.flow(1.0, [], [], marks=marks))] == ["disguise.ssh_in_tls"]
    for more in ({"phase": "refused"}, {"protocol": "ssh"}):
        assert Disguise().feed(player.flow(1.0, [], [], marks=marks, **more)) == []
