"""The self-probe: inside a new cell, behind every wall of a call, do what must fail and report what happened.

``CHEAP`` is tried in every cell. ``FULL`` adds the attempts that cost a process each; what they find depends on the kernel
and the filter alone, so once per boot is enough.
"""

from __future__ import annotations

import msgspec

from vigiles.cell.attempt import Attempt, attempt
from vigiles.cell.attempts.files import FILES, HOST_ROOT, OWN_ROOT
from vigiles.cell.attempts.gates import GATES
from vigiles.cell.attempts.network import NETWORK
from vigiles.cell.attempts.processes import OTHER_UID, PROCESSES

#: Tried in every cell.
CHEAP: tuple[Attempt, ...] = (*NETWORK, *FILES, *PROCESSES)
#: Tried once per boot, kernel and filter.
FULL: tuple[Attempt, ...] = (*CHEAP, *GATES)


def report(*, full: bool, own_root: bool = False) -> bytes:
    """Try ``FULL`` or ``CHEAP`` and return the results as :func:`~vigiles.cell.attempt.read_report` takes them.

    ``own_root``: the workload is root inside, and its root is a private layer that it may change (``OWN_ROOT``).
    """
    chosen: tuple[Attempt, ...] = FULL if full else CHEAP
    if own_root:
        replaced = {one.name for one in (*HOST_ROOT, OTHER_UID)}
        chosen = (*(one for one in chosen if one.name not in replaced), *OWN_ROOT)
    return msgspec.json.encode(attempt(chosen))
