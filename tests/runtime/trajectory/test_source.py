"""A file is read entry by entry, and what cannot be read is named by its place."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.protocols.transcript.lines import LONGEST
from vigiles.protocols.transcript.said import ToolUse
from vigiles.runtime.trajectory import source as module
from vigiles.runtime.trajectory.source import Source


def _read(data: bytes) -> tuple[list[tuple[str, str]], str | None]:
    """Return the place and tool of each use, and the error."""
    found: list[tuple[str, str]] = []

    async def main() -> None:
        async for where, said in Source(io.BytesIO(data)).said():
            found.extend((where, one.tool) for one in said if isinstance(one, ToolUse))

    try:
        asyncio.run(main())
    except InputInvalid as error:
        return found, str(error) if error.remedy else None
    return found, None


def _use(tool: str) -> dict[str, Any]:
    return {"tool": tool, "arguments": {}}


def test_lines() -> None:
    data = "\n".join(["", json.dumps(_use("a")), "", json.dumps(_use("b"))]).encode()
    assert _read(data) == ([("line 2", "a"), ("line 4", "b")], None)
    assert _read(b"") == ([], None)
    assert _read(json.dumps([_use("a"), _use("b")]).encode())[0] == [("line 1, entry 1", "a"), ("line 1, entry 2", "b")]


@pytest.mark.parametrize("indent", [None, 2])
def test_documents(indent: int | None) -> None:
    found, error = _read(json.dumps({"messages": [_use("a"), _use("b")]}, indent=indent).encode())
    assert ([tool for _, tool in found], error) == (["a", "b"], None)


@pytest.mark.parametrize(
    ("data", "before", "message"),
    [
        (b'{"tool": "a"}\n{"tool": \n{"tool": "b"}', 1, "line 2: this is not JSON"),
        (b'{"tool": "a"}\n{"what": 1}', 1, "line 2: an entry is no tool call"),
        (b'{"tool": "a"}\n\xff\xfe', 1, "line 2: this is not JSON"),
        (b'{"tool":\n{"tool": "b"}', 0, "line 1: this is not JSON"),
        (b'[\n{"tool": "a"},\n{"tool" "b"}\n]', 0, "line 3: this is not JSON"),
        (b'[\n{"tool": "a"},\n7\n]', 1, "entry 2: an entry is neither"),
        (b"[" * 100_000, 0, "line 1: this is not JSON"),
        (b"\x00\x01", 0, "line 1: this is not JSON"),
    ],
)
def test_what_cannot_be_read(data: bytes, before: int, message: str) -> None:
    found, error = _read(data)
    assert len(found) == before
    assert error is not None
    assert error.startswith(message)


def test_a_huge_line_is_not_held() -> None:
    found, error = _read(b'{"tool": "a"}\n"' + b"x" * (LONGEST + 2) + b'"\n')
    assert (len(found), error) == (1, f"line 2: the line is longer than {LONGEST} bytes")


def test_a_huge_document_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_DOCUMENT", 1000)
    _, error = _read(b"[\n" + b"1,\n" * 1000 + b"1]")
    assert error is not None
    assert "as a document larger" in error
