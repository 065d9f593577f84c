from __future__ import annotations

import hashlib

import msgspec
import pytest

from vigiles.detectors.monitor.weights import Level, read_weights, shipped
from vigiles.model.errors import InputInvalid


def test_the_shipped_weights_say_what_they_are() -> None:
    weights = shipped()
    assert weights.version
    assert weights.made_of
    assert len(weights.digest) == 64
    assert shipped() is weights


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
