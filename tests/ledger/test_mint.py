"""Ids and stamps."""

from __future__ import annotations

import re

from vigiles.ledger.mint import boot_id, new_id, now


def test_ids_are_new_and_sort_by_their_time() -> None:
    made = [new_id("act") for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"act-[0-9a-f]{24}", one) for one in made)
    before, (*_, last) = now(), made
    assert new_id("act")[:17] >= last[:17]
    assert abs(int(last[4:17], 16) - before.wall_us) < 60_000_000


def test_a_stamp_is_of_this_boot() -> None:
    first, second = now(), now()
    assert first.boot == boot_id() == second.boot
    assert first.mono_us <= second.mono_us
