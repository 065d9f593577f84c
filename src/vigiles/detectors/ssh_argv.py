"""What an ssh command line asks for, read with each client's real option string.

Sources: the getopt strings of OpenSSH 9 (ssh.c), autossh 1.4 (autossh.c), dropbear 2022 (cli-runopts.c) and plink's manual.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

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


def _collect(client: str, options: Sequence[tuple[str, str | None]], host: str | None) -> SshCommand:
    remote, dynamic, local = [], [], []
    port: int | None = None
    tunnel = no_command = background = proxied = harmless = False
    config = control = None
    for letter, value in options:
        text = value or ""
        if letter == "R":
            remote.append(text)
        elif letter == "D":
            dynamic.append(text)
        elif letter == "L":
            local.append(text)
        elif letter == "w" and client != "dbclient":
            tunnel = True
        elif letter == "N":
            no_command = True
        elif letter == "f":
            background = True
        elif letter == "F":
            config = text
        elif letter == "p":
            port = port if port is not None else _port(text)
        elif letter == "J":
            proxied = True
        elif letter == "O":
            control = text
        elif letter in "GVQ" and client != "dbclient":
            harmless = True
        elif letter == "o":
            keyword, setting = _keyword(text)
            if keyword == "remoteforward":
                remote.append(setting)
            elif keyword == "dynamicforward":
                dynamic.append(setting)
            elif keyword == "localforward":
                local.append(setting)
            elif keyword == "tunnel":
                tunnel = setting.lower() not in ("no", "false")
            elif keyword == "port":
                port = port if port is not None else _port(setting)
            elif keyword in ("hostname",):
                host = setting
            elif keyword in ("proxycommand", "proxyjump"):
                proxied = setting.lower() != "none"
            elif keyword == "sessiontype":
                no_command = setting.lower() == "none"
            elif keyword == "forkafterauthentication":
                background = setting.lower() in ("yes", "true")
    name, uri_port = _destination(host)
    return SshCommand(
        client=client,
        host=name,
        port=port or uri_port or 22,
        remote=remote,
        dynamic=dynamic,
        local=local,
        tunnel=tunnel,
        no_command=no_command,
        background=background,
        config=config,
        proxied=proxied,
        harmless=harmless or (control is not None and control != "forward"),
    )


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
