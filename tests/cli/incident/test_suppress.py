from __future__ import annotations

from typing import Any

import pytest

from vigiles.cli.incident import suppress
from vigiles.cli.incident.suppress import end_of
from vigiles.model.errors import InputInvalid

NOW = 1_900_000_000_000_000  # 2030-03-17T17:46:40Z


@pytest.mark.parametrize(
    ("until", "span", "seconds"),
    [
        (None, "90m", 5400),
        (None, "12h", 43_200),
        (None, "7d", 604_800),
        ("2030-03-18", None, 22_400),
        ("2030-03-17T18:00", None, 800),
        ("2030-03-17T20:00+02:00", None, 800),
    ],
)
def test_ends(until: str | None, span: str | None, seconds: int) -> None:
    assert end_of(until, span, NOW) == NOW + seconds * 1_000_000


@pytest.mark.parametrize(
    ("until", "span"),
    [
        (None, None),
        ("2030-03-18", "1d"),
        (None, "1w"),
        (None, "d"),
        (None, "-1d"),
        ("soon", None),
        (None, "367d"),
        ("9999-01-01", None),
    ],
)
def test_ends_that_are_none(until: str | None, span: str | None) -> None:
    with pytest.raises(InputInvalid) as error:
        end_of(until, span, NOW)
    assert error.value.remedy


def test_a_suppression_ends_by_itself_or_when_it_gets_worse(ledger: Any, listed: Any) -> None:
    name = ledger.find("ep-1").incident
    suppress.run(suppress.Options(ledger.home, name, "a test of ours", span="1h"))
    assert listed()[0]["state"] == "suppressed"
    ledger.find("ep-1", 2)
    assert listed()[0]["state"] == "suppressed", "more of the same"
    ledger.find("ep-1", 3, "critical")
    assert listed()[0]["state"] == "open"
