from __future__ import annotations

from vigiles.evaluation.bench.runs import run_of
from vigiles.protocols.transcript.said import ToolUse
from vigiles.protocols.transcript.turns import Case, Spoken


def test_a_transcript_is_a_run_with_words_and_acts() -> None:
    turn = Spoken("I look", "Looking.", (ToolUse("read_file"), ToolUse("send_mail")), ("found it",), harmful=True)
    run = run_of(Case("a", "prompt", (turn,), True, behaviour="b", cluster="c", hard=False))
    assert run.turns[0].words == "I look\nLooking."
    assert [act.tool for act in run.turns[0].acts] == ["read_file", "send_mail"]
    assert run.turns[0].acts[0].read[0].text == "found it"
    assert run.turns[0].acts[1].read == ()
    assert (run.id, run.behaviour, run.cluster, run.turns[0].harmful) == ("a", "b", "b/c", True)
