"""Default drop in a cell's own network namespace: nothing but the loopback device carries a packet, whatever else appears.

A cell's namespace has no interface beside ``lo`` and no route, so this is the second wall: it holds when somebody moves an
interface into the namespace, or when a later mechanism of ours gives it one. It is one netlink batch, made once when this
module is loaded; the kernel applies all of it or nothing. Packet sockets do not pass these hooks; the cell's seccomp program
refuses them. Source: nft(8), the kernel's include/uapi/linux/netfilter/nf_tables.h and nfnetlink.h.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Sequence

from vigiles.kernel import loopback, netlink

TABLE = b"vigiles"
_NETLINK_NETFILTER = 12
_SUBSYSTEM = 10
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NEW_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE = (_SUBSYSTEM << 8 | kind for kind in (0, 2, 3, 6))
UNSPECIFIED, INET = 0, 1
DROP, ACCEPT = 0, 1
_HOOKS = {b"input": 1, b"forward": 2, b"output": 3}
REGISTER_VERDICT, REGISTER_1 = 0, 1
META_IIF, META_OIF = 4, 5


def drop_by_default() -> None:
    """Drop every packet in this network namespace that does not pass the loopback device, both families, all directions.

    Makes the table ``inet vigiles`` with the chains input, output and forward. Call it only in a namespace of one's own: it
    cuts whoever lives in this one off. Raises OSError: EPERM without CAP_NET_ADMIN over the namespace, EEXIST if the table
    is there already, EOPNOTSUPP or EPROTONOSUPPORT where the kernel has no nftables.
    """
    transact(_BATCH, STEPS)


def transact(batch: bytes, steps: Sequence[str]) -> None:
    """Hand a batch to the kernel, which applies all of it in this network namespace, or nothing.

    ``steps``: what each of its messages does, for an error's text; the last but one asks for an answer. Raises OSError.
    """
    try:
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
    except OSError as error:
        raise OSError(error.errno, f"nftables: {os.strerror(error.errno or 0)}") from error
    with link:
        link.send(batch)
        _take_answers(link, steps)


def _take_answers(link: socket.socket, steps: Sequence[str]) -> None:
    """Read until the last rule is acknowledged. The kernel answers within the send, and a no comes before that yes."""
    while True:
        try:
            data = link.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError as error:
            raise OSError(error.errno, "nftables: the kernel gave no answer") from error
        for answer in netlink.messages(data):
            if answer.kind != netlink.ERROR:
                continue
            netlink.check(answer, f"nftables: {steps[answer.sequence] if answer.sequence < len(steps) else 'batch'}")
            if answer.sequence == len(steps) - 2:
                return


def batch() -> bytes:
    """Return the whole transaction as one send. Message number N, from 0, is step N of :data:`STEPS`."""
    made = [begin()]
    made.append(message(NEW_TABLE, netlink.CREATE | netlink.EXCLUSIVE, 1, INET, table()))
    for name in _HOOKS:
        made.append(message(NEW_CHAIN, netlink.CREATE, len(made), INET, chain(name)))
    made.append(message(NEW_RULE, netlink.CREATE, len(made), INET, accept_loopback(b"input", META_IIF)))
    made.append(message(NEW_RULE, netlink.CREATE | netlink.ACK, len(made), INET, accept_loopback(b"output", META_OIF)))
    return b"".join([*made, end(len(made))])


#: What each message of the batch does, for an error's text.
STEPS = (
    "start of the batch",
    "table",
    "chain input",
    "chain forward",
    "chain output",
    "rule for input",
    "rule for output",
    "end of the batch",
)


def begin() -> bytes:
    """Return the first message of a batch, its number 0."""
    return message(BATCH_BEGIN, 0, 0, UNSPECIFIED, b"", resource=_SUBSYSTEM)


def end(sequence: int) -> bytes:
    """Return the last message of a batch."""
    return message(BATCH_END, 0, sequence, UNSPECIFIED, b"", resource=_SUBSYSTEM)


def table() -> bytes:
    """Return the attributes of the table."""
    return netlink.attribute(1, TABLE + b"\0")


def chain(name: bytes) -> bytes:
    """Return the attributes of a filter chain on the hook of its name, priority 0, policy drop."""
    hook = netlink.nested(4, netlink.attribute(1, big(_HOOKS[name])), netlink.attribute(2, big(0)))
    return b"".join(
        [
            netlink.attribute(1, TABLE + b"\0"),
            netlink.attribute(3, name + b"\0"),
            hook,
            netlink.attribute(5, big(DROP)),
            netlink.attribute(7, b"filter\0"),
        ]
    )


def accept_loopback(name: bytes, key: int) -> bytes:
    """Return the attributes of a rule in chain ``name``: if meta ``key`` (an interface's index) is loopback's, accept."""
    return rule(TABLE, name, *over_loopback(key), verdict(ACCEPT))


def rule(table: bytes, chain: bytes, *expressions: bytes) -> bytes:
    """Return the attributes of a rule: its expressions are tried in order, until one does not hold."""
    names = netlink.attribute(1, table + b"\0") + netlink.attribute(2, chain + b"\0")
    return names + netlink.nested(4, *expressions)


def over_loopback(key: int) -> tuple[bytes, bytes]:
    """Return what holds for a packet whose interface (meta ``key``) is the loopback device."""
    # A register holds an interface's index in the machine's own byte order, all numbers around it are big-endian.
    return meta(key), equals(struct.pack("=I", loopback.INDEX))


def meta(key: int) -> bytes:
    """Return the expression that loads what the kernel knows of a packet by itself."""
    return expression(b"meta", netlink.attribute(1, big(REGISTER_1)), netlink.attribute(2, big(key)))


def equals(value: bytes) -> bytes:
    """Return the expression that holds if just this was loaded."""
    given = netlink.nested(3, netlink.attribute(1, value))
    return expression(b"cmp", netlink.attribute(1, big(REGISTER_1)), netlink.attribute(2, big(0)), given)


def verdict(code: int) -> bytes:
    """Return the expression that ends a packet's way: ``ACCEPT`` or ``DROP``."""
    told = netlink.nested(2, netlink.nested(2, netlink.attribute(1, big(code))))
    return expression(b"immediate", netlink.attribute(1, big(REGISTER_VERDICT)), told)


def expression(name: bytes, *data: bytes) -> bytes:
    """Return one expression of a rule."""
    return netlink.nested(1, netlink.attribute(1, name + b"\0"), netlink.nested(2, *data))


def message(kind: int, flags: int, sequence: int, family: int, attributes: bytes, *, resource: int = 0) -> bytes:
    """Return one message of a batch; ``family`` is the table's."""
    return netlink.message(kind, flags | netlink.REQUEST, sequence, struct.pack("!BBH", family, 0, resource) + attributes)


def big(number: int) -> bytes:
    """Return a number as these messages hold it."""
    return struct.pack("!I", number)


_BATCH = batch()
