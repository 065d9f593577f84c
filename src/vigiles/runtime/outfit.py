"""From a profile to the plain values a cell is made of: what it sees, its environment, its limits."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import which
from typing import Literal

from vigiles.cell.listeners import PROXY_PORT
from vigiles.cell.shim import interpreter
from vigiles.cell.spec import CellSpec, Limits
from vigiles.cell.view import SHELLS
from vigiles.model.errors import ControlUnavailable, InputInvalid
from vigiles.ruleset.egress import is_address, split_host_port
from vigiles.ruleset.profile import Egress, Profile

HOME = "/home/agent"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROXY = f"http://127.0.0.1:{PROXY_PORT}"
_OWN = ("HOME", "USER", "LOGNAME", "SHELL", "TMPDIR")
#: When the supervisor is root its cells run as this uid and gid; a uid for each cell is tier R.
CELL_UID = 1_879_048_193


def cell_spec(profile: Profile, run: str, episode: str, workdir: Path, *, extra_read: list[str]) -> CellSpec:
    """Return the cell of one episode. Raises :class:`InputInvalid` for a work directory that cannot be one.

    Raises :class:`ControlUnavailable` if the profile needs a tier that this version does not reach.
    """
    if profile.tier not in ("U", "U-"):
        raise ControlUnavailable(
            f"tier {profile.tier}", "this version reaches tier U", "use a profile with tier U, or wait for tier R"
        )
    path = os.path.realpath(workdir)
    if not os.path.isdir(path):
        raise InputInvalid(f"the work directory {path} is not a directory", "Give an existing directory.")
    if path in ("/", "/tmp", "/home", "/root", "/usr", "/etc", "/var", str(Path.home())):
        raise InputInvalid(
            f"{path} cannot be a work directory: it holds more than one project",
            "Run in the folder of the project, or make one: mkdir work && cd work.",
        )
    root = os.geteuid() == 0
    return CellSpec(
        run=run,
        episode=episode,
        uid=CELL_UID if root else os.geteuid(),
        gid=CELL_UID if root else os.getegid(),
        host_root=root,
        workdir=path,
        workdir_mode=profile.files.workdir,
        read=_readable(profile, extra_read),
        write=[_expand(item) for item in profile.files.write],
        tmp_bytes=profile.files.tmp_bytes,
        tmp_inodes=profile.files.tmp_inodes,
        home=HOME,
        network=profile.egress.mode != "none",
        redirect=_redirect(profile.egress),
        reachable=sorted({*profile.egress.pins.values(), *_listed_addresses(profile.egress)}),
        tier="U",
    )


def _redirect(egress: Egress) -> Literal["none", "listed", "all"]:
    if egress.mode == "observe":
        return "all"
    return "listed" if egress.mode == "allow" and egress.transparent else "none"


def _listed_addresses(egress: Egress) -> list[str]:
    """Return the hosts of the profile that are addresses already."""
    hosts = [split_host_port(item)[0] for item in egress.hosts]
    return [host for host in hosts if is_address(host)]


def environment(profile: Profile, extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of a call: allowed names of ours, our own names, the profile's, the caller's."""
    values = {name: os.environ[name] for name in profile.environment.allow if name in os.environ and name not in _OWN}
    values.setdefault("PATH", _PATH)
    values.setdefault("LANG", "C.UTF-8")
    values |= {"HOME": HOME, "USER": "agent", "LOGNAME": "agent", "SHELL": "/bin/sh", "TMPDIR": "/tmp"}
    if profile.egress.mode != "none":
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            values[name] = _PROXY
        values["no_proxy"] = values["NO_PROXY"] = "localhost,127.0.0.1,::1"
    return values | profile.environment.set | (extra or {})


def limits(profile: Profile) -> Limits:
    """Return the kernel's limits for one call.

    A file in memory (memfd) is not private memory: where memory has a limit, no file may be larger than the private disk.
    """
    budgets, files = profile.budgets, profile.files
    on_disk = files.workdir == "direct" or bool(files.write)
    return Limits(
        processes=budgets.processes or 0,
        memory_bytes=budgets.memory_bytes or 0,
        cpu_seconds=budgets.cpu_seconds_call or 0,
        open_files=budgets.open_files or 0,
        file_bytes=files.tmp_bytes if budgets.memory_bytes and not on_disk else 0,
    )


def installation_of(command: str) -> list[str]:
    """Return what must be readable for ``command`` to run where it is not part of the system: its folder or prefix.

    A program at PREFIX/bin/NAME (also behind a link) brings PREFIX, unless PREFIX is a home directory or the root.
    """
    found = which(command)
    if found is None:
        return []
    brought = []
    for path in {os.path.abspath(found), os.path.realpath(found)}:
        folder = os.path.dirname(path)
        prefix = os.path.dirname(folder) if os.path.basename(folder) in ("bin", "sbin", "shims") else folder
        if prefix in ("/", str(Path.home())) or prefix.startswith(("/usr", "/bin", "/sbin", "/lib", "/opt")):
            prefix = folder if prefix == str(Path.home()) else ""
        if prefix:
            brought.append(prefix)
    return brought


def as_executed(argv: list[str]) -> list[str]:
    """Return ``argv`` with a shell script's shell put before it.

    For the agent's root process: the kernel would find the shim in the shell's place, and the whole agent would become one
    call of its own shim.
    """
    found = which(argv[0])
    if found is None:
        return argv
    try:
        with open(found, "rb") as file:
            first = file.readline(256)
    except OSError:
        return argv
    words = first[2:].split()
    if not first.startswith(b"#!") or not words:
        return argv
    interpreter = words[1] if words[0].endswith(b"/env") and len(words) > 1 else words[0]
    shell = os.path.basename(os.fsdecode(interpreter))
    return [shell, os.path.abspath(found), *argv[1:]] if shell in SHELLS else argv


def _readable(profile: Profile, extra: list[str]) -> list[str]:
    """Return further paths to show, ours first: the interpreter that the shim and Python agents run on."""
    ours = [os.path.dirname(os.path.dirname(interpreter())), sys.base_prefix, sys.prefix]
    wanted = [*ours, *(_expand(item) for item in profile.files.read), *extra]
    kept: list[str] = []
    for path in wanted:
        if path != "/" and path not in kept:
            kept.append(path)
    return kept


def _expand(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))
