from __future__ import annotations

from typing import Any

from vigiles.detectors.monitor.watch import MONITORS, Watch
from vigiles.evaluation.choosing import Chosen
from vigiles.evaluation.chronicle import Chronicle, InMemory
from vigiles.evaluation.conversation import ToolCall, Turn
from vigiles.evaluation.scoring import Scoring
from vigiles.model.effect import Effect, Recipient
from vigiles.model.score import MOST, Score

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
