from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.detectors.disagreement import Disagreement
from vigiles.model.attribution import Attribution


def with_marks(record: Any, *said: str) -> Any:
    attribution = Attribution(grade="exact", call=1, methods=["listener"], disagreement=list(said))
    return msgspec.structs.replace(record, attribution=attribution)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (("listener=1", "uts=2"), "disagreement.methods"),
        (("listener=1", "cgroup=unknown"), "disagreement.methods"),
        (("cgroup=1", "listener=unseen"), "disagreement.blind"),
        (("listener=1", "door_port=2"), "disagreement.weak"),
        (("landlock=1", "pid=2"), "disagreement.weak"),
    ],
)
def test_a_contradiction_is_a_finding(make: Any, said: tuple[str, ...], rule: str) -> None:
    record = with_marks(make.connect("203.0.113.10", 443), *said)
    (finding,) = Disagreement().feed(record)
    severity = "high" if rule.endswith("blind") else "medium"
    assert (finding.rule, finding.severity, finding.cause) == (rule, severity, "sensors:1")
    assert all(word in finding.summary for word in said)
    assert "203.0.113.10:443" in finding.summary


def test_once_for_each_call_and_contradiction(make: Any) -> None:
    detector = Disagreement()
    record = with_marks(make.connect("203.0.113.10", 443), "listener=1", "uts=2")
    assert len(detector.feed(record)) == 1
    assert detector.feed(record) == []
    assert len(detector.feed(with_marks(record, "listener=1", "uts=3"))) == 1


def test_methods_that_agree_or_say_nothing_are_no_finding(make: Any) -> None:
    detector = Disagreement()
    record = make.connect("203.0.113.10", 443)
    for methods in (["listener"], ["listener", "uts", "cgroup"], []):
        agreed = Attribution(grade="exact", call=1, methods=methods)
        assert detector.feed(msgspec.structs.replace(record, attribution=agreed)) == []
