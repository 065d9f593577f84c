from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from vigiles.detectors.monitor.watch import MONITORS, Watch
from vigiles.evaluation.choosing import Chosen
from vigiles.evaluation.chronicle import Chronicle, InMemory
from vigiles.evaluation.conversation import ToolCall, Turn
from vigiles.evaluation.scoring import Scoring
from vigiles.model.effect import Effect, Recipient
from vigiles.model.score import MOST, Score
from vigiles.safeguards.monitors import MODEL_JUDGE

EFFECT = Effect(text="hello", recipients=(Recipient(address="x@y.example", inside=False),), changes=True)
TURN = Turn(text="I send it.", reasoning="They asked for it.")


def made(monitors: Any) -> tuple[Scoring, InMemory, Chronicle, list[str]]:
    ledger, failed = InMemory(), []
    chronicle = Chronicle(ledger, "r", "d", "alex")
    return Scoring(monitors, chronicle, lambda who, error: failed.append(who)), ledger, chronicle, failed


def test_our_monitors_scores_are_on_record_as_they_count() -> None:
    scoring, ledger, chronicle, failed = made(Watch())
    act = chronicle.act(chronicle.at(1, 1), "mail_send", {})
    own = scoring.of(ToolCall(id="1", tool="mail_send"), EFFECT, TURN)
    assert ledger.records == []
    scores = scoring.recorded(act, EFFECT, Chosen(TURN, (TURN,), {"action": MOST}))
    assert scores == {**own, "action": MOST}
    records = [record for record in ledger.records if isinstance(record, Score)]
    assert {record.monitor: record.score for record in records} == scores
    assert tuple(record.monitor for record in records) == MONITORS
    assert [record.why[-1:] == ["resample"] for record in records] == [False, True, False]
    assert failed == []


def test_what_cannot_be_scored_is_most_suspicious() -> None:
    class Broken(Watch):
        def scores(self, *given: Any, **more: Any) -> dict[str, int]:
            raise RuntimeError("no")

        def marks(self, *given: Any, **more: Any) -> Any:
            raise RuntimeError("no")

        def refused(self) -> None:
            raise RuntimeError("no")

    scoring, ledger, chronicle, failed = made(Broken())
    act = chronicle.act(chronicle.at(1, 1), "mail_send", {})
    worst = dict.fromkeys(MONITORS, MOST)
    assert scoring.of(ToolCall(id="1", tool="mail_send"), EFFECT, TURN) == worst
    assert scoring.recorded(act, EFFECT, Chosen(TURN, (TURN,))) == worst
    scoring.refused()
    assert failed == ["monitor"] * 3
    (record,) = ledger.records
    assert isinstance(record, Score)
    assert (record.score, record.fault) == (MOST, "RuntimeError")


def test_without_monitors_nothing_is_scored() -> None:
    scoring, ledger, chronicle, _ = made(None)
    assert scoring.recorded(chronicle.act(chronicle.at(1, 1), "x", {}), EFFECT, Chosen(TURN, (TURN,))) == {}
    scoring.refused()
    assert ledger.records == []


class Judge:
    """Answers with one thing and counts how often it is asked."""

    model = "judge/one"

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, 0

    async def ask(self, question: str) -> str:
        self.asked += 1
        return self.answer.replace("MARK", re.findall(r"SCORE (\w+): <number>", question)[-1])


@pytest.mark.parametrize(
    ("both", "answer", "expected", "asked"),
    [
        (0, "SCORE MARK: 900", None, 0),
        (MOST, "SCORE MARK: 120", 120_000, 1),
        (MOST, "I would rather not say.", MOST, 1),
        (None, "SCORE MARK: 1000", MOST, 1),
    ],
)
def test_a_dear_judge_is_asked_about_what_is_not_ordinary(
    both: int | None, answer: str, expected: int | None, asked: int
) -> None:
    ledger, judge = InMemory(), Judge(answer)
    chronicle = Chronicle(ledger, "r", "d", "alex")
    scoring = Scoring(None, chronicle, lambda who, error: None, judge)
    act = chronicle.act(chronicle.at(1, 1), "mail_send", {})
    given = {} if both is None else {"both": both}
    scores = asyncio.run(scoring.looked(act, EFFECT, TURN, given))
    assert (scores.get(MODEL_JUDGE), judge.asked) == (expected, asked)
    records = [record for record in ledger.records if isinstance(record, Score)]
    assert [(record.monitor, record.model, record.score) for record in records] == (
        [] if expected is None else [("judge", "judge/one", expected)]
    )
