"""The credentials of an episode: read where the profile says, each with a placeholder, told to the ledger by commitments.

A secret is read here, handed to the door, and is nowhere else: not in the cell, not in a record, not in an error.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vigiles.cell.door.messages import Entrusted
from vigiles.cell.spec import CellSpec
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.credential import CredentialsHeld, Placeholder
from vigiles.model.errors import ControlUnavailable
from vigiles.protocols.honey import token_of
from vigiles.protocols.veil import SHORTEST
from vigiles.ruleset.credential import Credential

_ALPHABET = string.ascii_letters + string.digits
_RANDOM = 40
_LONGEST = 4096
#: What a header can carry: printable ASCII, blanks only inside.
_SECRET = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
#: Folders of the host that a cell may see.
_SHOWN = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/etc")


@dataclass
class Held:
    """``environment`` and ``files`` (below the home) hold placeholders; ``record`` is what the ledger is told."""

    entrusted: list[Entrusted]
    salt: bytes
    record: CredentialsHeld
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def hold(
    wanted: Sequence[Credential], spec: CellSpec, coordinates: Coordinates, environ: Mapping[str, str] | None = None
) -> Held | None:
    """Read the secrets and make the placeholders; None where the profile has none.

    Raises :class:`ControlUnavailable` for a secret that is not there or cannot be kept: the episode does not start.
    """
    if not wanted:
        return None
    given = os.environ if environ is None else environ
    salt = secrets.token_bytes(16)
    entrusted = [Entrusted(credential=one, placeholder=_made(one), secret=_secret(one, spec, given)) for one in wanted]
    named = [
        Placeholder(token=token_of(one.credential.name, one.placeholder, salt), hosts=one.credential.hosts)
        for one in entrusted
    ]
    return Held(
        entrusted,
        salt,
        CredentialsHeld(id=new_id("crd"), at=now(), coordinates=coordinates, salt=salt.hex(), placeholders=named),
        {one.credential.variable: one.placeholder for one in entrusted if one.credential.variable},
        {one.credential.file: one.placeholder + "\n" for one in entrusted if one.credential.file},
    )


def _made(one: Credential) -> str:
    return one.prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))


def _secret(one: Credential, spec: CellSpec, given: Mapping[str, str]) -> str:
    if one.from_variable:
        value = given.get(one.from_variable)
        if not value:
            raise _unavailable(
                one, f"the variable {one.from_variable} is not set here", f"set {one.from_variable}, and start"
            )
        where = f"the variable {one.from_variable}"
    else:
        value, where = _read(one, spec), f"the file {one.from_file}"
    if not _SECRET.fullmatch(value) or not SHORTEST <= len(value) <= _LONGEST:
        what = f"{where} holds no secret of {SHORTEST} to {_LONGEST} printable ASCII characters on one line"
        raise _unavailable(one, what, "put the credential there, alone")
    return value


def _read(one: Credential, spec: CellSpec) -> str:
    path = os.path.realpath(os.path.expanduser(one.from_file))
    shown = [spec.workdir, spec.rootfs, *spec.read, *spec.write, *_SHOWN]
    if any(_within(path, os.path.realpath(folder)) for folder in shown if folder):
        remedy = "keep it in a folder that is not shown to agents, such as one of its own below your home"
        raise _unavailable(one, f"the cell would see {one.from_file}", remedy)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise _unavailable(one, f"{one.from_file}: {error.strerror}", "make the file, closed to others") from None
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise _unavailable(one, f"{one.from_file} is no file", "name a file that holds the credential alone")
        if status.st_mode & 0o077 or status.st_uid not in (0, os.geteuid()):
            raise _unavailable(one, f"{one.from_file} is open to others", f"close it: chmod 600 {one.from_file}")
        data = file.read(_LONGEST + 2)
    return data.decode("latin-1").rstrip("\r\n")


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _unavailable(one: Credential, what: str, remedy: str) -> ControlUnavailable:
    return ControlUnavailable(f"credential {one.name}", what, remedy)
