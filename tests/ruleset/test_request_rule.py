from __future__ import annotations

import msgspec
import pytest

from vigiles.ruleset.request_rule import RequestRule


def test_a_rule_that_says_nothing_allows_no_body_and_no_query() -> None:
    rule = RequestRule(host="a.example:443")
    assert (rule.methods, rule.paths, rule.query, rule.max_request_bytes) == ([], [], "refuse", 0)


@pytest.mark.parametrize(
    "text", ['{"max_seconds": 0}', '{"max_request_bytes": -1}', '{"query": 5}', '{"preset": "x"}', '{"a": 1}']
)
def test_values_out_of_range_are_no_rule(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=RequestRule)
