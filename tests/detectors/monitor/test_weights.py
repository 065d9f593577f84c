from __future__ import annotations

import hashlib

import msgspec
import pytest

from vigiles.detectors.monitor.threshold import needed
from vigiles.detectors.monitor.weights import Level, by_hand, read_weights, shipped
from vigiles.model.errors import InputInvalid
from vigiles.model.score import Part

PARTS: tuple[Part, ...] = ("reasoning", "action", "both")


def test_the_shipped_weights_say_what_they_are() -> None:
    weights = shipped()
    assert weights.version
    assert weights.made_of
    assert len(weights.digest) == 64
    assert shipped() is weights


def test_shipped_weights_have_thresholds_and_those_by_hand_learnt_nothing() -> None:
    for part in PARTS:
        assert 0 < shipped().above(part, 10_000) <= 1_000_000
        assert shipped().above(part, 50_000) <= shipped().above(part, 10_000)
    assert shipped().runs >= needed(10_000)
    assert (by_hand().text.terms, by_hand().levels) == ({}, ())


def test_the_digest_is_of_the_bytes() -> None:
    data = msgspec.json.encode(msgspec.structs.replace(shipped(), digest=""))
    assert read_weights(data).digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"version": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_weights_is_an_error_with_a_remedy(data: bytes) -> None:
    with pytest.raises(InputInvalid) as caught:
        read_weights(data)
    assert "train" in caught.value.remedy


def test_a_threshold_that_was_not_set_is_never_passed() -> None:
    weights = msgspec.structs.replace(shipped(), levels=(Level(part="both", false_alarms=50_000, above=7),))
    assert weights.above("both", 50_000) == 7
    assert weights.above("both", 10_000) == 1_000_000
