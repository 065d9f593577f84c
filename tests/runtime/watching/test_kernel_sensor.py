"""Beside the listener the kernel's own programs: they find what a tampered one does not tell, and are quiet otherwise."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.cell import launching
from vigiles.model.attribution import Attribution
from vigiles.model.finding import Finding
from vigiles.model.observation.base import Observation
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded
from vigiles.runtime.services import Services
from vigiles.runtime.tier_r import TierR
from vigiles.runtime.watching import kernel_sensor

pytestmark = [pytest.mark.cell, pytest.mark.asroot]

WORK = """
import os, socket
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(5)
socket.create_connection(server.getsockname()).sendall(b"x" * 1000)
six = socket.socket(socket.AF_INET6)
six.bind(("::1", 0))
six.listen(5)
socket.create_connection(six.getsockname()[:2]).close()
if not os.fork():
    os.setsid()
    socket.create_connection(server.getsockname()).close()
    os.execv("/bin/true", ["true"])
os.wait()
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3):
    try:
        datagram.sendto(b"hello", ("203.0.113.9", 53))
    except OSError:
        pass
"""

BLIND_TO_CONNECTS = """
from vigiles.cell import launcher
from vigiles.cell.notifying import connecting
whole = connecting.Connecting.connect
def blind(self, fd, notification, call):
    whole(self, fd, notification, call)
connecting.Connecting.connect = blind
launcher.main()
"""

BLIND_TO_PROGRAMS = """
from vigiles.cell import launcher
from vigiles.cell.notifying import images
images.Images.take = lambda self: (self._held.clear(), self._latest.clear(), [])[2]
launcher.main()
"""

#: The listener names another call than the one that speaks.
LYING = """
from vigiles.cell import launcher
from vigiles.cell.notifying import calls
import msgspec
whole = calls.Calls.compared
def lying(self, known, tag, group, trigger=None):
    return whole(self, msgspec.structs.replace(known, call=7, uts=1, group=1) if known.call else known, tag, group, trigger)
calls.Calls.compared = lying
launcher.main()
"""


@pytest.fixture
def need_r(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: tier R")


async def _play(home: Path, workdir: Path) -> list[Recorded]:
    async with await Services.start(home) as services:
        assert isinstance(services.tier_r, TierR), services.tier_r
        async with open_episode(profile="observe", workdir=workdir, services=services) as episode:
            outcome = await episode.call(["python3", "-c", WORK])
            assert outcome.exit_code == 0, outcome.stderr
        return episode.records()


def play(home: Path, workdir: Path) -> list[Recorded]:
    return asyncio.run(_play(home, workdir))


def found(records: list[Recorded]) -> set[str]:
    return {record.rule for record in records if isinstance(record, Finding) and record.detector == "disagreement"}


def by_kernel(records: list[Recorded]) -> list[Any]:
    return [record for record in records if isinstance(record, Observation) and record.sensor == "kernel"]


@pytest.mark.usefixtures("need_r")
def test_an_honest_listener_is_not_contradicted_and_a_datagram_is_seen(home: Path, workdir: Path) -> None:
    records = play(home, workdir)
    assert found(records) == set()
    (datagram,) = by_kernel(records)
    assert isinstance(datagram, Connect)
    assert (datagram.transport, datagram.address, datagram.port) == ("udp", "203.0.113.9", 53)
    assert (datagram.outcome, datagram.attribution.call, datagram.attribution.methods) == ("refused", 1, ["cgroup"])
    told = [record for record in records if isinstance(record, Connect) and record.sensor == "notifier"]
    assert len(told) == 3
    marks = [r.attribution.methods for r in records if isinstance(r, Observation) and r.sensor == "scanner"]
    assert all("cgroup" in methods for methods in marks)


@pytest.mark.usefixtures("need_r")
@pytest.mark.parametrize(
    ("program", "kinds"),
    [(BLIND_TO_CONNECTS, {"connect"}), (BLIND_TO_PROGRAMS, {"process_start"})],
    ids=["connects", "programs"],
)
def test_a_blinded_listener_is_found_by_the_others(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch, program: str, kinds: set[str]
) -> None:
    monkeypatch.setattr(launching, "PROGRAM", ("-P", "-c", program))
    records = play(home, workdir)
    assert found(records) == {"disagreement.blind"}
    seen = [record for record in by_kernel(records) if record.attribution.disagreement]
    assert {type(record).__struct_config__.tag for record in seen} == kinds
    assert {record.attribution.call for record in seen} == {1}
    assert {tuple(record.attribution.disagreement) for record in seen} == {("cgroup=1", "listener=unseen")}


@pytest.mark.usefixtures("need_r")
def test_a_listener_that_names_another_call_is_found_by_the_others(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "PROGRAM", ("-P", "-c", LYING))
    records = play(home, workdir)
    assert "disagreement.methods" in found(records)
    doubted = [r for r in records if isinstance(r, Observation) and r.attribution.disagreement and r.sensor == "notifier"]
    assert doubted
    assert all({"listener=7", "uts=1", "cgroup=1"} == set(record.attribution.disagreement) for record in doubted)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("203.0.113.1", False),
        ("", False),
        ("x", False),
    ],
)
def test_what_stays_inside(address: str, inside: bool) -> None:
    record = kernel_sensor._connect(1, 2, address, 3, "tcp", [])
    assert record.outcome == ("inside" if inside else "refused")
    assert record.attribution == Attribution(grade="exact", call=1, methods=["cgroup"])


PASSES = """
import os, socket, sys, time
listening = socket.socket(); listening.bind(("127.0.0.1", 6200)); listening.listen(5)
way = socket.socket(socket.AF_UNIX); way.bind("/tmp/way"); way.listen(1)
if os.fork():
    os._exit(0)
peer = way.accept()[0]
made = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
socket.send_fds(peer, [b"x"], [one.fileno() for one in made])
time.sleep(6)
"""
TAKES = """
import socket, time
way = socket.socket(socket.AF_UNIX)
for _ in range(100):
    try:
        way.connect("/tmp/way")
        break
    except OSError:
        time.sleep(0.05)
_, (tcp, udp), _, _ = socket.recv_fds(way, 1, 2)
socket.socket(fileno=tcp).connect(("127.0.0.1", 6200))
try:
    socket.socket(fileno=udp).sendto(b"x", ("203.0.113.9", 53))
except OSError:
    pass
"""


async def _calls(home: Path, workdir: Path, *scripts: str, wait: float) -> list[Recorded]:
    async with await Services.start(home) as services:
        assert isinstance(services.tier_r, TierR), services.tier_r
        async with open_episode(profile="observe", workdir=workdir, services=services) as episode:
            for script in scripts:
                outcome = await episode.call(["python3", "-c", script])
                assert outcome.exit_code == 0, outcome.stderr
            await asyncio.sleep(wait)
        return episode.records()


@pytest.mark.usefixtures("need_r")
def test_a_socket_handed_from_call_to_call_is_whoever_s_uses_it(home: Path, workdir: Path) -> None:
    records = asyncio.run(_calls(home, workdir, PASSES, TAKES, wait=4))
    assert found(records) == set()
    (datagram,) = by_kernel(records)
    assert datagram.attribution.call == 2


#: Having judged an address at port 6119, the listener does not answer before the caller has put another one in its place.
PAUSING = """
import time
from vigiles.cell import launcher
from vigiles.cell.notifying import connecting
connect, record = connecting.Connecting.connect, connecting.Connecting._record
def asked(self, fd, notification, call):
    self.question = fd, notification
    return connect(self, fd, notification, call)
def paused(self, call, pid, address, transport, done, *, second):
    told = record(self, call, pid, address, transport, done, second=second)
    until = time.monotonic() + 20
    while address.port == 6119 and time.monotonic() < until:
        raw = self._raw(*self.question)
        if raw is None or connecting.parse(raw) != address:
            break
        time.sleep(0.001)
    return told
connecting.Connecting.connect, connecting.Connecting._record = asked, paused
launcher.main()
"""

#: The address changes between the listener's look and the kernel's; and now and then a program's words cannot be read. An
#: address that changes before that look is refused: then once more, with more time.
FLIPS = """
import ctypes, errno, os, socket, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def packed(host, port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", port, socket.inet_aton(host))
for attempt in range(1, 6):
    libc.execve(b"/bin/true", ctypes.c_void_p(8), None)
    buffer = ctypes.create_string_buffer(packed("127.0.0.1", 6119), 16)
    threading.Timer(0.2 * attempt, ctypes.memmove, (buffer, packed("203.0.113.7", 443), 16)).start()
    with socket.socket() as one:
        libc.connect(one.fileno(), buffer, 16)
    if ctypes.get_errno() != errno.EACCES:
        sys.exit(0 if ctypes.get_errno() == errno.ENETUNREACH else 1)
sys.exit(2)
"""


@pytest.mark.usefixtures("need_r")
def test_an_address_that_changes_while_it_is_judged_is_found_out(
    home: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "PROGRAM", ("-P", "-c", PAUSING))
    records = asyncio.run(_calls(home, workdir, FLIPS, wait=1))
    (far,) = (one for one in by_kernel(records) if isinstance(one, Connect) and one.attribution.disagreement)
    assert (far.address, far.port, far.attribution.call) == ("203.0.113.7", 443, 1)
    assert found(records) == {"disagreement.blind"}


@pytest.mark.usefixtures("need_r")
def test_in_a_pid_namespace_of_one_s_own_there_is_no_tier_r() -> None:
    code = (
        "from vigiles.cell.groups import new_name; from vigiles.runtime.tier_r import TierR\n"
        "try: TierR.open(new_name())\nexcept Exception as error: print(error)"
    )
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "bpf: this process is in a pid namespace of its own" in said


DECOYS = """
import socket
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(1300):
    try:
        datagram.sendto(b"x", (f"203.0.{number // 200}.{number % 200 + 1}", 53))
    except OSError:
        pass
"""
ONE = """
import socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("198.51.100.77", 4444))
except OSError:
    pass
"""


@pytest.mark.usefixtures("need_r")
def test_decoys_hide_no_datagram_of_their_own_or_of_a_later_call(home: Path, workdir: Path) -> None:
    records = asyncio.run(_calls(home, workdir, DECOYS + ONE, ONE, wait=0.5))
    seen = [one for one in by_kernel(records) if isinstance(one, Connect)]
    last = {one.attribution.call for one in seen if one.address == "198.51.100.77"}
    folded = sum(one.count for one in records if isinstance(one, Flood) and one.attribution.call == 1)
    assert 2 in last
    assert 1 in last or folded
    assert len([one for one in seen if one.attribution.call == 1]) + folded >= 1301


FORKS = """
import os, socket
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(1200):
    if not os.fork():
        os._exit(0)
    os.wait()
try:
    datagram.sendto(b"x", ("198.51.100.77", 4444))
except OSError:
    pass
"""


@pytest.mark.usefixtures("need_r")
def test_what_waits_behind_a_flood_is_told_when_its_call_is_forgotten(home: Path, workdir: Path) -> None:
    """The reader is held up, by whatever keeps the supervisor busy, until the call is over."""

    async def play() -> list[Recorded]:
        async with await Services.start(home) as services:
            assert isinstance(services.tier_r, TierR), services.tier_r
            async with open_episode(profile="observe", workdir=workdir, services=services) as episode:
                sensor = services.tier_r.sensor
                asyncio.get_running_loop().remove_reader(sensor._programs.fileno())
                outcome = await episode.call(["python3", "-ISc", FORKS], timeout=60)
                assert outcome.exit_code == 0, outcome.stderr
                sensor.listen()
            return episode.records()

    seen = [one for one in by_kernel(asyncio.run(play())) if isinstance(one, Connect)]
    assert [(one.address, one.attribution.call) for one in seen] == [("198.51.100.77", 1)]
