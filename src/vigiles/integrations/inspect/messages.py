"""Our conversation as Inspect's messages and back. Nothing is lost that a model or a reader needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    ContentReasoning,
    ContentText,
    ModelOutput,
)
from inspect_ai.tool import ToolCall as TheirCall
from inspect_ai.tool import ToolCallError, ToolInfo, ToolParams

from vigiles.evaluation.conversation import Entry, ToolCall, ToolSaid, Turn
from vigiles.world.tool import Tool

#: Finds the message that a turn was made from, where a model made it: it may hold what only its provider can read.
Original = Callable[[Turn], ChatMessageAssistant | None]


def messages(conversation: Sequence[Entry], original: Original = lambda turn: None) -> list[ChatMessage]:
    """Return a conversation as Inspect's messages."""
    made: list[ChatMessage] = []
    names: dict[str, str] = {}
    for entry in conversation:
        if entry.turn is not None:
            names |= {call.id: call.tool for call in entry.turn.calls}
            made.append(original(entry.turn) or assistant(entry.turn))
        elif entry.said is not None:
            made.append(_answer(entry.said, names))
        elif entry.kind == "system":
            made.append(ChatMessageSystem(content=entry.text))
        else:
            made.append(ChatMessageUser(content=entry.text))
    return made


def assistant(turn: Turn) -> ChatMessageAssistant:
    """Return a turn as an assistant's message."""
    content: str | list[ContentReasoning | ContentText] = turn.text
    if turn.reasoning is not None:
        content = [ContentReasoning(reasoning=turn.reasoning), ContentText(text=turn.text)]
    calls = [
        TheirCall(id=call.id, function=call.tool, arguments=call.arguments, parse_error=call.malformed)
        for call in turn.calls
    ]
    return ChatMessageAssistant(content=content, tool_calls=calls or None, model=turn.model)  # type: ignore[arg-type]


def entries(said: Sequence[ChatMessage]) -> list[Entry]:
    """Return Inspect's messages as our conversation."""
    made = []
    for message in said:
        if isinstance(message, ChatMessageAssistant):
            made.append(Entry(kind="turn", turn=_turn(message)))
        elif isinstance(message, ChatMessageTool):
            error = message.error
            refused = error is not None and error.type == "approval"
            answer = ToolSaid(
                call=message.tool_call_id or "", text=message.text, refused=refused, error=error is not None and not refused
            )
            made.append(Entry(kind="tool", said=answer))
        else:
            kind: str = message.role
            made.append(Entry(kind="system" if kind == "system" else "user", text=message.text))
    return made


def turn_of(output: ModelOutput) -> Turn:
    """Return what a model said as a turn. An output that is an error has no turn: see :mod:`models`."""
    usage = output.usage
    return _turn(
        output.message,
        model=output.model,
        input_tokens=0 if usage is None else usage.input_tokens + (usage.input_tokens_cache_read or 0),
        output_tokens=0 if usage is None else usage.output_tokens,
    )


def tool_infos(tools: Sequence[Tool]) -> list[ToolInfo]:
    """Return tools as a model of Inspect's is told of them."""
    return [
        ToolInfo(
            name=tool.name, description=tool.description, parameters=ToolParams.model_validate(_closed(tool.parameters))
        )
        for tool in tools
    ]


def _closed(parameters: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": {}, "required": [], "additionalProperties": False} | parameters


def _answer(said: ToolSaid, names: dict[str, str]) -> ChatMessageTool:
    error = None
    if said.refused:
        error = ToolCallError("approval", said.text)
    elif said.error:
        error = ToolCallError("parsing", said.text)
    return ChatMessageTool(content=said.text, tool_call_id=said.call, function=names.get(said.call), error=error)


def _turn(message: ChatMessageAssistant, model: str | None = None, input_tokens: int = 0, output_tokens: int = 0) -> Turn:
    reasoning = None
    if not isinstance(message.content, str):
        thought = [part.reasoning or part.summary or "" for part in message.content if isinstance(part, ContentReasoning)]
        reasoning = "\n".join(thought) if thought else None
    calls = tuple(
        ToolCall(
            id=call.id,
            tool=call.function,
            arguments={} if call.parse_error else call.arguments,
            malformed=call.parse_error or None,
        )
        for call in message.tool_calls or ()
    )
    return Turn(
        text=message.text,
        reasoning=reasoning,
        calls=calls,
        model=model or message.model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )
