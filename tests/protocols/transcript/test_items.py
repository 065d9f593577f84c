"""Items of the Responses form."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.protocols.transcript.items import is_item, said_in_item
from vigiles.protocols.transcript.said import Said, ToolOutput, ToolUse


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "bash", "arguments": '{"command":"ls"}'},
            ToolUse("bash", {"command": "ls"}, "call_1"),
        ),
        ({"type": "function_call_output", "call_id": "call_1", "output": "a\n"}, ToolOutput("a\n", "call_1")),
        (
            {"type": "local_shell_call", "call_id": "c", "action": {"type": "exec", "command": ["ls", "-l"]}},
            ToolUse("local_shell", {"type": "exec", "command": ["ls", "-l"]}, "c"),
        ),
        ({"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a", "stderr": "b"}]}, ToolOutput("ab", "c")),
        ({"type": "custom_tool_call", "call_id": "c", "name": "py", "input": "{}"}, ToolUse("py", {}, "c")),
        ({"type": "web_search_call", "id": "ws", "action": {"query": "x"}}, ToolUse("web_search", {"query": "x"}, "ws")),
    ],
)
def test_items(item: dict[str, Any], expected: Said) -> None:
    assert is_item(item)
    assert said_in_item(item) == [expected]


def test_what_is_none() -> None:
    assert not any(map(is_item, ({"type": "message"}, {"type": 7}, {"role": "user"})))
