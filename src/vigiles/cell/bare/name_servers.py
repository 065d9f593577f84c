"""The name servers that programs of a cell of tier U- will ask: those of the host's resolv.conf, which is theirs too."""

from __future__ import annotations

import ipaddress

_RESOLV = "/etc/resolv.conf"
#: What the C library asks without a word there, resolv.conf(5).
_USUAL = "127.0.0.1"


def name_servers(path: str = _RESOLV) -> frozenset[str]:
    """Return their addresses in text form, an IPv4-mapped one as IPv4."""
    found = set()
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.split()
                if len(words) > 1 and words[0] == "nameserver":
                    found.add(_plain(words[1]))
    except OSError:
        pass
    return frozenset(found - {""} or {_USUAL})


def _plain(text: str) -> str:
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)
