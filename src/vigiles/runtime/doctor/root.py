"""What else tier R is made of: a uid for each cell, and a packet filter in its network namespace."""

from __future__ import annotations

import os

from vigiles.cell.groups import new_name
from vigiles.kernel import namespaces, nftables
from vigiles.runtime.doctor.child import in_child
from vigiles.runtime.doctor.row import Row, for_root, tried
from vigiles.runtime.tier_r import TierR

_UID = ("uid per cell", "one cell's files and signals are no other's")
_FILTER = ("nftables", "drops what is not loopback, as a second wall")


def uid_row() -> Row:
    """Open tier R as a run does, and borrow a uid: so a run that finds no tier R finds the reason here."""
    if (row := for_root(*_UID, "R")) is not None:
        return row
    detail, error = in_child(_borrow, drop=False)
    return tried(_UID[0], error, _UID[1], "make /run writable for root; see the other rows of tier R", "R", detail)


def _borrow() -> str:
    tier = TierR.open(new_name())
    try:
        uid = tier.uids.take()
        os.write(1, f"uid {uid} is free".encode())
        tier.uids.give(uid)
    finally:
        tier.close()
    return ""


def filter_row() -> Row:
    """Lay the cell's packet filter in a network namespace of its own."""
    if (row := for_root(*_FILTER, "R")) is not None:
        return row
    error = in_child(_drop, drop=False)[1]
    more = "a kernel with CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET (modprobe nf_tables)"
    return tried(_FILTER[0], error, _FILTER[1], more, "R", "a table was made")


def _drop() -> str:
    namespaces.unshare(namespaces.NEWNET)
    nftables.drop_by_default()
    return ""
