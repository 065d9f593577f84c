from __future__ import annotations

import pytest

from vigiles.render.words import count, moment, size, span


@pytest.mark.parametrize(
    ("us", "shown"),
    [
        (0, "0 us"),
        (999, "999 us"),
        (12_345, "12 ms"),
        (3_200_000, "3.20 s"),
        (302_000_000, "5 min 02 s"),
        (7_500_000_000, "2 h 05 min"),
        (-12_000, "-12 ms"),
    ],
)
def test_spans(us: int, shown: str) -> None:
    assert span(us) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 20, "3.0 MiB"), (5 << 40, "5.0 TiB")]
)
def test_sizes(number: int, shown: str) -> None:
    assert size(number) == shown


def test_moments() -> None:
    assert moment(1_700_000_000_123_456) == "2023-11-14 22:13:20.123 UTC"
    assert moment(None) == "not yet"
    assert moment(2**53) == "2255-06-05 23:47:34.740 UTC"
    assert moment(10**25) == "at 10000000000000000000000000 us"


def test_counts() -> None:
    assert [count(1, "call"), count(2, "call"), count(2, "process", "processes")] == ["1 call", "2 calls", "2 processes"]
