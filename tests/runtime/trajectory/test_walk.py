"""Outputs find their uses, and turns begin where the model speaks again."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

from vigiles.runtime.trajectory.report import Report
from vigiles.runtime.trajectory.source import Source
from vigiles.runtime.trajectory.walk import Walk


def _walk(*entries: dict[str, Any], keep: bool = True) -> tuple[list[tuple[str, bool]], list[tuple[str, str]], Report]:
    report = Report("p")
    outputs: list[tuple[str, str]] = []
    steps: list[tuple[str, bool]] = []

    async def main() -> None:
        data = "\n".join(map(json.dumps, entries)).encode()
        walk: Walk[str] = Walk(Source(io.BytesIO(data)), report, lambda what, output: outputs.append((what, output)))
        async for where, use, begins in walk.steps():
            steps.append((use.tool, begins))
            if keep:
                walk.kept(use, where)

    asyncio.run(main())
    return steps, outputs, report


def _asked(*ids: str) -> dict[str, Any]:
    calls = [{"id": one, "function": {"name": one, "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "tool_calls": calls}


def _told(label: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": label, "content": f"of {label}"}


def test_parallel_calls_are_one_turn_and_get_their_own_outputs() -> None:
    steps, outputs, _ = _walk(_asked("a", "b"), _told("b"), _told("a"), _asked("c"))
    assert steps == [("a", False), ("b", False), ("c", True)]
    assert outputs == [("line 1", "of b"), ("line 1", "of a")]


def test_without_messages_an_output_ends_a_turn() -> None:
    call, output = {"type": "function_call", "name": "a", "arguments": "{}"}, {"type": "function_call_output", "output": "x"}
    steps, _, report = _walk(call, call, output, call)
    assert steps == [("a", False), ("a", False), ("a", True)]
    assert report.strangers == 1


def test_outputs_of_nobody_are_counted() -> None:
    _, outputs, report = _walk(_told("a"), _asked("a"), _told("a"), _told("a"))
    assert (len(outputs), report.strangers) == (1, 2)
    assert _walk(_asked("a"), _told("a"), keep=False)[2].strangers == 1


def test_few_are_waited_for() -> None:
    many = [_asked(f"c{number}") for number in range(70)]
    _, outputs, report = _walk(*many, _told("c0"), _told("c69"))
    assert (len(outputs), report.strangers) == (1, 1)


def test_what_cannot_be_read_ends_the_walk_and_is_told() -> None:
    steps, _, report = _walk(_asked("a"), {"odd": 1}, _asked("b"))
    assert steps == [("a", False)]
    assert report.stopped is not None
    assert str(report.stopped).startswith("line 2")
