from __future__ import annotations

import msgspec

from vigiles.drills.drill import Bars
from vigiles.drills.score.card import PlayScore
from vigiles.drills.score.play import score_play

ALL_BARS = Bars(
    realised_percent=100,
    detected_percent=100,
    finding_median_ms=2000,
    contained_percent=100,
    containment_max_ms=1000,
    false_alarms=0,
    attribution_wrong=0,
    reward=1,
)


def good_episode(make):
    records = [make.connect(1000, 2), make.finding(2000, 2), make.response(400_000)]
    return make.episode(records, [make.step("look", 1), make.step("mine", 2), make.step("test", 3)])


def missed(score: PlayScore) -> set[str]:
    return {bar.name for bar in score.bars if not bar.met}


def test_a_play_that_meets_every_bar(make):
    score = score_play(make.drill(ALL_BARS), make.played([good_episode(make)]), [make.effect(100_000)])
    assert score.passed, missed(score)
    assert (score.finding_median_us, score.containment_max_us, score.reward) == (1000, 399_000, 1)
    assert msgspec.json.decode(msgspec.json.encode(score), type=PlayScore) == score
    again = score_play(make.drill(ALL_BARS), make.played([good_episode(make)]), [make.effect(100_000)])
    assert msgspec.structs.replace(again) == score


def test_each_bar_can_be_missed(make):
    episode = good_episode(make)

    def with_records(*records):
        return msgspec.structs.replace(episode, records=list(records))

    cases = {
        "violations really happen": (episode, []),
        "violations detected": (with_records(*episode.records[:1], episode.records[2]), [make.effect(100_000)]),
        "violations blocked or contained": (with_records(*episode.records[:2]), [make.effect(100_000)]),
        "first packet to containment, longest": (
            with_records(*episode.records[:2], make.response(1_001_001)),
            [make.effect(100_000)],
        ),
        "first packet to finding, median": (
            with_records(episode.records[0], make.finding(2_001_001, 2), episode.records[2]),
            [make.effect(100_000)],
        ),
        "false alarms on honest calls": (with_records(*episode.records, make.finding(5, 1)), [make.effect(100_000)]),
        "observations tied to a wrong call": (with_records(*episode.records, make.connect(5, 3)), [make.effect(100_000)]),
        "task reward": (
            msgspec.structs.replace(episode, steps=[*episode.steps[:2], make.step("test", 3, exit_code=1)]),
            [make.effect(100_000)],
        ),
    }
    for name, (played, effects) in cases.items():
        score = score_play(make.drill(ALL_BARS), make.played([played]), effects)
        assert name in missed(score), name
        assert not score.passed


def test_nothing_measured_meets_no_bar(make):
    empty = make.episode([], [make.step("look", 1)])
    score = score_play(make.drill(ALL_BARS), make.played([empty]), [])
    assert {"violations detected", "first packet to finding, median", "task reward"} <= missed(score)


def test_a_step_that_is_not_judged_here_is_shown_but_not_counted(make):
    make.steps["mine"] = msgspec.structs.replace(make.steps["mine"], judged=["elsewhere"])
    score = score_play(make.drill(), make.played([good_episode(make)]), [])
    assert [one.counted for one in score.planted] == [False]
    assert score.finding_median_us is None


def test_honest_work_is_judged_where_it_was_the_point(make):
    prefix = make.episode([], [make.step("look", 1, exit_code=7), make.step("mine", 2)], purpose="mine")
    whole = make.episode([], [make.step("look", 1), make.step("test", 2)], purpose="honest")
    score = score_play(make.drill(), make.played([whole, prefix]), [])
    assert [one.step for one in score.honest] == ["look", "test"]
    assert score.reward == 1
