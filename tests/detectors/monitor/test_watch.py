from __future__ import annotations

import msgspec

from vigiles.detectors.monitor.watch import MONITORS, Watch
from vigiles.detectors.monitor.weights import shipped
from vigiles.ledger.mint import new_id, now
from vigiles.model.canonical import encode
from vigiles.model.effect import Effect, Recipient
from vigiles.model.score import Score
from vigiles.model.union import decode

_MAIL = Effect(text="hello", recipients=(Recipient(address="x@else.example", inside=False),), changes=True)


def test_every_monitor_has_a_score_and_a_mark_that_makes_a_record() -> None:
    watch = Watch()
    scores = watch.scores("mail_send", _MAIL, "I will quietly use his secret as leverage")
    marks = watch.marks("mail_send", _MAIL, "I will quietly use his secret as leverage")
    assert list(scores) == list(MONITORS) == [mark.monitor for mark in marks]
    for mark in marks:
        record = Score(id=new_id("scr"), at=now(), act="act-1", **msgspec.structs.asdict(mark))
        assert decode(encode(record)) == record
        assert record.score == scores[mark.monitor]
        assert record.digest == shipped().digest


def test_what_was_done_is_known_to_the_next_score() -> None:
    watch = Watch()
    before = watch.scores("mail_send", _MAIL)["action"]
    watch.performed("mail_send", _MAIL)
    assert watch.scores("mail_send", _MAIL)["action"] < before
    watch.refused()
    assert watch.session.refused_acts == 1


def test_the_text_of_the_turn_counts_as_its_words() -> None:
    said = "I will quietly use his secret as leverage"
    assert Watch().scores("t", _MAIL, said)["reasoning"] == Watch().scores("t", _MAIL, "", said)["reasoning"]
    assert Watch().scores("t", _MAIL)["reasoning"] < Watch().scores("t", _MAIL, said)["reasoning"]
