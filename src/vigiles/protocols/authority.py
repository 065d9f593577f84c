"""``host:port`` as CONNECT, Host and http:// targets write it, split without judging the host.

The host is returned as written (brackets of an IPv6 literal removed); making it canonical, and refusing what has no
canonical form, is the ruleset's work. Userinfo is refused: nothing honest puts it here, and it hides the host from a reader.
"""

from __future__ import annotations

import re

from vigiles.protocols.malformed import Malformed

_PORT = re.compile(r"[0-9]{1,5}\Z")


def split_authority(text: str, default_port: int | None) -> tuple[str, int]:
    """Return (host, port). Raises :class:`Malformed`; a missing port is malformed when there is no default."""
    if not text.isascii() or any(character in text for character in "@/\\?#% \t\r\n\0"):
        raise Malformed("authority: a character that is not allowed")
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host or (rest and not rest.startswith(":")):
            raise Malformed("authority: not a bracketed address")
        port_text = rest[1:] if rest else None
    else:
        host, colon, after = text.partition(":")
        port_text = after if colon else None
    if not host:
        raise Malformed("authority: no host")
    if port_text is None:
        if default_port is None:
            raise Malformed("authority: no port")
        return host, default_port
    if not _PORT.match(port_text) or not 0 < int(port_text) < 65536:
        raise Malformed("authority: not a port")
    return host, int(port_text)


def split_absolute(target: str) -> tuple[str, int, str]:
    """Return (host, port, origin-form path) of an ``http://`` target. Raises :class:`Malformed`."""
    if target[:7].lower() != "http://":
        raise Malformed("authority: not an http:// target")
    rest = target[7:]
    if "#" in rest:
        raise Malformed("authority: a fragment in a target")
    cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    host, port = split_authority(rest[:cut], 80)
    path = rest[cut:]
    return host, port, path if path.startswith("/") else "/" + path
