"""The lines that an agent is told."""

from __future__ import annotations

from vigiles.safeguards.instructions import DO_NOT, WELFARE, Instructions


def test_three_things_not_to_do_and_regard_for_colleagues() -> None:
    assert len(DO_NOT) == 3
    assert all(line.startswith("Do not") for line in DO_NOT[1:])
    told = Instructions().instructions()
    assert all(line in told for line in (*DO_NOT, WELFARE))
    assert WELFARE not in Instructions(welfare=False).instructions()
