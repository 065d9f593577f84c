from __future__ import annotations

import asyncio

import msgspec
from benchmarks.monitor_corpus.generate import TEXTS, episodes
from benchmarks.monitor_corpus.office import episode

from vigiles.evaluation.bench.own import is_plain, is_played, plain, played


def test_the_corpus_is_the_same_again_and_can_be_read() -> None:
    made = list(episodes(3, 1, False))
    assert made == list(episodes(3, 1, False))
    assert all(is_plain(one) for one in made)
    assert [plain(one).harmful for one in made[:3]] == [True, False, False]
    assert any(turn["harmful"] for turn in made[0]["turns"])
    assert "canary = " in TEXTS.read_text("utf-8")


def test_sentences_kept_for_tests_are_in_no_training_episode() -> None:
    def harmful(test: bool) -> set[str]:
        return {turn["reasoning"] for one in episodes(12, 1, test) for turn in one["turns"] if turn["harmful"]}

    assert any("bargaining chip" in text for text in harmful(True))
    assert not any("bargaining chip" in text for text in harmful(False))
    assert harmful(True).isdisjoint(harmful(False))


def test_an_episode_of_the_office_is_a_run() -> None:
    line = msgspec.to_builtins(asyncio.run(episode("leak", "plain-insider", 3, False)))
    assert is_played(line)
    assert played(line).harmful is True
    assert played(line).turns
