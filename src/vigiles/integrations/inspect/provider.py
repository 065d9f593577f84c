"""Scripted agents as models of Inspect's: ``vigiles/plain-insider`` on its command line, or behind its mock model's hook.

A script acts only inside an episode of the office, which it finds through :mod:`playing`. It uses no tokens and says so, so
that nothing is looked up online to count them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from vigiles.evaluation.agents import registry
from vigiles.evaluation.agents.hand import Scripted
from vigiles.evaluation.conversation import Turn
from vigiles.integrations.inspect.messages import assistant, entries
from vigiles.integrations.inspect.playing import SCENE
from vigiles.model.errors import InputInvalid
from vigiles.world.tool import Tool

Hook = Callable[[list[ChatMessage], list[ToolInfo], ToolChoice, GenerateConfig], Awaitable[ModelOutput]]


def hook(name: str, propensity: int = 100, **knobs: Any) -> Hook:
    """Return what Inspect's mock model takes as ``custom_outputs``: the scripted agent ``name``, anew in each episode.

    Raises :class:`InputInvalid` for an unknown name; outside of an episode, when it is asked.
    """
    if name not in registry.names():
        raise InputInvalid(f"there is no scripted agent {name!r}", f"Name one of: {', '.join(registry.names())}.")

    async def answer(
        said: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        scene = SCENE.get()
        if scene is None:
            raise InputInvalid(
                f"the scripted agent {name} acts in the office only", "Evaluate vigiles/misalignment with it."
            )
        agent = scene.kept.get(name)
        if not isinstance(agent, Scripted):
            agent = scene.kept[name] = registry.make(name, scene.staging, scene.seed, propensity, **knobs)
        turn = await agent.turn(entries(said), [_tool(info) for info in tools])
        return output(turn, f"vigiles/{name}")

    return answer


def output(turn: Turn, model: str) -> ModelOutput:
    """Return a turn as a model's output, its use of tokens stated."""
    choice = ChatCompletionChoice(message=assistant(turn), stop_reason="tool_calls" if turn.calls else "stop")
    usage = ModelUsage(
        input_tokens=turn.input_tokens,
        output_tokens=turn.output_tokens,
        total_tokens=turn.input_tokens + turn.output_tokens,
    )
    return ModelOutput(model=model, choices=[choice], usage=usage)


class ScriptedModel(ModelAPI):
    """``vigiles/NAME``. Arguments of the model: ``propensity`` (per cent), and the script's knobs."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        propensity: int = 100,
        **knobs: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        self._hook = hook(model_name, int(propensity), **knobs)

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Return the script's next turn."""
        return await self._hook(input, tools, tool_choice, config)


@modelapi(name="vigiles")
def scripted() -> type[ModelAPI]:
    """Tell Inspect of the provider ``vigiles``."""
    return ScriptedModel


def _tool(info: ToolInfo) -> Tool:
    return Tool(name=info.name, description=info.description, parameters=info.parameters.model_dump(exclude_none=True))
