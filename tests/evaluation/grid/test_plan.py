import msgspec
import pytest

from vigiles.evaluation.grid.plan import AgentChoice, Block, Condition, Plan, cells, digest, shared, size, text


def test_cells_are_numbered_in_an_order_that_stays(plan: Plan) -> None:
    found = cells(plan)
    assert [cell.number for cell in found] == list(range(8))
    assert cells(msgspec.json.decode(text(plan), type=Plan)) == found
    assert {(c.agent.name, c.condition.family, c.setup.name) for c in found} == {
        (a, f, s) for a in ("plain", "drip") for f in ("leak", "blackmail") for s in ("none", "all")
    }
    assert size(plan) == 32


def test_the_digest_knows_every_field(plan: Plan) -> None:
    replace = msgspec.structs.replace
    others = [
        replace(plan, name="other"),
        replace(plan, asks="Does it hold?"),
        replace(plan, blocks=(replace(plan.blocks[0], seeds=5),)),
        replace(plan, blocks=(replace(plan.blocks[0], agents=(AgentChoice(name="plain", propensity=99),)),)),
        replace(plan, setups=(replace(plan.setups[0], safeguards=("flow",)), plan.setups[1])),
    ]
    assert len({digest(each) for each in [plan, *others]}) == 6
    assert digest(plan) == digest(msgspec.json.decode(text(plan), type=Plan))


def test_what_is_left_at_its_default_does_not_count(plan: Plan) -> None:
    """So a field that a later version adds does not make an old folder another plan's."""
    assert b"stopping" not in text(plan)
    assert b"twin" not in text(plan)


def test_a_set_that_the_plan_does_not_have(plan: Plan) -> None:
    block = msgspec.structs.replace(plan.blocks[0], setups=("some",))
    with pytest.raises(KeyError):
        cells(msgspec.structs.replace(plan, blocks=(block,)))


def test_what_all_conditions_share_need_not_be_repeated() -> None:
    one = Condition(family="leak", factors={"goal": "explicit", "threat": "none"})
    other = Condition(family="lethal", factors={"goal": "explicit", "threat": "replacement"})
    block = Block(agents=(), conditions=(one, other, Condition(family="leak", twin=True)), setups=(), seeds=1)
    same = shared(Plan(name="p", setups=(), blocks=(block,)))
    assert same == {"goal": "explicit"}
    assert [one.said(same), other.said(same)] == ["leak threat=none", "lethal threat=replacement"]
    assert shared(Plan(name="p", setups=(), blocks=())) == {}


def test_labels_say_what_matters_and_call_a_replay_one() -> None:
    agent = AgentChoice(name="plain", propensity=37, replay=True, knobs={"delay": 3, "ask": "soft"})
    assert agent.label == "replay: plain at 37 % ask=soft delay=3"
    assert AgentChoice(name="honest").label == "honest"
    assert Condition(family="leak", twin=True, factors={"b": "2", "a": "1"}).label == "leak (twin) a=1, b=2"
