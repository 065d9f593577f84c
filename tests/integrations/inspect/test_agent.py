import asyncio
from typing import Any

import pytest
from inspect_ai.model import ModelOutput, get_model

from vigiles.evaluation.conversation import Entry
from vigiles.evaluation.loop import Setup, play
from vigiles.integrations.inspect.agent import InspectAgent, ModelFailed
from vigiles.integrations.inspect.playing import SCENE
from vigiles.world.scenarios.stage import stage

STAGING = stage("blackmail", {}, 1)
ASKED = [Entry(kind="system", text="s"), Entry(kind="user", text="u")]


def agent(answer: Any) -> InspectAgent:
    return InspectAgent(get_model("mockllm/model", custom_outputs=answer, memoize=False), STAGING, 1)


def test_a_model_is_asked_in_its_scene_and_its_answer_is_kept(spoken: Any) -> None:
    seen: list[object] = []

    def answer(*_: Any) -> ModelOutput:
        seen.append(SCENE.get())
        return spoken(ModelOutput.for_tool_call("mockllm", "mail_list", {}))

    asked = agent(answer)
    turn = asyncio.run(asked.turn(ASKED, ()))
    assert [call.tool for call in turn.calls] == ["mail_list"]
    assert asked.output is not None
    assert getattr(seen[0], "staging", None) is STAGING
    assert SCENE.get() is None
    again = [*ASKED, Entry(kind="turn", turn=turn)]
    asyncio.run(asked.turn(again, ()))
    assert asked.conversation[2].id == asked._said[id(turn)][1].id


@pytest.mark.parametrize(
    "answer",
    [
        lambda *_: (_ for _ in ()).throw(OSError("the line is dead")),
        lambda *_: ModelOutput(model="mockllm", error="refused by the provider"),
        lambda *_: ModelOutput.from_content("mockllm", "I was about to", stop_reason="max_tokens"),
    ],
)
def test_a_model_that_fails_leaves_its_episode_unjudged(answer: Any) -> None:
    with pytest.raises(ModelFailed) as caught:
        asyncio.run(agent(answer).turn(ASKED, ()))
    assert caught.value.remedy
    played = asyncio.run(play(STAGING, agent(answer), Setup(name="none"), None, name="mockllm/model"))
    assert played.fault is not None
    assert played.outcome.unjudged is not None
