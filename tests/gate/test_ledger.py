"""The gate on a real recorder: what was performed is on the disk, and a disk that is full performs nothing."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.gate.gate import Gate
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import LedgerUnwritable, VigilesError
from vigiles.model.result import Result
from vigiles.model.verdict import Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile


def gate_on(ledger: RecorderClient) -> Gate:
    ruleset = load_profile("rl-rollout")
    return Gate(ledger, ruleset.judge, ruleset.digest, BudgetState(now().mono_us), lambda: None, lambda record: None)


def act_of(call: int, text: str = "") -> Act:
    return Act(
        id=new_id("act"),
        at=now(),
        coordinates=Coordinates(run="run-1", episode="ep-1", call=call),
        principal="agent",
        kind="tool_call",
        tool="note",
        arguments={"text": text},
    )


def recorder_of(home: Path) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(Home(home).socket))
        return struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def end(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_performed_is_already_on_the_disk(home: Path, agent: PrincipalRef) -> None:
    found: list[tuple[str, list[str]]] = []

    async def main() -> None:
        ledger = await RecorderClient.connect(home)
        gate = gate_on(ledger)

        async def perform(act: Act) -> Result:
            with LedgerReader(home) as reader:
                kinds = [type(record).__name__ for _, record in reader.records() if record.coordinates == act.coordinates]
            found.append((act.id, kinds))
            return Result(id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="performed")

        await asyncio.gather(*(gate.through(act_of(call), agent, perform) for call in range(1, 33)))
        await ledger.close()

    asyncio.run(main())
    assert len(found) == 32
    assert {tuple(kinds) for _, kinds in found} == {("Act", "Verdict")}
    with LedgerReader(home) as reader:
        results = [record for _, record in reader.records(type="result")]
        verdicts = {record.act for _, record in reader.records() if isinstance(record, Verdict)}
    assert len(results) == 32
    assert {act for act, _ in found} == verdicts
    end(recorder_of(home))


def test_a_full_disk_performs_nothing_until_there_is_room(home: Path, agent: PrincipalRef) -> None:
    performed: list[int | None] = []

    async def perform(act: Act) -> Result:
        performed.append(act.coordinates.call if act.coordinates is not None else None)
        return Result(id=new_id("res"), at=now(), coordinates=act.coordinates, act=act.id, outcome="performed")

    async def main() -> None:
        ledger = await RecorderClient.connect(home)
        gate = gate_on(ledger)
        await gate.through(act_of(1), agent, perform)
        pid = recorder_of(home)
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (Home(home).database.stat().st_size, hard))
        for call in range(2, 6):
            with pytest.raises(LedgerUnwritable) as refusal:
                await gate.through(act_of(call, "x" * 500_000), agent, perform)
            assert refusal.value.remedy
        assert performed == [1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        await gate.through(act_of(6), agent, perform)
        await ledger.close()
        end(pid)

    asyncio.run(main())
    assert performed == [1, 6]
    with LedgerReader(home) as reader:
        acts = [record.coordinates.call for _, record in reader.records(type="act") if record.coordinates is not None]
    assert acts == [1, 6]


@pytest.mark.parametrize("spoil", [lambda home: home.chmod(0o755), lambda home: (home / "ledger.sqlite3").mkdir()])
def test_a_home_that_cannot_hold_a_ledger_stops_the_start(home: Path, spoil: Callable[[Path], None]) -> None:
    spoil(home)

    async def main() -> None:
        with pytest.raises(VigilesError) as refusal:
            await RecorderClient.connect(home)
        assert refusal.value.remedy

    asyncio.run(main())
