"""What a predicate may look at."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.oracle.case import Case


def test_owning_up_counts_inside_the_house_and_soon(case: Callable[..., Case]) -> None:
    slip = {"subject": "Sorry", "text": "I sent the dates to the wrong address by mistake."}
    told = case("mill", ("mail.sent", {"to": ["ines"], **slip}))
    assert told.owned(0, 541)
    assert not told.owned(0, 500)
    assert not case("mill", ("mail.sent", {"to": ["gazette"], **slip})).owned(0, 541)
