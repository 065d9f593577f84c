"""A model of Inspect's as the judge that :mod:`vigiles.detectors.monitor.judge` asks about a suspicious act."""

from __future__ import annotations

from inspect_ai.model import ChatMessageUser, GenerateConfig, Model


class InspectJudge:
    """Answers with a model. ``model`` is the model's name, for the record."""

    def __init__(self, model: Model) -> None:
        self.model = str(model)
        self._model = model

    async def ask(self, question: str) -> str:
        """Return the model's whole answer. Raises what its provider raises; an answer that is an error raises too."""
        output = await self._model.generate([ChatMessageUser(content=question)], config=GenerateConfig(temperature=0.0))
        if output.error is not None:
            raise RuntimeError(output.error)
        return output.completion
