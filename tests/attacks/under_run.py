"""Plays a row under ``vigiles run`` on a terminal: the agent is ``programs/agent.py``, its shells are the shim's."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import sys
from pathlib import Path
from typing import Any

from judged import Finding, Played, Said
from table import Row

_START = "from vigiles.cli.main import main; main()"
_SECONDS = 40.0


async def play(row: Row, profile: Path, work: Path, home: Path, words: list[str]) -> Played:
    """Run the agent, with a terminal of its own as a person's would be; read what it and the guard wrote there."""
    how = "own" if row.face == "agent" else "shell"
    agent = ["/usr/bin/python3", "programs/agent.py", how, f"programs/{row.program}.py", *words]
    guard = ["run", "--json", "--profile", str(profile), "--workdir", str(work), "--home", str(home)]
    outer, inner = pty.openpty()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    guard += ["--env", "PYTHONDONTWRITEBYTECODE"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", _START, *guard, "--", *agent, stdin=inner, stdout=inner, stderr=inner, env=environment
    )
    os.close(inner)
    written = await asyncio.wait_for(_all(outer), _SECONDS)
    code = await process.wait()
    lines = [line for line in map(_parsed, written.decode(errors="replace").splitlines()) if line is not None]
    twin = next((line for line in lines if "twin" in line), {})
    attack = next((line for line in lines if "attack" in line), {})
    report = next((line for line in lines if "findings" in line), {})
    # The agent is call 1; in a shell, its twin is call 2 and its attack call 3.
    number = 1 if row.face == "agent" else 3
    return Played(
        row=row.name,
        twin=Said(call=min(number, 2), worked=twin.get("works"), detail=twin.get("detail", ""), code=code),
        attack=Said(
            call=number,
            worked=attack.get("succeeded"),
            detail=attack.get("detail", "") or written[-600:].decode(),
            code=code,
        ),
        findings=[
            Finding(
                call=one["attribution"].get("call"),
                detector=one["detector"],
                rule=one["rule"],
                severity=one["severity"],
                summary=one["summary"],
                blocked=one["blocked"],
            )
            for one in report.get("findings", [])
        ],
        held=report.get("held", []),
        alive=report.get("code") == 0 and report.get("calls") == number,
        ended_by=report.get("ended"),
    )


async def _all(outer: int) -> bytes:
    """Read a terminal until everybody has left it."""
    written = b""
    while True:
        try:
            part = await asyncio.to_thread(os.read, outer, 65536)
        except OSError:
            part = b""
        if not part:
            os.close(outer)
            return written
        written += part


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
