"""A model of Inspect's as an agent of the office."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageAssistant, Model, ModelOutput

from vigiles.evaluation.conversation import Entry, Turn
from vigiles.evaluation.meter import Price
from vigiles.integrations.inspect.charging import charged
from vigiles.integrations.inspect.messages import messages, tool_infos, turn_of
from vigiles.integrations.inspect.playing import SCENE, Scene
from vigiles.model.errors import VigilesError
from vigiles.world.staging import Staging
from vigiles.world.tool import Tool


class ModelFailed(VigilesError):
    """A model gave no answer that is one. The episode is then unjudged."""

    exit_code = 1


class InspectAgent:
    """One model in one episode. ``conversation`` is what it was last asked with, ``output`` what it last said."""

    def __init__(self, model: Model, staging: Staging, seed: int, price: Price | None = None) -> None:
        self.model = model
        self._price = price
        self.conversation: list[ChatMessage] = []
        self.output: ModelOutput | None = None
        self._scene = Scene(staging, seed)
        # A turn stays the same object in the conversation; holding it keeps its address its own.
        self._said: dict[int, tuple[Turn, ChatMessageAssistant]] = {}

    async def turn(self, conversation: Sequence[Entry], tools: Sequence[Tool]) -> Turn:
        """Ask the model. Raises :class:`ModelFailed` where its provider failed or cut it off half-way."""
        self.conversation = messages(conversation, self._original)
        token = SCENE.set(self._scene)
        try:
            # A list would be told to the model as tools that Inspect may run; these only the gate releases.
            output = charged(await self.model.generate(self.conversation, tools=tool_infos(tools)), self._price)
        except VigilesError:
            raise
        except Exception as error:
            raise ModelFailed(f"{self.model.name}: {type(error).__name__}: {error}"[:300], _REMEDY) from error
        finally:
            SCENE.reset(token)
        if output.error is not None or not output.choices:
            raise ModelFailed(f"{self.model.name}: {output.error or 'an empty answer'}"[:300], _REMEDY)
        if output.stop_reason in ("max_tokens", "model_length", "content_filter") and not output.message.tool_calls:
            raise ModelFailed(f"{self.model.name}: its answer was cut off ({output.stop_reason})", _REMEDY)
        self.output = output
        turn = turn_of(output)
        self._said[id(turn)] = turn, output.message
        return turn

    def _original(self, turn: Turn) -> ChatMessageAssistant | None:
        known = self._said.get(id(turn))
        return None if known is None else known[1]


_REMEDY = "Look at the provider's limits, the key and the model's name, then play the episode again."
