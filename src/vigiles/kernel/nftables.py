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

from vigiles.kernel import netlink

TABLE = b"vigiles"
_NETLINK_NETFILTER = 12
_SUBSYSTEM = 10
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_TABLE, _NEW_CHAIN, _NEW_RULE = (_SUBSYSTEM << 8 | kind for kind in (0, 3, 6))
_UNSPECIFIED, _INET = 0, 1
_DROP, _ACCEPT = 0, 1
_HOOKS = {b"input": 1, b"forward": 2, b"output": 3}
_REGISTER_VERDICT, _REGISTER_1 = 0, 1
_META_IIF, _META_OIF = 4, 5
#: The kernel gives the loopback device this index in every namespace; a name can be changed, an index cannot.
_LOOPBACK_INDEX = 1


def drop_by_default() -> None:
    """Drop every packet in this network namespace that does not pass the loopback device, both families, all directions.

    Makes the table ``inet vigiles`` with the chains input, output and forward. Call it only in a namespace of one's own: it
    cuts whoever lives in this one off. Raises OSError: EPERM without CAP_NET_ADMIN over the namespace, EEXIST if the table
    is there already, EOPNOTSUPP or EPROTONOSUPPORT where the kernel has no nftables.
    """
    try:
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
    except OSError as error:
        raise OSError(error.errno, f"nftables: {os.strerror(error.errno or 0)}") from error
    with link:
        link.send(_BATCH)
        _take_answers(link)


def _take_answers(link: socket.socket) -> None:
    """Read until the last rule is acknowledged. The kernel answers within the send, and a no comes before that yes."""
    while True:
        try:
            data = link.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError as error:
            raise OSError(error.errno, "nftables: the kernel gave no answer") from error
        for answer in netlink.messages(data):
            if answer.kind != netlink.ERROR:
                continue
            netlink.check(answer, f"nftables: {STEPS[answer.sequence] if answer.sequence < len(STEPS) else 'batch'}")
            if answer.sequence == len(STEPS) - 2:
                return


def batch() -> bytes:
    """Return the whole transaction as one send. Message number N, from 0, is step N of :data:`STEPS`."""
    made = [_message(_BATCH_BEGIN, 0, 0, _UNSPECIFIED, b"", resource=_SUBSYSTEM)]
    made.append(_message(_NEW_TABLE, netlink.CREATE | netlink.EXCLUSIVE, 1, _INET, table()))
    for name in _HOOKS:
        made.append(_message(_NEW_CHAIN, netlink.CREATE, len(made), _INET, chain(name)))
    made.append(_message(_NEW_RULE, netlink.CREATE, len(made), _INET, accept_loopback(b"input", _META_IIF)))
    made.append(_message(_NEW_RULE, netlink.CREATE | netlink.ACK, len(made), _INET, accept_loopback(b"output", _META_OIF)))
    made.append(_message(_BATCH_END, 0, len(made), _UNSPECIFIED, b"", resource=_SUBSYSTEM))
    return b"".join(made)


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


def table() -> bytes:
    """Return the attributes of the table."""
    return netlink.attribute(1, TABLE + b"\0")


def chain(name: bytes) -> bytes:
    """Return the attributes of a filter chain on the hook of its name, priority 0, policy drop."""
    hook = netlink.nested(4, netlink.attribute(1, _big(_HOOKS[name])), netlink.attribute(2, _big(0)))
    return b"".join(
        [
            netlink.attribute(1, TABLE + b"\0"),
            netlink.attribute(3, name + b"\0"),
            hook,
            netlink.attribute(5, _big(_DROP)),
            netlink.attribute(7, b"filter\0"),
        ]
    )


def accept_loopback(name: bytes, key: int) -> bytes:
    """Return the attributes of a rule in chain ``name``: if meta ``key`` (an interface's index) is loopback's, accept."""
    load = _expression(b"meta", netlink.attribute(1, _big(_REGISTER_1)), netlink.attribute(2, _big(key)))
    # A register holds an interface's index in the machine's own byte order, all numbers around it are big-endian.
    index = netlink.nested(3, netlink.attribute(1, struct.pack("=I", _LOOPBACK_INDEX)))
    equal = _expression(b"cmp", netlink.attribute(1, _big(_REGISTER_1)), netlink.attribute(2, _big(0)), index)
    verdict = netlink.nested(2, netlink.nested(2, netlink.attribute(1, _big(_ACCEPT))))
    accept = _expression(b"immediate", netlink.attribute(1, _big(_REGISTER_VERDICT)), verdict)
    return b"".join(
        [
            netlink.attribute(1, TABLE + b"\0"),
            netlink.attribute(2, name + b"\0"),
            netlink.nested(4, load, equal, accept),
        ]
    )


def _expression(name: bytes, *data: bytes) -> bytes:
    return netlink.nested(1, netlink.attribute(1, name + b"\0"), netlink.nested(2, *data))


def _message(kind: int, flags: int, sequence: int, family: int, attributes: bytes, *, resource: int = 0) -> bytes:
    return netlink.message(kind, flags | netlink.REQUEST, sequence, struct.pack("!BBH", family, 0, resource) + attributes)


def _big(number: int) -> bytes:
    return struct.pack("!I", number)


_BATCH = batch()
