"""A model of Inspect's as the judge that :mod:`vigiles.detectors.monitor.judge` asks about a suspicious act."""

from __future__ import annotations

from inspect_ai.model import ChatMessage, ChatMessageUser, GenerateConfig, Model

from vigiles.evaluation.meter import Price
from vigiles.integrations.inspect.charging import charged


class InspectJudge:
    """Answers with a model. ``model`` is the model's name, for the record."""

    def __init__(self, model: Model, price: Price | None = None) -> None:
        self.model = str(model)
        self._model = model
        self._price = price

    async def ask(self, question: str) -> str:
        """Return the model's whole answer. Raises what its provider raises; an answer that is an error raises too."""
        asked: list[ChatMessage] = [ChatMessageUser(content=question)]
        output = charged(await self._model.generate(asked, config=GenerateConfig(temperature=0.0)), self._price)
        if output.error is not None:
            raise RuntimeError(output.error)
        return output.completion
