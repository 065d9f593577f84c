"""The kernel's audit system, asked and listened to: as root for real, as anybody else refused."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Callable

import pytest

from vigiles.kernel import audit, netlink


def reachable() -> bool:
    try:
        audit.status()
    except OSError:
        return False
    return True


#: What programs with a rule book of their own report their refusals by (AUDIT_USER_AVC).
USER_AVC = 1107
#: The kernel has one audit for all of the machine.
pytestmark = pytest.mark.alone
asroot = pytest.mark.asroot
needs_audit = pytest.mark.skipif(not reachable(), reason="needs root and CAP_AUDIT_CONTROL in the initial namespaces")


def status(**changed: int) -> audit.Status:
    return audit.Status(**{"enabled": 1, "failure": 1, **dict.fromkeys(audit.Status._fields[2:], 0), **changed})


@pytest.mark.parametrize(
    ("now", "panics"),
    [
        (status(), False),
        (status(failure=2), True),
        (status(failure=2, enabled=2), True),
        (status(failure=2, enabled=0), True),
        (status(failure=0), False),
    ],
)
def test_a_machine_that_stops_when_a_record_is_lost_is_known(now: audit.Status, panics: bool) -> None:
    assert now.panics is panics


@asroot
@needs_audit
def test_the_status_is_the_kernels() -> None:
    now = audit.status()
    assert now.enabled in (0, 1, 2)
    assert now.failure in (0, 1, 2)
    assert 0 <= now.daemon < 2**22


@asroot
@needs_audit
def test_a_reader_hears_the_kernel_and_nobody_else() -> None:
    """A message of a program's own becomes a record also while records are off; a neighbour's datagram becomes none."""
    now = audit.status()
    word = f"vigiles-test-{os.getpid()}\0".encode()
    reader, silent = audit.AuditReader.open(), audit.AuditReader.open()
    try:
        forged = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
        address = silent._link.getsockname()
        try:
            forged.sendto(netlink.message(audit.LANDLOCK_ACCESS, 0, 0, b"audit(1.000:1): forged"), (address[0], 0))
        except OSError:
            pass  # a kernel that lets nobody but itself send is as good
        forged.close()
        audit._ask(USER_AVC, word)
        heard: list[tuple[int, bytes]] = []
        deadline = time.monotonic() + 10
        while not any(kind == USER_AVC and word[:-1] in text for kind, text in heard):
            assert time.monotonic() < deadline, heard
            select.select([reader], [], [], 0.2)
            heard += reader.read()
        assert all(text.startswith(b"audit(") for _, text in heard)
        assert b"forged" not in b"".join(text for _, text in silent.read())
        assert reader.overruns == 0
    finally:
        reader.close()
        silent.close()
    assert audit.status().daemon == now.daemon  # listening took nobody's place


@asroot
@needs_audit
def test_other_kinds_never_reach_the_socket() -> None:
    word = f"vigiles-kinds-{os.getpid()}".encode()
    everything, chosen, others = audit.AuditReader.open(), audit.AuditReader.open([USER_AVC]), audit.AuditReader.open([1, 2])
    try:
        audit._ask(USER_AVC, word + b"\0")
        heard: list[list[tuple[int, bytes]]] = [[], [], []]
        deadline = time.monotonic() + 10
        while not (heard[0] and heard[1]):
            assert time.monotonic() < deadline, heard
            time.sleep(0.02)
            for reader, list_ in zip((everything, chosen, others), heard, strict=True):
                list_ += [record for record in reader.read() if word in record[1]]
        assert heard[0] == heard[1]
        assert heard[2] == []
    finally:
        for reader in (everything, chosen, others):
            reader.close()


def test_the_filter_lets_chosen_kinds_through_whole(run_bpf: Callable[..., int]) -> None:
    """The interpreter loads ``arch`` at offset 4, in the order of this machine: swapped as the kernel would load it."""
    program = audit.only(audit.OF_LANDLOCK)
    for kind in (*audit.OF_LANDLOCK, 0, 1299, 1301, 1326, 1327, 0x9005):
        word = struct.unpack("!I", struct.pack("=HH", kind, 5))[0]
        assert run_bpf(program, 0, arch=word) == (0xFFFF_FFFF if kind in audit.OF_LANDLOCK else 0), kind


@asroot
@needs_audit
def test_reading_never_waits_and_ends_with_the_socket() -> None:
    reader = audit.AuditReader.open()
    while reader.read(most=1):
        pass
    start = time.monotonic()
    reader.read()
    assert time.monotonic() - start < 1
    reader.close()
    with pytest.raises(OSError, match="descriptor"):
        reader.read()


@asroot
@needs_audit
def test_a_full_socket_is_counted() -> None:
    reader = audit.AuditReader.open()
    try:
        reader._link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for _ in range(64):
            audit._ask(USER_AVC, b"vigiles test\0")
        deadline = time.monotonic() + 10
        while not reader.overruns:
            assert time.monotonic() < deadline
            reader.read()
            time.sleep(0.02)
    finally:
        reader.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may")
def test_an_ordinary_user_is_refused_in_words() -> None:
    for attempt in (audit.status, audit.AuditReader.open, lambda: audit.switch(on=True)):
        with pytest.raises(OSError, match=r"^\[Errno \d+\] audit: ") as caught:
            attempt()
        assert caught.value.errno in (errno.EPERM, errno.ECONNREFUSED, errno.EPROTONOSUPPORT)
