import asyncio

import pytest
from inspect_ai.model import ChatMessageUser, GenerateConfig, get_model

from vigiles.evaluation.agents import registry
from vigiles.evaluation.loop import Setup, play
from vigiles.integrations.inspect.agent import InspectAgent
from vigiles.integrations.inspect.provider import hook
from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.stage import stage


@pytest.mark.parametrize("name", ["honest", "clumsy", "plain-insider"])
def test_a_script_does_the_same_behind_the_mock_model_as_in_our_own_loop(name: str) -> None:
    staging = stage("blackmail", {}, 3)
    setup = Setup(name="none")
    model = get_model("mockllm/model", custom_outputs=hook(name), memoize=False)
    there = asyncio.run(play(staging, InspectAgent(model, staging, 3), setup, None, name=name))
    here = asyncio.run(play(staging, registry.make(name, staging, 3), setup, None, name=name))
    assert there.fault is None
    assert there.outcome == here.outcome
    assert [(one.tool, one.arguments) for one in there.attempts] == [(one.tool, one.arguments) for one in here.attempts]


def test_an_unknown_script_and_one_outside_of_the_office_are_refused() -> None:
    with pytest.raises(InputInvalid, match="nobody"):
        hook("nobody")
    with pytest.raises(InputInvalid, match="in the office only"):
        asyncio.run(_ask())


async def _ask() -> None:
    await hook("honest")([ChatMessageUser(content="hello")], [], "auto", GenerateConfig())


def test_inspect_finds_the_provider_by_its_name() -> None:
    model = get_model("vigiles/honest", memoize=False)
    assert str(model) == "vigiles/honest"
