"""Command lines of tunnel tools that are not ssh: hints, never proof. Each is one weak vote.

The program's own name is not trusted (a copy has another), but who keeps the name has told us something.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

#: Program -> words of which one must be among its arguments (empty: the program alone is the hint).
TUNNEL_TOOLS: dict[str, frozenset[str]] = {
    "chisel": frozenset({"client", "server"}),
    "frpc": frozenset(),
    "ngrok": frozenset({"http", "tcp", "tls", "start", "tunnel", "service"}),
    "cloudflared": frozenset({"tunnel", "access"}),
    "bore": frozenset({"local"}),
    "gost": frozenset({"-L", "-F"}),
    "wstunnel": frozenset({"client", "-L", "-R"}),
    "rathole": frozenset(),
    "ligolo-agent": frozenset(),
    "iodine": frozenset(),
    "dnscat": frozenset(),
    "ptunnel": frozenset(),
    "tailscaled": frozenset(),
    "sshuttle": frozenset({"-r", "--remote"}),
    "lt": frozenset({"--port", "-p"}),
}
#: socat joins two addresses; a process or a second socket behind an outgoing one is a reverse shell or relay.
_SOCAT_OUT = re.compile(r"(?i)(tcp[46]?|openssl|ssl|socks4a?|socks5|proxy)(-connect)?:(?!localhost|127\.|\[::1)")
_SOCAT_IN = re.compile(r"(?i)(exec|system|shell|unix-connect):|pty\b|tcp[46]?(-connect)?:(localhost|127\.|\[::1)")


def tunnel_tool(exe: str, argv: Sequence[str]) -> str | None:
    """Return the tool's name where a process image is a known tunnel tool at work, else None."""
    words = list(argv[1:65])
    for name in (posixpath.basename(exe), posixpath.basename(argv[0]) if argv else ""):
        if name in ("socat", "ncat", "nc", "nc.openbsd", "nc.traditional"):
            return name if _relay(name, words) else None
        needed = TUNNEL_TOOLS.get(name)
        if needed is not None and (not needed or needed & {word.partition("=")[0] for word in words}):
            return name
    return None


def _relay(name: str, words: Sequence[str]) -> bool:
    if name == "socat":
        ends = [word for word in words if not word.startswith("-") or word == "-"][-2:]
        if len(ends) < 2:
            return False
        return any(_SOCAT_OUT.match(a) and _SOCAT_IN.match(b) for a, b in (ends, ends[::-1]))
    flags = "".join(word[1:] for word in words if word.startswith("-") and not word.startswith("--"))
    return ("e" in flags or "c" in flags or any(w in ("--exec", "--sh-exec") for w in words)) and "l" not in flags
