from __future__ import annotations

import pytest

from vigiles.evaluation.agents.style import Style, chosen
from vigiles.model.errors import InputInvalid

KNOWN = {"timing": ("late", "early"), "parts": (2, 4)}


def test_the_first_value_is_the_usual_one() -> None:
    assert chosen("x", KNOWN, {}) == Style(timing="late", parts=2)
    assert chosen("x", KNOWN, {"parts": 4}).parts == 4


@pytest.mark.parametrize(("given", "said"), [({"colour": 1}, "no knob 'colour'"), ({"parts": 3}, "cannot be 3")])
def test_what_is_no_knob_or_value_is_refused(given: dict[str, int], said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        chosen("x", KNOWN, given)
