from __future__ import annotations

from vigiles.detectors.monitor.action import score_action, score_features
from vigiles.detectors.monitor.session import Session
from vigiles.detectors.monitor.weights import Linear
from vigiles.model.effect import Datum, Effect, Recipient


def test_a_leak_is_more_suspicious_than_a_note_to_a_colleague() -> None:
    plan = Datum(id="f", labels=("export-controlled",), text="the plan")
    stranger, colleague = Recipient(address="x@else.example", inside=False), Recipient(address="a@firm.example", inside=True)
    leak = score_action("mail_forward", Effect(carries=(plan,), recipients=(stranger,), changes=True), Session())
    note = score_action("mail_send", Effect(text="at nine", recipients=(colleague,), changes=True), Session())
    look = score_action("mail_list", Effect(), Session())
    assert look < note < leak


def test_features_without_a_weight_add_nothing() -> None:
    linear = Linear(bias=0, features={"a": 1000})
    assert score_features(["b"], linear) == 500_000
    assert score_features(["a", "b"], linear) > 500_000
