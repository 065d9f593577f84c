"""Who is notified: the tables ``[notify.NAME]`` of ``settings.toml``. A mistake is named by file and key, with a remedy."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from vigiles.ledger.home import Home
from vigiles.ledger.settings import load_table, wrong
from vigiles.model.errors import InputInvalid
from vigiles.model.finding import Severity

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: A shorter secret could be guessed from one signed message.
_LEAST_SECRET, _MOST_SECRET = 16, 4096
_Timeout = Annotated[int, msgspec.Meta(ge=1, le=300)]


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="webhook"):
    """POST each notice to ``url``. ``secret_file`` or ``secret_env`` names where the key of its signature is.

    ``least``: the least severity that is told. ``drills``: whether what a drill played is told too. ``ca_file``: trust these
    authorities only.
    """

    url: str
    secret_file: str | None = None
    secret_env: str | None = None
    ca_file: str | None = None
    least: Severity = "medium"
    drills: bool = False
    timeout_s: _Timeout = 10


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="command"):
    """Run ``argv`` (no shell; its first word is an absolute path) with each notice on standard input; exit 0 takes it."""

    argv: list[str]
    least: Severity = "medium"
    drills: bool = False
    timeout_s: _Timeout = 30


Receiver = Webhook | Command
_KINDS: dict[str, Any] = {"webhook": Webhook, "command": Command}


def kind_of(receiver: Receiver) -> Literal["webhook", "command"]:
    """Return the word that names the kind."""
    return "webhook" if isinstance(receiver, Webhook) else "command"


def target_of(receiver: Receiver) -> str:
    """Return where it delivers to, as a person may see it: a URL without its query, which may hold a token, or a program."""
    return receiver.url.partition("?")[0] if isinstance(receiver, Webhook) else receiver.argv[0]


def load_receivers(home: Home) -> dict[str, Receiver]:
    """Return the receivers of a home by their names; none without a settings file. Raises :class:`InputInvalid`."""
    return {name: _receiver(home.settings, name, table) for name, table in load_table(home, "notify").items()}


def secret_of(receiver: Webhook) -> bytes | None:
    """Return the key of its signatures, None where it has none. Raises :class:`InputInvalid`, never naming the secret."""
    if receiver.secret_env is not None:
        secret = os.environb.get(receiver.secret_env.encode())
        where = f"the environment variable {receiver.secret_env}"
        if secret is None:
            raise InputInvalid(f"{where} is not set", "Set it where Vigiles is started.")
    elif receiver.secret_file is not None:
        where = receiver.secret_file
        try:
            with open(where, "rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise InputInvalid(f"{where} is open to other users", f"Close it: chmod 600 {where}")
                secret = file.read(_MOST_SECRET + 1)
        except OSError as error:
            raise InputInvalid(f"cannot read {where}: {error.strerror}", "Make it a file that you can read.") from error
    else:
        return None
    secret = secret.strip()
    if not _LEAST_SECRET <= len(secret) <= _MOST_SECRET:
        what = f"{where} has {len(secret)} bytes: too few or too many for a secret"
        raise InputInvalid(what, "Make one: openssl rand -hex 32")
    return secret


def _receiver(path: Path, name: str, table: Any) -> Receiver:
    place = f"notify.{name}"
    if not _NAME.fullmatch(name):
        raise wrong(path, place, "not a name for a receiver", "Use small letters, digits and hyphens, at most 32.")
    if not isinstance(table, dict):
        raise wrong(path, place, "not a table", f"Write [notify.{name}] and its keys below.")
    kind = table.get("kind")
    if kind not in _KINDS:
        what = "missing" if kind is None else f"{kind!r} is no kind"
        raise wrong(path, f"{place}.kind", what, 'Write kind = "webhook" or kind = "command".')
    try:
        receiver: Receiver = msgspec.convert(table, _KINDS[kind])
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        known = ", ".join(_KINDS[kind].__struct_fields__)
        at = f"{place}.{where.rstrip('`')}" if where else place
        raise wrong(path, at, what, f"Keys of a {kind}: kind, {known}.") from error
    if isinstance(receiver, Webhook):
        _check_webhook(path, place, receiver)
    elif not receiver.argv or not receiver.argv[0].startswith("/") or any("\0" in word for word in receiver.argv):
        raise wrong(path, f"{place}.argv", "not a command", 'Write the program with its whole path: ["/usr/bin/mail", ...].')
    return receiver


def _check_webhook(path: Path, place: str, webhook: Webhook) -> None:
    url = urlsplit(webhook.url)
    try:
        port_is_one = url.port is None or url.port > 0
    except ValueError:
        port_is_one = False
    plain = webhook.url.isascii() and webhook.url.isprintable() and " " not in webhook.url
    if (
        not plain
        or not url.hostname
        or not port_is_one
        or url.scheme not in ("http", "https")
        or url.username
        or url.fragment
    ):
        raise wrong(path, f"{place}.url", "not an address to send to", "Write https://HOST/PATH.")
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise wrong(path, f"{place}.url", "http to another machine", "Write https; http is for this machine only.")
    if webhook.secret_file is not None and webhook.secret_env is not None:
        raise wrong(path, place, "two secrets", "Keep secret_file or secret_env, not both.")
    if webhook.secret_env is not None and not _VARIABLE.fullmatch(webhook.secret_env):
        raise wrong(path, f"{place}.secret_env", "not a variable's name", "Write its name only, never the secret.")
    for key in ("ca_file", "secret_file"):
        named = getattr(webhook, key)
        if named is not None and not named.startswith("/"):
            raise wrong(path, f"{place}.{key}", "not an absolute path", "Begin it with /.")
