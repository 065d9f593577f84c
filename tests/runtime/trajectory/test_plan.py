"""What is done for which tool."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.protocols.transcript.said import ToolUse
from vigiles.runtime.trajectory.plan import AsProcess, InShell, Mappings, NotPerformed, ToolMapping, parse_mapping


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("bash", {"command": "ls"}, InShell("ls", fresh=False)),
        ("Bash", {"command": "ls", "description": "look"}, InShell("ls", fresh=False)),
        ("execute_command", {"command": "ls"}, InShell("ls", fresh=True)),
        ("functions.run_command", {"cmd": "ls"}, InShell("ls", fresh=True)),
        ("shell", {"command": ["ls", "-l"], "workdir": "/x"}, AsProcess(["ls", "-l"], cwd="/x")),
        ("exec_command", {"cmd": "ls", "workdir": "/x"}, InShell("ls", fresh=True, cwd="/x")),
        ("bash", {"restart": True}, NotPerformed("a shell was begun anew", restart=True)),
        ("bash", {}, NotPerformed("it has no command")),
        ("bash", {"command": 7}, NotPerformed("its command is neither text nor a list of words")),
        ("web_search", {"q": "x"}, NotPerformed("no process is known for this tool; --tool maps it")),
    ],
)
def test_tools_by_their_published_names(tool: str, arguments: dict[str, Any], expected: object) -> None:
    assert Mappings().plan(ToolUse(tool, arguments)) == expected


def test_one_shell_or_fresh_ones_for_all() -> None:
    for fresh in (False, True):
        for tool in ("bash", "shell"):
            assert Mappings(fresh=fresh).plan(ToolUse(tool, {"command": "ls"})) == InShell("ls", fresh)


def test_tools_of_ones_own() -> None:
    tools = dict(map(parse_mapping, ["web=query", "py=code:python3 -I -", "bash=line"]))
    plan = Mappings(tools).plan
    assert plan(ToolUse("web", {"query": "ls"})) == InShell("ls", fresh=True)
    assert plan(ToolUse("py", {"code": "1"})) == AsProcess(["python3", "-I", "-"], b"1")
    assert plan(ToolUse("bash", {"line": "ls"})) == InShell("ls", fresh=True)
    assert plan(ToolUse("web", {"q": "x"})) == NotPerformed("it lacks the argument that --tool names")
    assert tools["py"] == ToolMapping("code", ("python3", "-I", "-"))


def test_broken_arguments_are_not_guessed_at() -> None:
    assert Mappings().plan(ToolUse("bash", {"raw": '{"command": "rm'}, broken=True)) == NotPerformed(
        "its arguments are no JSON object"
    )


@pytest.mark.parametrize("text", ["", "x", "=a", "x=", "x=:p", "x=a:'"])
def test_what_is_no_mapping(text: str) -> None:
    with pytest.raises(InputInvalid, match="is no mapping"):
        parse_mapping(text)
