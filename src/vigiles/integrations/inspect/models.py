"""Models by name as agents of our own loop: whatever Inspect supports, from a key in the environment to a local server."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.model import GenerateConfig, Model, get_model

from vigiles.evaluation.conversation import Agent
from vigiles.evaluation.grid.plan import AgentChoice
from vigiles.evaluation.grid.playing import Models
from vigiles.evaluation.meter import Price
from vigiles.integrations.inspect.agent import InspectAgent
from vigiles.integrations.inspect.judge import InspectJudge
from vigiles.model.errors import InputInvalid
from vigiles.world.staging import Staging

_REMEDY = (
    "Write provider/name as Inspect does (openai/..., anthropic/..., google/..., vllm/..., hf/..., openai-api/...), "
    "install the provider's package, and put its key into the environment."
)
#: As Rich has it: ``[bold]``, ``[/bold]``, ``[blue]``.
_MARKUP = re.compile(r"\[/?[a-z ]{1,40}\]")


def open_model(name: str, config: GenerateConfig | None = None, **arguments: Any) -> Model:
    """Return Inspect's model ``name``. Raises :class:`InputInvalid` for none, or where its package or key is missing."""
    try:
        return get_model(name, config=config or GenerateConfig(), **arguments)
    except Exception as error:  # each provider raises its own kind
        raise InputInvalid(f"model {name!r} cannot be used: {_line(error)}", _REMEDY) from error


def models(names: Sequence[str], others: Sequence[str] = (), prices: Mapping[str, Price] | None = None) -> Models:
    """Return what makes agents of these models, and judges of ``others``. Raises :class:`InputInvalid`.

    ``prices``: by name; what has none, and whose provider tells none, counts as free.
    """
    known = prices or {}
    opened = {name: open_model(name) for name in dict.fromkeys((*names, *others))}

    def make(choice: AgentChoice, staging: Staging, seed: int) -> Agent:
        return InspectAgent(opened[choice.name], staging, seed, known.get(choice.name))

    return Models(make, lambda name: InspectJudge(opened.get(name) or open_model(name), known.get(name)))


def _line(error: Exception) -> str:
    """Return an error's words on one line, without the markup that is meant for Inspect's own terminal."""
    return " ".join(_MARKUP.sub("", str(error)).split())[:300] or type(error).__name__
