from __future__ import annotations

import msgspec
import pytest

from vigiles.ledger.mint import new_id, now
from vigiles.model.canonical import encode
from vigiles.model.score import MOST, Score
from vigiles.model.union import decode


def _score() -> Score:
    return Score(id=new_id("scr"), at=now(), act="act-1", monitor="both", version="1", digest="ab", part="both", score=MOST)


def test_it_comes_back_as_it_was() -> None:
    made = _score()
    assert decode(encode(made)) == made


def test_a_part_that_nobody_looks_at_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(encode(_score()).replace(b'"part":"both"', b'"part":"mood"'))
