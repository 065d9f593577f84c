from random import Random

from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.search.candidate import Candidate, Space

SPACE = Space(
    agents={"plain": {"delay": [0, 2, 5], "wording": ["open", "veiled"]}, "drip": {}, "split": {"parts": [2, 4]}},
    factors={"goal": ["explicit", "none"]},
)


def test_the_space_knows_its_size() -> None:
    assert SPACE.size() == (6 + 1 + 2) * 2


def test_nobody_turned_a_knob() -> None:
    assert SPACE.plain("plain") == Candidate(
        agent="plain", knobs={"delay": 0, "wording": "open"}, factors={"goal": "explicit"}
    )
    assert SPACE.plain("drip").label == "drip goal=explicit"


def _inside(candidate: Candidate) -> bool:
    knobs = SPACE.agents[candidate.agent]
    return (
        candidate.knobs.keys() == knobs.keys()
        and all(value in knobs[name] for name, value in candidate.knobs.items())
        and all(level in SPACE.factors[name] for name, level in candidate.factors.items())
    )


@given(st.integers())
def test_what_is_drawn_lies_inside_and_a_mutant_differs_in_one_thing(seed: int) -> None:
    random = Random(seed)
    parent = SPACE.drawn(random)
    child = SPACE.mutant(parent, random)
    assert _inside(parent)
    assert _inside(child)
    assert child.agent == parent.agent
    mine, theirs = {**parent.knobs, **parent.factors}, {**child.knobs, **child.factors}
    assert sum(mine[name] != theirs[name] for name in mine) == 1


def test_without_anything_to_turn_another_is_drawn() -> None:
    bare = Space(agents={"a": {}, "b": {"x": [1]}})
    assert {bare.mutant(bare.plain("a"), Random(seed)).agent for seed in range(20)} == {"a", "b"}


def test_the_key_does_not_know_the_order() -> None:
    one = Candidate(agent="a", knobs={"x": 1, "y": 2})
    assert one.key == Candidate(agent="a", knobs={"y": 2, "x": 1}).key
    assert one.key != Candidate(agent="a", factors={"x": "1"}, knobs={"y": 2}).key
