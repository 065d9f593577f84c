import pytest

from vigiles.evaluation.conversation import Turn
from vigiles.evaluation.grid.plan import AgentChoice
from vigiles.integrations.inspect.agent import InspectAgent
from vigiles.integrations.inspect.models import models, open_model, price
from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.stage import stage


@pytest.mark.parametrize("name", ["nobody/knows", "no-provider", "openai/gpt-4o"])
def test_a_model_that_is_not_there_is_told_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(key, raising=False)
    with pytest.raises(InputInvalid, match=name) as caught:
        open_model(name)
    assert "\n" not in str(caught.value)
    assert "provider/name" in caught.value.remedy


def test_a_named_model_makes_an_agent_of_each_episode() -> None:
    made = models(["mockllm/model"])
    choice = AgentChoice(name="mockllm/model", model=True)
    one, other = (made.make(choice, stage("blackmail", {}, seed), seed) for seed in (1, 2))
    assert isinstance(one, InspectAgent)
    assert one is not other


def test_a_price_is_what_the_list_says_and_nothing_for_others() -> None:
    assert price(Turn(text="", model="mockllm/model", input_tokens=1000)) == 0
    assert price(Turn(text="")) == 0
