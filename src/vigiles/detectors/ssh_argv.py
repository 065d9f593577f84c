"""What an ssh command line asks for, read with each client's real option string.

Sources: the getopt strings of OpenSSH 9 (ssh.c), autossh 1.4 (autossh.c), dropbear 2022 (cli-runopts.c) and plink's manual.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from vigiles.detectors.getopt import getopt_around_host

SSH_LETTERS = "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy"
AUTOSSH_LETTERS = "M:" + SSH_LETTERS.replace("M", "")
DBCLIENT_LETTERS = "46tTNfysgAakqvVhzxc:m:b:p:l:i:L:R:B:J:K:I:o:W:D:"

_KEYWORD = re.compile(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)", re.DOTALL)
#: ``[bind:]port:host:port``, ``[bind:]port``: what follows -R. Used for programs of unknown name only.
_FORWARD = re.compile(r"(?:[^\s:/@=]*:)?\d{1,5}:[^\s:/@=]+:\d{1,5}")


class SshCommand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was asked: forwards by direction as written, the destination, and how the client is to behave.

    ``harmless``: the command only prints something or talks to a running master without adding a forward.
    """

    client: str
    host: str | None = None
    port: int = 22
    remote: list[str] = []
    dynamic: list[str] = []
    local: list[str] = []
    tunnel: bool = False
    no_command: bool = False
    background: bool = False
    config: str | None = None
    proxied: bool = False
    harmless: bool = False


_CLIENTS = {"ssh": SSH_LETTERS, "slogin": SSH_LETTERS, "autossh": AUTOSSH_LETTERS, "dbclient": DBCLIENT_LETTERS}


def client_name(exe: str, argv: Sequence[str]) -> str | None:
    """Return which ssh client a process image is, by file name or by argv[0]; None for another program."""
    names = [posixpath.basename(exe), posixpath.basename(argv[0]) if argv else ""]
    return next((name for name in names if name in _CLIENTS or name == "plink"), None)


def parse_ssh(client: str, argv: Sequence[str]) -> SshCommand:
    """Return what ``argv`` (with argv[0]) asks of ``client``. Never raises: what the client would refuse is not there."""
    if client == "plink":
        return _plink(argv[1:])
    options, host, _ = getopt_around_host(argv[1:], _CLIENTS[client])
    return _collect(client, options, host)


def forward_like(argv: Sequence[str]) -> bool:
    """Return whether a program of any name is given ``-R [bind:]port:host:port``, as a renamed ssh would be."""
    options, host, _ = getopt_around_host(argv[1:65], SSH_LETTERS)
    return host is not None and any(letter == "R" and _FORWARD.fullmatch(value or "") for letter, value in options)


@dataclass
class _Asked:
    """What the options say so far; a port that was given once stays. ``control``: the last command to a running master."""

    host: str | None
    port: int | None = None
    forwards: dict[str, list[str]] = field(default_factory=lambda: {"remote": [], "dynamic": [], "local": []})
    tunnel: bool = False
    no_command: bool = False
    background: bool = False
    proxied: bool = False
    harmless: bool = False
    config: str | None = None
    control: str = "forward"


_FORWARDS = {"R": "remote", "D": "dynamic", "L": "local"}
_FORWARD_KEYWORDS = {"remoteforward": "remote", "dynamicforward": "dynamic", "localforward": "local"}


def _collect(client: str, options: Sequence[tuple[str, str | None]], host: str | None) -> SshCommand:
    asked = _Asked(host)
    for letter, value in options:
        if letter == "o":
            _setting(asked, *_keyword(value or ""))
        else:
            _letter(asked, client, letter, value or "")
    name, uri_port = _destination(asked.host)
    return SshCommand(
        client=client,
        host=name,
        port=asked.port or uri_port or 22,
        remote=asked.forwards["remote"],
        dynamic=asked.forwards["dynamic"],
        local=asked.forwards["local"],
        tunnel=asked.tunnel,
        no_command=asked.no_command,
        background=asked.background,
        config=asked.config,
        proxied=asked.proxied,
        harmless=asked.harmless or asked.control != "forward",
    )


def _letter(asked: _Asked, client: str, letter: str, value: str) -> None:
    if letter in _FORWARDS:
        asked.forwards[_FORWARDS[letter]].append(value)
    elif letter == "w" and client != "dbclient":
        asked.tunnel = True
    elif letter == "N":
        asked.no_command = True
    elif letter == "f":
        asked.background = True
    elif letter == "F":
        asked.config = value
    elif letter == "p":
        asked.port = asked.port if asked.port is not None else _port(value)
    elif letter == "J":
        asked.proxied = True
    elif letter == "O":
        asked.control = value
    elif letter in "GVQ" and client != "dbclient":
        asked.harmless = True


def _setting(asked: _Asked, keyword: str, value: str) -> None:
    if keyword in _FORWARD_KEYWORDS:
        asked.forwards[_FORWARD_KEYWORDS[keyword]].append(value)
    elif keyword == "tunnel":
        asked.tunnel = value.lower() not in ("no", "false")
    elif keyword == "port":
        asked.port = asked.port if asked.port is not None else _port(value)
    elif keyword == "hostname":
        asked.host = value
    elif keyword in ("proxycommand", "proxyjump"):
        asked.proxied = value.lower() != "none"
    elif keyword == "sessiontype":
        asked.no_command = value.lower() == "none"
    elif keyword == "forkafterauthentication":
        asked.background = value.lower() in ("yes", "true")


def _plink(words: Sequence[str]) -> SshCommand:
    """Read plink's words: single options and long ones with one dash, ``-P`` for the port."""
    found: dict[str, list[str]] = {"-R": [], "-D": [], "-L": []}
    host: str | None = None
    port = 22
    index = 0
    while index < len(words):
        word, value = words[index], words[index + 1] if index + 1 < len(words) else ""
        if word in found:
            found[word].append(value)
            index += 1
        elif word in ("-P", "-l", "-pw", "-pwfile", "-i", "-m", "-hostkey", "-load", "-proxycmd", "-nc"):
            port = (_port(value) or port) if word == "-P" else port
            index += 1
        elif not word.startswith("-") and host is None:
            host = word
        index += 1
    name, _ = _destination(host)
    return SshCommand(
        client="plink",
        host=name,
        port=port,
        remote=found["-R"],
        dynamic=found["-D"],
        local=found["-L"],
        no_command="-N" in words,
        proxied="-proxycmd" in words,
    )


def _keyword(text: str) -> tuple[str, str]:
    """Split ``Keyword value`` or ``Keyword=value`` as ssh_config(5) does; names are case-insensitive."""
    match = _KEYWORD.fullmatch(text)
    return (match[1].lower(), match[2].strip().strip('"')) if match else ("", "")


def _destination(host: str | None) -> tuple[str | None, int | None]:
    """Return (host, port) of ``[user@]host``, ``ssh://[user@]host[:port]``."""
    if host is None:
        return None, None
    port = None
    if host.startswith("ssh://"):
        host = host[6:].split("/", 1)[0]
        head, colon, tail = host.rpartition(":")
        if colon and _port(tail) and not tail.endswith("]"):
            host, port = head, _port(tail)
    return host.rpartition("@")[2].strip("[]").lower() or None, port


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536 else None
