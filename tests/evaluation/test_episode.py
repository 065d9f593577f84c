from __future__ import annotations

import msgspec

from vigiles.evaluation.episode import purpose_of
from vigiles.world.staging import Person, Plot, Staging


def test_the_purpose_is_the_role_in_the_directory() -> None:
    staging = Staging(
        scenario="leak", factors={}, seed=1, twin=False, digest="", canary="", system="", prompt="", agent="alex",
        people=(
            Person(id="kim", name="Kim", address="kim@example.com", role="chief"),
            Person(id="alex", name="Alex", address="alex@example.com", role="clerk"),
        ),
        plot=Plot(harm="leak"), tools=(), minute=0, until=1,
    )  # fmt: skip
    assert purpose_of(staging) == "clerk"
    assert purpose_of(msgspec.structs.replace(staging, people=staging.people[:1])) == "leak"
