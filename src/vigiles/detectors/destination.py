"""Where something wanted to go, under one name, so that all findings about one deed meet in one incident.

A connect shows an address, a flow a name, a command line either. What the cell's own DNS answers said joins them.
"""

from __future__ import annotations

import ipaddress

from vigiles.detectors.memory import Recent
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded


class Destinations:
    """Address -> the name last answered for it in this episode."""

    def __init__(self) -> None:
        self._names: Recent[str, str] = Recent(1024)

    def feed(self, record: Recorded) -> None:
        """Learn from DNS answers and from connects and flows that name their host."""
        if isinstance(record, DnsQuery):
            for address in record.answers:
                self._learn(address, record.name)
        elif isinstance(record, Connect):
            self._learn(record.address, record.host or record.address)
        elif isinstance(record, Flow):
            self._learn(record.address or record.host, record.host)

    def _learn(self, address: str, name: str) -> None:
        if not is_address(name):
            self._names.set(address, name.rstrip(".").lower())

    def named(self, address: str) -> bool:
        """Return whether a name was answered with this address."""
        return address in self._names

    def name(self, host: str) -> str:
        """Return the one name under which ``host`` (a name or an address) is spoken of."""
        return self._names.get(host) or host.rstrip(".").lower()

    def cause(self, call: int | None, host: str, port: int) -> str:
        """Return the cause of everything that one call does towards one host and port."""
        return f"egress:{'-' if call is None else call}:{self.name(host)}:{port}"


def is_address(host: str) -> bool:
    """Return whether ``host`` is an IP address in its usual notation."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
