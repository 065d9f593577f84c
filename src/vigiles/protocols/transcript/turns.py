"""A conversation as turns: what the agent thought, said and used, and what came back. Lenient where transcripts differ.

Messages may have OpenAI's, Anthropic's, Inspect's or AgentDojo's form; what is no text, thought or tool is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.said import ToolUse, use_of, word_of
from vigiles.protocols.transcript.tagged import tagged

#: Thinking that a model without a field for it wrote into its text.
_THOUGHT = re.compile(r"<(think|thinking|reasoning|scratchpad|SCRATCHPAD_REASONING)>(.*?)(?:</\1>|$)", re.DOTALL)
_SPEAKERS = ("assistant", "model", "agent")
_REASONING = ("reasoning", "reasoning_content", "thinking", "thought")
_DEEPEST = 8


@dataclass(frozen=True)
class Spoken:
    """One turn of the agent. ``answers``: what its tools put out. ``harmful``: what a label says of it, None for none."""

    reasoning: str = ""
    text: str = ""
    uses: tuple[ToolUse, ...] = ()
    answers: tuple[str, ...] = ()
    harmful: bool | None = None


@dataclass(frozen=True)
class Case:
    """One labelled transcript.

    ``behaviour`` is the family that it was made to show (or its benign twin); ``cluster`` names what several transcripts
    share (a prompt, a scenario). ``harmful``: None for one that a reviewer found ambiguous, or without a label. ``hard``: it
    was meant to elicit harm, or looks like it, and is clean.
    """

    id: str
    prompt: str
    turns: tuple[Spoken, ...]
    harmful: bool | None
    behaviour: str = "all"
    cluster: str = ""
    model: str = ""
    hard: bool = False
    tags: dict[str, str] = field(default_factory=dict)


def turns_of(messages: object) -> tuple[str, tuple[Spoken, ...]]:
    """Return what went before the agent's first turn, as one text, and its turns. Raises :class:`Malformed`."""
    if not isinstance(messages, list):
        raise Malformed("the messages are not a list")
    prompt: list[str] = []
    turns: list[Spoken] = []
    for message in messages:
        if not isinstance(message, dict):
            raise Malformed("a message is not an object")
        role = message.get("role")
        if role in _SPEAKERS:
            turns.append(spoken(message))
        elif not turns:
            prompt.append(said_by(message.get("content")))
        elif role in ("tool", "function", "environment") or _has_result(message.get("content")):
            last = turns[-1]
            turns[-1] = replace(last, answers=(*last.answers, said_by(message.get("content"))))
    return "\n".join(part for part in prompt if part), tuple(turns)


def spoken(message: dict[str, Any]) -> Spoken:
    """Return one message of the agent as a turn. Raises :class:`Malformed` for tool calls that are none."""
    thoughts = [said_by(message[name]) for name in _REASONING if message.get(name) is not None]
    texts: list[str] = []
    uses: list[ToolUse] = []
    content = message.get("content")
    for block in content if isinstance(content, list) else [content]:
        if not isinstance(block, dict):
            texts.append(said_by(block))
            continue
        kind = block.get("type")
        if kind in ("reasoning", "thinking"):
            thoughts.append(said_by(block.get("reasoning") or block.get("thinking") or block.get("summary")))
        elif isinstance(kind, str) and kind.endswith("tool_use"):
            uses.append(use_of(word_of(block, "name"), block.get("input"), word_of(block, "id")))
        else:
            texts.append(said_by(block))
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise Malformed("tool_calls is not a list")
    uses += [_call(call) for call in calls or []]
    text = "\n".join(part for part in texts if part)
    if not uses:
        written, text = tagged(text)
        uses += written
    thoughts += [found[1] for found in _THOUGHT.findall(text)]
    return Spoken("\n".join(part for part in thoughts if part), _THOUGHT.sub("", text), tuple(uses))


def said_by(content: object, _depth: int = 0) -> str:
    """Return the text of a message's content: text, a block, or blocks; the empty text for anything else."""
    if isinstance(content, str):
        return content
    if _depth > _DEEPEST:
        return ""
    if isinstance(content, list):
        return "\n".join(filter(None, (said_by(part, _depth + 1) for part in content)))
    if isinstance(content, dict):
        for name in ("text", "content", "output", "reasoning"):
            if content.get(name) is not None:
                return said_by(content[name], _depth + 1)
    return ""


def words_of(value: object, _depth: int = 0) -> str:
    """Return every text in a tool's arguments, however it is nested, one a line; what nests too deeply is left out."""
    if isinstance(value, str):
        return value
    if _depth > _DEEPEST:
        return ""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return "\n".join(filter(None, (words_of(part, _depth + 1) for part in value)))
    return "" if value is None else str(value)


def _has_result(content: object) -> bool:
    return isinstance(content, list) and any(
        isinstance(block, dict) and str(block.get("type", "")).endswith("tool_result") for block in content
    )


def _call(call: object) -> ToolUse:
    if not isinstance(call, dict):
        raise Malformed("a tool call is not an object")
    inner = call["function"] if isinstance(call.get("function"), dict) else call
    name = inner.get("name") if isinstance(inner.get("name"), str) else inner.get("function", inner.get("tool"))
    if not isinstance(name, str):
        raise Malformed("a tool call names no tool")
    given = next((inner[key] for key in ("arguments", "args", "input") if key in inner), None)
    return use_of(name, given, word_of(call, "id"))
