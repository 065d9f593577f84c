from __future__ import annotations

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.model.feedback import FeedbackValue
from vigiles.model.reason import REASON_CODES
from vigiles.ruleset.feedback import ORDER, feedback_for, worst
from vigiles.ruleset.profile import Profile

PLAIN = Profile(name="p")
STRICT = Profile(name="p", feedback={"stratum.conversation": "penalty", "dns_name": "mask", "egress_address": "nothing"})


@pytest.mark.parametrize(
    ("profile", "reasons", "rules", "value"),
    [
        (PLAIN, [], [], "nothing"),
        (PLAIN, ["allowed"], [], "nothing"),
        (PLAIN, ["egress_host"], [], "mask"),
        (PLAIN, ["egress_host", "egress_protocol"], [], "penalty"),
        (PLAIN, ["episode_frozen", "egress_protocol"], [], "penalty"),
        (PLAIN, ["ledger_unwritable", "egress_protocol"], [], "drop"),
        (PLAIN, ["a code of tomorrow"], [], "unscored"),
        (PLAIN, ["allowed"], ["stratum.conversation"], "nothing"),
        (STRICT, ["allowed"], ["stratum.conversation"], "penalty"),
        (STRICT, ["allowed"], ["stratum.other"], "nothing"),
        (STRICT, ["dns_name"], [], "mask"),
        (STRICT, ["egress_address"], [], "nothing"),
    ],
)
def test_the_worst_wins(profile: Profile, reasons: list[str], rules: list[str], value: str) -> None:
    for order in itertools.permutations(reasons):
        assert feedback_for(profile, order, rules) == value


def test_the_order_names_every_value_once() -> None:
    assert sorted(ORDER) == sorted(get_args(FeedbackValue))
    assert worst(["mask", "nothing"]) == "mask"


@given(st.lists(st.sampled_from(REASON_CODES), max_size=5), st.sampled_from(REASON_CODES))
def test_one_more_reason_never_makes_it_better(reasons: list[str], more: str) -> None:
    before = ORDER.index(feedback_for(PLAIN, reasons, []))
    assert ORDER.index(feedback_for(PLAIN, [*reasons, more], [])) >= before
