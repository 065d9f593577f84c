import asyncio

import pytest
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from vigiles.evaluation.grid.plan import AgentChoice
from vigiles.evaluation.meter import Price, metered
from vigiles.integrations.inspect.agent import InspectAgent
from vigiles.integrations.inspect.models import models, open_model
from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.stage import stage


@pytest.mark.parametrize("name", ["nobody/knows", "no-provider", "openai/gpt-4o"])
def test_a_model_that_is_not_there_is_told_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(key, raising=False)
    with pytest.raises(InputInvalid, match=name) as caught:
        open_model(name)
    assert "\n" not in str(caught.value)
    assert "[bold]" not in str(caught.value)
    assert "provider/name" in caught.value.remedy


def test_a_named_model_makes_an_agent_of_each_episode() -> None:
    made = models(["mockllm/model"])
    choice = AgentChoice(name="mockllm/model", model=True)
    one, other = (made.make(choice, stage("blackmail", {}, seed), seed) for seed in (1, 2))
    assert isinstance(one, InspectAgent)
    assert one is not other


def test_agents_and_judges_are_charged_at_their_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ModelOutput.from_content("mockllm/model", "SCORE: 5")
    said.usage = ModelUsage(input_tokens=10, output_tokens=1)
    mock = get_model("mockllm/model", custom_outputs=[said] * 2, memoize=False)
    monkeypatch.setattr("vigiles.integrations.inspect.models.get_model", lambda name, **more: mock)
    made = models(
        ["a/agent"], ["a/judge"], {"a/agent": Price(input=1_000_000, output=0), "a/judge": Price(input=0, output=9_000_000)}
    )
    staging = stage("blackmail", {}, 1)

    async def both() -> int:
        with metered() as meter:
            await made.make(AgentChoice(name="a/agent", model=True), staging, 1).turn((), ())
            assert made.judge is not None
            await made.judge("a/judge").ask("is it?")
        return meter.micro

    assert asyncio.run(both()) == 10 + 9
