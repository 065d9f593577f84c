"""What passes between an agent and its tools, whoever the agent is: a script, a model, Inspect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from vigiles.world.tool import Tool


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call as the agent asked for it. ``malformed`` says why its arguments could not be read; they are then empty."""

    id: str
    tool: str
    arguments: dict[str, Any] = {}
    malformed: str | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent says at once. ``reasoning`` is its private thinking, None where it shows none. No calls: it is done."""

    text: str = ""
    reasoning: str | None = None
    calls: tuple[ToolCall, ...] = ()
    model: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0


class ToolSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the agent is told of one call: the tool's answer, or the gate's constant sentence (``refused``)."""

    call: str
    text: str
    refused: bool = False
    error: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the conversation, in order; exactly what its ``kind`` names is set."""

    kind: Literal["system", "user", "turn", "tool"]
    text: str = ""
    turn: Turn | None = None
    said: ToolSaid | None = None


class Agent(Protocol):
    """Who acts. Made anew for each episode."""

    async def turn(self, conversation: Sequence[Entry], tools: Sequence[Tool]) -> Turn:
        """Return the next turn. May raise :class:`vigiles.model.errors.VigilesError` where a provider fails."""
        ...
