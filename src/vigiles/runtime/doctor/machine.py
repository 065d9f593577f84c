"""The machine itself: its system call table, its clocks and its root certificates."""

from __future__ import annotations

import ssl
import time

from vigiles.kernel import syscall
from vigiles.runtime.doctor.row import Row, tried

#: Where nobody has run Vigiles yet.
_ONLY_TABLES = {"aarch64": "its table is checked against the kernel's; Vigiles never ran on such a machine"}


def machine_row() -> Row:
    """Say whether the filter knows this machine's calls, and how well that is known."""
    error = None
    try:
        detail = syscall.here().machine
    except KeyError as unknown:
        error, detail = str(unknown.args[0]), ""
    if detail in _ONLY_TABLES:
        detail = f"{detail}: {_ONLY_TABLES[detail]}"
    why = "the filter knows calls by number"
    return tried("system call table", error, why, "run a 64-bit Python on x86_64 or aarch64", "U-", detail)


def clock_row() -> Row:
    """Say whether both clocks go."""
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    time.sleep(0.001)
    passed = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - before
    error = None if passed > 0 and time.time() > 1_600_000_000 else "the wall clock is before 2020 or the clock stands"
    return tried("clocks", error, "records carry wall and monotonic time", "set the clock (timedatectl)", None)


def roots_row() -> Row:
    """Say how many root certificates the machine trusts: a door that terminates TLS knows real hosts by them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    count = len(context.get_ca_certs())
    folder = ssl.get_default_verify_paths().capath
    # Roots in a folder are read as they are asked for, and not counted.
    error = None if count or folder else "this machine has none"
    why = "where a profile terminates TLS, the door knows real hosts by them"
    more = "install your system's package of them (ca-certificates), or name files in egress.trust"
    return tried("root certificates", error, why, more, None, f"{count} in a bundle" if count else f"in {folder}")
