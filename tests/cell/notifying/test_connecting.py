"""connect and bind as a program sees them: answered by the notifier, and told apart from the kernel by nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.union import Recorded

pytestmark = pytest.mark.cell

TRY = """
import ctypes, errno, fcntl, json, os, select, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def connect(fd, raw, size=None, pointer=None):
    ctypes.set_errno(0)
    address = ctypes.create_string_buffer(raw, max(len(raw), 1)) if pointer is None else ctypes.c_void_p(pointer)
    libc.connect(fd, address, len(raw) if size is None else size)
    return errno.errorcode.get(ctypes.get_errno(), "")
def inet6(host, port):
    head = struct.pack("=H", socket.AF_INET6) + port.to_bytes(2, "big")
    return head + bytes(4) + socket.inet_pton(socket.AF_INET6, host) + bytes(4)
def at_the_end(raw):  # so much of an address before memory that is not there
    pages = libc.mmap(None, 8192, 3, 0x22, -1, 0)
    libc.munmap(ctypes.c_void_p(pages + 4096), 4096)
    ctypes.memmove(pages + 4096 - len(raw), raw, len(raw))
    return pages + 4096 - len(raw)
libc.mmap.restype = ctypes.c_void_p
def inet(host, port):
    return struct.pack("=H", socket.AF_INET) + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)
said = {}
sock = socket.socket()
said["bad pointer"] = connect(sock.fileno(), b"x" * 16, pointer=8)
said["no length"] = connect(sock.fileno(), b"", size=0)
said["negative length"] = connect(sock.fileno(), inet("192.0.2.1", 80), size=-1)
said["short"] = connect(sock.fileno(), inet("192.0.2.1", 80)[:6])
six, local = socket.socket(socket.AF_INET6), socket.socket(socket.AF_UNIX)
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
said["half there"] = connect(sock.fileno(), b"", 16, pointer=at_the_end(inet("127.0.0.1", 3128)[:12]))
said["short to the door"] = connect(sock.fileno(), inet("127.0.0.1", 3128)[:8])
said["short six"] = connect(six.fileno(), inet6("::1", 3129)[:23])
said["unix to the door"] = connect(local.fileno(), inet("127.0.0.1", 3128))
said["unix to the outside"] = connect(local.fileno(), inet("192.0.2.1", 80))
said["netlink to the door"] = connect(netlink.fileno(), inet("127.0.0.1", 3128))
said["four to six"] = connect(sock.fileno(), inet6("::ffff:127.0.0.1", 3128))
said["four to six outside"] = connect(sock.fileno(), inet6("2001:db8::1", 80))
said["six to four"] = connect(six.fileno(), inet("127.0.0.1", 3128))
ctypes.set_errno(0)
said["secret memory"] = (libc.syscall(447, 0), errno.errorcode.get(ctypes.get_errno()))
said["no such descriptor"] = connect(999, inet("192.0.2.1", 80))
said["not a socket"] = connect(os.open("/dev/null", os.O_RDONLY), inet("192.0.2.1", 80))
said["outside"] = connect(sock.fileno(), inet("192.0.2.1", 80))
said["metadata"] = connect(sock.fileno(), inet("169.254.169.254", 80))
fresh = socket.socket()
said["closed port inside"] = connect(fresh.fileno(), inet("127.0.0.1", 9))

server = socket.create_server(("127.0.0.1", 0))
inside = socket.create_connection(server.getsockname())
said["connected twice"] = connect(inside.fileno(), inet("127.0.0.1", server.getsockname()[1]))

proxy = socket.create_connection(("127.0.0.1", 3128), timeout=5)
said["proxy peer"] = proxy.getpeername()[1]
said["proxy begun"] = connect(proxy.fileno(), inet("127.0.0.1", 3128))
said["proxy again"] = connect(proxy.fileno(), inet("127.0.0.1", 3128))
plain = socket.socket()
plain.connect(("127.0.0.1", 3128))
said["still blocking"] = not fcntl.fcntl(plain, fcntl.F_GETFL) & os.O_NONBLOCK
eager = socket.socket()
eager.setblocking(False)
said["eager"] = errno.errorcode.get(eager.connect_ex(("127.0.0.1", 3128)), "")
select.select([], [eager], [], 5)
said["eager error"] = eager.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
said["still eager"] = bool(fcntl.fcntl(eager, fcntl.F_GETFL) & os.O_NONBLOCK)
mapped = socket.socket(socket.AF_INET6)
mapped.connect(("::ffff:127.0.0.1", 3128))
said["mapped"] = mapped.getpeername()[1]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("127.0.0.1", 53))
said["dns peer"] = udp.getpeername()[1]
said["unspecified"] = connect(udp.fileno(), struct.pack("=H", socket.AF_UNSPEC) + bytes(14))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
said["udp outside"] = connect(datagrams.fileno(), inet("192.0.2.1", 53))
named = socket.socket(socket.AF_UNIX)
named.bind("/tmp/named")
named.listen()
socket.socket(socket.AF_UNIX).connect("/tmp/named")
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0hidden")
hidden.listen()
socket.socket(socket.AF_UNIX).connect("\\0hidden")
said["no such path"] = errno.errorcode.get(socket.socket(socket.AF_UNIX).connect_ex("/tmp/nothing"), "")
print(json.dumps(said))
"""


#: Nothing is struck: what is tried here comes after what would end the episode.
PROFILE = 'extends = "rl-rollout"\nname = "connects"\n[responses]\nmedium = []\nhigh = []\ncritical = []\n'


async def _play(workdir: Path, home: Path) -> tuple[dict[str, Any], list[Recorded]]:
    profile = home / "profile"
    profile.mkdir()
    (profile / "profile.toml").write_text(PROFILE)
    async with open_episode(profile=profile, workdir=workdir, home=home) as episode:
        outcome = await episode.call([sys.executable, "-IS", "-c", TRY])
        assert outcome.exit_code == 0, outcome.stderr.decode()
        await episode.settle(0.2)
        return json.loads(outcome.stdout), episode.records()


@pytest.fixture(scope="module")
def played(short_folder: Callable[[str], Path]) -> tuple[dict[str, Any], list[Recorded]]:
    return asyncio.run(_play(short_folder("w"), short_folder("h")))


KERNELS = {
    "bad pointer": "EFAULT",
    "no length": "EINVAL",
    "negative length": "EINVAL",
    "short": "EINVAL",
    "half there": "EFAULT",
    "short to the door": "EINVAL",
    "short six": "EINVAL",
    "unix to the door": "EAFNOSUPPORT",
    "unix to the outside": "EAFNOSUPPORT",
    "netlink to the door": "EAFNOSUPPORT",
    "four to six": "EAFNOSUPPORT",
    "four to six outside": "EAFNOSUPPORT",
    "six to four": "EAFNOSUPPORT",
    "secret memory": [-1, "ENOSYS"],
    "no such descriptor": "EBADF",
    "not a socket": "ENOTSOCK",
    "closed port inside": "ECONNREFUSED",
    "connected twice": "EISCONN",
    "proxy peer": 3128,
    "proxy begun": "",  # a connect that did not wait is done by asking again
    "proxy again": "EISCONN",
    "still blocking": True,
    "eager error": 0,
    "still eager": True,
    "mapped": 3128,
    "dns peer": 53,
    "unspecified": "",
    "no such path": "ENOENT",
}


@pytest.mark.parametrize("what", KERNELS)
def test_as_the_kernel_would_say(played: tuple[dict[str, Any], list[Recorded]], what: str) -> None:
    assert played[0][what] == KERNELS[what]


def test_a_socket_that_does_not_wait_is_told_to_wait_or_that_it_is_done(played: Any) -> None:
    assert played[0]["eager"] in ("EINPROGRESS", "")


def test_outside_is_refused(played: Any) -> None:
    said = played[0]
    assert said["outside"] in ("EACCES", "")  # handed to the door, or refused here
    assert said["metadata"] in ("EACCES", "")
    assert said["udp outside"] == "EACCES"


def test_every_connect_is_recorded_with_where_it_went(played: Any) -> None:
    connects = [record for record in played[1] if isinstance(record, Connect)]
    seen = {(c.transport, c.address, c.port, c.outcome) for c in connects}
    assert ("tcp", "127.0.0.1", 3128, "door") in seen
    assert ("udp", "127.0.0.1", 53, "door") in seen
    assert ("tcp", "127.0.0.1", 9, "inside") in seen
    assert ("unix", "/tmp/named", 0, "inside") in seen
    assert ("unix", "@hidden", 0, "inside") in seen
    assert {c.outcome for c in connects if c.address == "192.0.2.1" and c.transport == "tcp"} <= {"refused", "door"}
    assert {(c.attribution.grade, c.attribution.call) for c in connects} == {("exact", 1)}


def test_binds_are_recorded(played: Any) -> None:
    binds = {(record.family, record.address) for record in played[1] if isinstance(record, Bind)}
    assert {("inet", "127.0.0.1"), ("unix", "/tmp/named"), ("unix", "@hidden")} <= binds
