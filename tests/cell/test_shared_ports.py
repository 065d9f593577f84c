"""One source port, several calls: what each of them does at the door is never another's."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.union import Recorded

pytestmark = pytest.mark.cell

QUERY = r"""
import socket, sys, time
def query(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
"""
#: Two of these at once use the same source port at the same moment, to different ports of the door.
SHARE = (
    QUERY
    + r"""
port, name, until = int(sys.argv[1]), sys.argv[2], time.time() + 2.5
while time.time() < until:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind(("127.0.0.1", 41000 + int(time.time() * 50) % 2000))
        sock.connect(("127.0.0.1", port))
        asked = query(name)
        request = f"GET http://{name}/ HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
        sock.sendall(request if port == 3128 else len(asked).to_bytes(2, "big") + asked)
        sock.settimeout(1)
        sock.recv(10)
    except OSError:
        pass
    sock.close()
    time.sleep(0.02 - time.time() % 0.02)
"""
)
#: Registers a UDP port and goes.
REGISTER = r"""
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind(("127.0.0.1", 45000))
    sock.connect(("127.0.0.1", 53))
"""
#: Sends from the same port, and is gone before anybody can look.
SEND_AND_GO = (
    QUERY
    + r"""
for _ in range(10):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 45000))
        sock.sendto(query("udp.invalid"), ("127.0.0.1", 53))
"""
)


async def _play(workdir: Path, home: Path) -> tuple[dict[str, int], list[Recorded]]:
    async with open_episode(profile="rl-rollout", workdir=workdir, home=home) as episode:

        async def run(script: str, *arguments: str) -> int:
            outcome = await episode.call([sys.executable, "-IS", "-c", script, *arguments])
            assert outcome.exit_code == 0, outcome.stderr.decode()
            return outcome.call

        await run(REGISTER)
        udp = await run(SEND_AND_GO)
        proxy, dns = await asyncio.gather(run(SHARE, "3128", "proxy.invalid"), run(SHARE, "53", "dns.invalid"))
        await episode.settle(0.3)
        return {"udp.invalid": udp, "proxy.invalid": proxy, "dns.invalid": dns}, episode.records()


@pytest.fixture(scope="module")
def played(short_folder: Callable[[str], Path]) -> tuple[dict[str, int], list[Recorded]]:
    return asyncio.run(_play(short_folder("w"), short_folder("h")))


def calls_of(records: list[Recorded], name: str) -> Counter[int | None]:
    flows = [r.attribution.call for r in records if isinstance(r, Flow) and r.host == name]
    return Counter([*flows, *(r.attribution.call for r in records if isinstance(r, DnsQuery) and r.name == name)])


@pytest.mark.parametrize("name", ["proxy.invalid", "dns.invalid"])
def test_calls_that_share_a_port_are_told_apart(played: tuple[dict[str, int], list[Recorded]], name: str) -> None:
    truth, records = played
    seen = calls_of(records, name)
    assert set(seen) <= {truth[name], None}
    assert seen[truth[name]] >= 20


def test_a_port_whose_owner_is_gone_is_nobodys(played: tuple[dict[str, int], list[Recorded]]) -> None:
    truth, records = played
    seen = calls_of(records, "udp.invalid")
    assert sum(seen.values()) == 10
    assert set(seen) <= {truth["udp.invalid"], None}
    assert {r.attribution.grade for r in records if isinstance(r, DnsQuery) and r.attribution.call is None} == {"none"}
