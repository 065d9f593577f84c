"""Models by name as agents of our own loop: whatever Inspect supports, from a key in the environment to a local server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspect_ai.model import GenerateConfig, Model, compute_model_cost, get_model, get_model_info
from inspect_ai.model import ModelUsage as Usage

from vigiles.evaluation.conversation import Agent, Turn
from vigiles.evaluation.grid.plan import AgentChoice
from vigiles.evaluation.grid.playing import Models
from vigiles.integrations.inspect.agent import InspectAgent
from vigiles.integrations.inspect.judge import InspectJudge
from vigiles.model.errors import InputInvalid
from vigiles.world.staging import Staging

_REMEDY = (
    "Write provider/name as Inspect does (openai/..., anthropic/..., google/..., vllm/..., hf/..., openai-api/...), "
    "install the provider's package, and put its key into the environment."
)


def open_model(name: str, config: GenerateConfig | None = None, **arguments: Any) -> Model:
    """Return Inspect's model ``name``. Raises :class:`InputInvalid` for none, or where its package or key is missing."""
    try:
        return get_model(name, config=config or GenerateConfig(), **arguments)
    except Exception as error:  # each provider raises its own kind
        raise InputInvalid(f"model {name!r} cannot be used: {_line(error)}", _REMEDY) from error


def models(names: Sequence[str], others: Sequence[str] = ()) -> Models:
    """Return what makes agents of these models, and judges of ``others``. Raises :class:`InputInvalid`."""
    opened = {name: open_model(name) for name in dict.fromkeys((*names, *others))}

    def make(choice: AgentChoice, staging: Staging, seed: int) -> Agent:
        return InspectAgent(opened[choice.name], staging, seed)

    return Models(make, price, lambda name: InspectJudge(opened.get(name) or open_model(name)))


def price(turn: Turn) -> int:
    """Return what a turn cost, in millionths of a dollar, by Inspect's price list; 0 for a model that is not in it."""
    if turn.model is None:
        return 0
    info = get_model_info(turn.model)
    if info is None or info.cost is None:
        return 0
    used = Usage(
        input_tokens=turn.input_tokens,
        output_tokens=turn.output_tokens,
        total_tokens=turn.input_tokens + turn.output_tokens,
    )
    return round(compute_model_cost(info.cost, used) * 1_000_000)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
