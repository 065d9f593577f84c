"""Names asked for belong to the call that asked, whichever way the resolver sends."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.model.attribution import Attribution
from vigiles.model.observation.dns import DnsQuery

pytestmark = pytest.mark.cell

GLIBC = "import socket, sys\ntry: socket.getaddrinfo(sys.argv[1], 80)\nexcept OSError: pass\n"
SENDTO = """
import os, socket, sys, time
name = sys.argv[1]
query = os.urandom(2) + b"\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0"
query += b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0\\0\\1\\0\\1"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.settimeout(5)
    sock.sendto(query, ("127.0.0.1", 53))
    assert sock.recv(512)[:2] == query[:2]
"""
TCP = SENDTO.replace("SOCK_DGRAM", "SOCK_STREAM").replace(
    'sock.sendto(query, ("127.0.0.1", 53))',
    'sock.connect(("127.0.0.1", 53)); sock.sendall(len(query).to_bytes(2, "big") + query)',
).replace("sock.recv(512)[:2]", "sock.recv(514)[2:4]")  # fmt: skip
WAYS = {"connected": GLIBC, "sendto": SENDTO, "tcp": TCP}


async def _ask(workdir: Path, home: Path) -> tuple[dict[str, int], dict[str, list[Attribution]]]:
    async with open_episode(profile="rl-rollout", workdir=workdir, home=home) as episode:

        async def one(way: str, number: int) -> tuple[str, int]:
            name = f"{way}{number}.example"
            outcome = await episode.call([sys.executable, "-IS", "-c", WAYS[way], name])
            assert outcome.exit_code == 0, outcome.stderr
            return name, outcome.call

        truth = dict(await asyncio.gather(*(one(way, number) for way in WAYS for number in range(3))))
        await episode.settle(0.2)
        said: dict[str, list[Attribution]] = defaultdict(list)
        for record in episode.records():
            if isinstance(record, DnsQuery):
                said[record.name.rstrip(".")].append(record.attribution)
        return truth, said


def test_a_query_belongs_to_the_call_that_asked(workdir: Path, home: Path) -> None:
    truth, said = asyncio.run(_ask(workdir, home))
    assert set(said) == set(truth)
    wrong = {name: a for name, call in truth.items() for a in said[name] if a.call not in (call, None)}
    assert wrong == {}
    for name, call in truth.items():
        assert [(a.grade, a.call) for a in said[name]] == [("exact", call)] * len(said[name]), said[name]


async def _daemon(workdir: Path, home: Path) -> tuple[int, list[DnsQuery]]:
    script = f"import time\ntime.sleep(0.5)\n{SENDTO}"
    async with open_episode(profile="rl-rollout", workdir=workdir, home=home) as episode:
        detached = f"import subprocess, sys; subprocess.Popen([sys.executable, '-IS', '-c', {script!r}, 'late.example'], "
        detached += "start_new_session=True, stdin=-3, stdout=-3, stderr=-3)"
        daemon = await episode.call([sys.executable, "-c", detached])
        await episode.call(["/bin/sleep", "1"])
        return daemon.call, [record for record in episode.records() if isinstance(record, DnsQuery)]


def test_a_daemons_query_belongs_to_the_daemons_call(workdir: Path, home: Path) -> None:
    call, queries = asyncio.run(_daemon(workdir, home))
    assert {query.name.rstrip(".") for query in queries} == {"late.example"}
    assert {(query.attribution.grade, query.attribution.call) for query in queries} == {("exact", call)}
