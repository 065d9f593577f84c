"""Addresses that the door's DNS makes up: one for each name, so that a plain connect says exactly where it wants to go.

A real address does not: many hosts share one at a front end, one host has many, and they change between question and
connect. What is made up is never looked up: the name is resolved, checked and dialled when somebody connects.

Both ranges are set aside for tests of network devices, so that no host of the internet has such an address: 198.18.0.0/15
(RFC 2544 appendix C.2.2) and 2001:2::/48 (RFC 5180 section 8). A name's IPv6 address ends in its IPv4 address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from vigiles.ruleset.egress import is_address, split_host_port
from vigiles.ruleset.profile import Egress

FOUR = ipaddress.IPv4Network("198.18.0.0/15")
SIX = ipaddress.IPv6Network("2001:2::/48")
#: How many names can have an address at a time, but for those that the profile lists; who was asked for longest ago is
#: forgotten first. Its address leads nowhere then, and comes again only when all others have had their turn.
MAX_NAMES = 16_384
_FIRST = int(FOUR.network_address) + 1
_ROOM = FOUR.num_addresses - 2
_MAX_LISTED = _ROOM - 2 * MAX_NAMES


class Synthetic:
    """The addresses of one cell. The names of a profile have theirs by their order in it, so they are the same in each
    cell; other names (in observe) by the order in which they are asked for.
    """

    def __init__(self, egress: Egress, tell: Callable[[str, str], None]) -> None:
        """``tell`` hears each address and its name before it is given out for the first time."""
        hosts = [split_host_port(entry)[0] for entry in egress.hosts]
        #: Addresses that the profile itself speaks of mean themselves.
        self._own = frozenset([*egress.pins.values(), *filter(is_address, hosts)])
        self._tell = tell
        self._names: dict[int, str] = {}
        self._places: dict[str, int] = {}
        self._next = self._after_listed = 0
        self._listed = self._in_order(host for host in hosts if not is_address(host))
        self._after_listed = self._next

    def _in_order(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self._free() for name in list(dict.fromkeys(names))[:_MAX_LISTED]}

    def give(self, name: str) -> tuple[str, str]:
        """Return the IPv4 and the IPv6 address of a canonical name."""
        place = self._listed.get(name)
        if place is None:
            place = self._places.pop(name, None)
            if place is None:
                place = self._free()
            self._places[name] = place
        if place not in self._names:
            self._names[place] = name
            for address in _addresses(place):
                self._tell(address, name)
            if len(self._places) > MAX_NAMES:
                del self._names[self._places.pop(next(iter(self._places)))]
        return _addresses(place)

    def covers(self, address: str) -> bool:
        """Say whether an address (in its usual notation) is one of those that are made up, given out or not."""
        return is_address(address) and address not in self._own and _in_range(ipaddress.ip_address(address))

    def name(self, address: str) -> str | None:
        """Return the name for which an address was given out, if it was."""
        if not self.covers(address):
            return None
        name = self._names.get((int(ipaddress.ip_address(address)) & 0xFFFF_FFFF) - _FIRST)
        return name if name is not None and address in self.give(name) else None

    def _free(self) -> int:
        """Return a place that no name has; each has its turn before one comes again."""
        for _ in range(_ROOM):
            place = self._next
            self._next = place + 1 if place + 1 < _ROOM else self._after_listed
            if place not in self._names and not self._own.intersection(_addresses(place)):
                return place
        raise LookupError("every synthetic address is taken")


def _addresses(place: int) -> tuple[str, str]:
    four = _FIRST + place
    return str(ipaddress.IPv4Address(four)), str(ipaddress.IPv6Address(int(SIX.network_address) + four))


def _in_range(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address in (SIX if isinstance(address, ipaddress.IPv6Address) else FOUR)
