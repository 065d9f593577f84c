"""From a profile to the plain values a cell is made of: what it sees, its environment, its limits."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Literal

import msgspec

from vigiles.cell import trust as cell_trust
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.listeners import PROXY_PORT
from vigiles.cell.shim import interpreter
from vigiles.cell.spec import CellSpec, Limits
from vigiles.cell.view import SHELLS
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ControlUnavailable, InputInvalid
from vigiles.ruleset.egress import is_address, split_host_port
from vigiles.ruleset.profile import Egress, Profile, Tier
from vigiles.runtime.outfitting import trust
from vigiles.runtime.outfitting.own_root import HOME as ROOT_HOME
from vigiles.runtime.outfitting.own_root import on_own_root

HOME = "/home/agent"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Where a system's programs live; every cell shows these anyway.
_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/lib", "/opt/")
#: Entries of a folder that are looked at before a start.
_LOOKED_AT = 200_000
_PROXY = f"http://127.0.0.1:{PROXY_PORT}"
_OWN = ("HOME", "USER", "LOGNAME", "SHELL", "TMPDIR")
#: When the supervisor is root its cells run as this uid and gid, in tier R as the lowest from here on that is free.
CELL_UID, CELL_UIDS = 1_879_048_193, 4096


def cell_spec(
    profile: Profile,
    run: str,
    episode: str,
    workdir: Path,
    *,
    extra_read: list[str],
    shim: bool = False,
    rootfs: Path | None = None,
    root_inside: bool = False,
) -> CellSpec:
    """Return the cell of one episode, as tier U has it.

    Raises InputInvalid for a work directory, or a ``rootfs``, that cannot be one.
    """
    path = os.path.realpath(workdir)
    if not os.path.isdir(path):
        raise InputInvalid(f"the work directory {path} is not a directory", "Give an existing directory.")
    if path in ("/", "/tmp", "/home", "/root", "/usr", "/etc", "/var", str(Path.home())):
        raise InputInvalid(
            f"{path} cannot be a work directory: it holds more than one project",
            "Run in the folder of the project, or make one: mkdir work && cd work.",
        )
    prepared = prepared_spec(profile, extra_read, shim=shim, interpreters=rootfs is None)
    spec = msgspec.structs.replace(prepared, run=run, episode=episode, workdir=path)
    return on_own_root(spec, rootfs, root_inside=root_inside)


def prepared_spec(profile: Profile, extra_read: list[str], *, shim: bool, interpreters: bool = True) -> CellSpec:
    """Return what all cells of a profile have in common, as tier U has it: no episode, no work directory.

    ``interpreters``: show the Python that Vigiles runs on.
    """
    root = os.geteuid() == 0
    return CellSpec(
        run="",
        episode="",
        uid=CELL_UID if root else os.geteuid(),
        gid=CELL_UID if root else os.getegid(),
        host_root=root,
        workdir="",
        workdir_mode=profile.files.workdir,
        read=_readable(profile, extra_read, _interpreters() if interpreters else ()),
        bound=list(_interpreters()),
        write=[_expand(item) for item in profile.files.write],
        tmp_bytes=profile.files.tmp_bytes,
        tmp_inodes=profile.files.tmp_inodes,
        home=HOME,
        network=profile.egress.mode != "none",
        redirect=_redirect(profile.egress),
        reachable=sorted({*profile.egress.pins.values(), *_listed_addresses(profile.egress)}),
        shim=shim,
        tier="U",
    )


def door_config(profile: Profile, coordinates: Coordinates) -> DoorConfig:
    """Return what a cell's door is told. Raises :class:`InputInvalid` for roots that cannot be read."""
    budgets = profile.budgets
    return DoorConfig(
        coordinates=coordinates,
        egress=profile.egress,
        egress_bytes_call=budgets.egress_bytes_call,
        egress_bytes_episode=budgets.egress_bytes_episode,
        ingress_bytes_call=budgets.ingress_bytes_call,
        flow_seconds=budgets.flow_seconds,
        sent_per_received=budgets.sent_per_received,
        sent_floor_bytes=budgets.sent_floor_bytes,
        exfil_bytes_call=budgets.exfil_bytes_call,
        exfil_dns_bytes_call=budgets.exfil_dns_bytes_call,
        trust=trust.roots(profile.egress),
    )


def in_tier_r(spec: CellSpec, uid: int, *, denials: bool) -> CellSpec:
    """Return the cell as tier R has it: a uid of its own, and a firewall.

    ``denials``: what Landlock refuses is recorded.
    """
    return msgspec.structs.replace(spec, uid=uid, gid=uid, firewall=True, denials=denials, tier="R")


def reached(profile: Profile, wanted: Tier | None, best: ControlUnavailable | None) -> Tier:
    """Return the tier that an episode gets: ``wanted``, else the best that there is. ``best``: why it is not R; None: it is.

    Raises :class:`ControlUnavailable` if that is below what is wanted or what the profile needs.
    """
    budgeted = profile.budgets.memory_bytes_cell is not None
    tier: Tier = wanted if wanted is not None else "R" if best is None else "U"
    if tier not in ("U", "R") or profile.tier == "V":
        raise ControlUnavailable(
            f"tier {profile.tier if profile.tier == 'V' else tier}", "this version has tiers U-, U and R", "use one of these"
        )
    if tier == "R" and best is not None:
        raise best
    if profile.files.denials and tier == "U":
        raise best or ControlUnavailable("Landlock denials", "only tier R has them", "drop --tier U, or files.denials")
    if budgeted and tier == "U":
        raise best or ControlUnavailable("total memory limit", "only tier R has it", "drop --tier U, or the budget")
    if profile.tier == "R" and tier == "U":
        raise best or ControlUnavailable("tier R", "the profile needs it and tier U was asked for", "drop --tier U")
    return tier


def _redirect(egress: Egress) -> Literal["none", "listed", "all"]:
    if egress.mode == "observe":
        return "all"
    return "listed" if egress.mode == "allow" and egress.transparent else "none"


def _listed_addresses(egress: Egress) -> list[str]:
    """Return the hosts of the profile that are addresses already."""
    hosts = [split_host_port(item)[0] for item in egress.hosts]
    return [host for host in hosts if is_address(host)]


def environment(profile: Profile, extra: dict[str, str] | None = None, spec: CellSpec | None = None) -> dict[str, str]:
    """Return the whole environment of a call: allowed names of ours, our own names, the profile's, the caller's.

    In a cell (``spec``) with a root of its own this process's PATH means nothing.
    """
    values = {name: os.environ[name] for name in profile.environment.allow if name in os.environ and name not in _OWN}
    if spec is not None and spec.rootfs:
        values.pop("PATH", None)
    values.setdefault("PATH", _PATH)
    values.setdefault("LANG", "C.UTF-8")
    who, home = ("root", ROOT_HOME) if spec is not None and spec.root_inside else ("agent", HOME)
    values |= {"HOME": home, "USER": who, "LOGNAME": who, "SHELL": "/bin/sh", "TMPDIR": "/tmp"}
    if profile.egress.mode != "none":
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            values[name] = _PROXY
        values["no_proxy"] = values["NO_PROXY"] = "localhost,127.0.0.1,::1"
    given = profile.environment.set | (extra or {})
    known = {} if spec is None else cell_trust.environment(spec, given)
    # An option of Java's is added to ours; any other name that is given is given for a reason.
    return values | known | given | {name: known[name] for name in ("JAVA_TOOL_OPTIONS",) if name in known}


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
    """Return what must be readable for ``command`` to run where it is not part of the system.

    The program's own folder or, for PREFIX/bin/NAME, PREFIX, also behind a link; but never a folder that holds more than one
    program's things: of a home, ``~/.local``, or anything above them, only the program itself is shown.
    """
    found = which(command)
    if found is None:
        return []
    brought: list[str] = []
    for path in dict.fromkeys((os.path.abspath(found), os.path.realpath(found))):
        if path.startswith(_SYSTEM):
            continue
        folder = os.path.dirname(path)
        prefix = os.path.dirname(folder) if os.path.basename(folder) in ("bin", "sbin", "shims") else folder
        brought.append(path if _is_shared(prefix) else prefix)
    return brought


def _is_shared(folder: str) -> bool:
    """Say whether a folder is a home, the place in it where many programs live, or above either."""
    home = os.path.realpath(Path.home())
    shared = (home, f"{home}/.local", f"{home}/.config", f"{home}/.cache")
    real = os.path.realpath(folder)
    return any(place == real or place.startswith(real.rstrip("/") + "/") for place in shared)


def keep_home_out(home: Path, spec: CellSpec) -> None:
    """Refuse a cell that would show the ledger, its key or our sockets: nothing shown may hold the home or lie in it.

    Raises :class:`InputInvalid` naming the path.
    """
    ours = os.path.realpath(home)
    for path in (spec.workdir, *([spec.rootfs] if spec.rootfs else []), *spec.read, *spec.write):
        real = os.path.realpath(path)
        if real == ours or ours.startswith(real.rstrip("/") + "/") or real.startswith(ours + "/"):
            raise InputInvalid(
                f"the cell would show {ours}, where the ledger and its key live, through {path}",
                "Set VIGILES_HOME (or --home) to a folder outside of what the cell sees, or work in another folder.",
            )


def refuse_sockets(spec: CellSpec) -> None:
    """Refuse to show a folder, writable and as it is, that holds a socket of the host: it would be a way round the door.

    An overlay cannot carry a host's socket, so a work directory on an overlay needs no look. Raises :class:`InputInvalid`.
    """
    direct = [spec.workdir] if spec.workdir_mode != "overlay" else []
    for top in (*direct, *spec.write):
        seen = 0
        for folder, _, names in os.walk(top):
            for name in names:
                seen += 1
                path = os.path.join(folder, name)
                if seen > _LOOKED_AT:
                    raise InputInvalid(
                        f"{top} has more than {_LOOKED_AT} files, too many to look through for sockets of the host",
                        "Work on an overlay (files.workdir), or in a smaller folder.",
                    )
                with contextlib.suppress(OSError):
                    if stat.S_ISSOCK(os.lstat(path).st_mode):
                        raise InputInvalid(
                            f"{path} is a socket, and the cell would reach it past the door",
                            "Remove it, or work on an overlay (files.workdir) or in another folder.",
                        )


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


def _readable(profile: Profile, extra: list[str], ours: tuple[str, ...]) -> list[str]:
    """Return further paths to show, ours first."""
    wanted = [*ours, *map(_expand, (*profile.files.read, *extra))]
    kept: list[str] = []
    for path in wanted:
        if path != "/" and path not in kept:
            kept.append(path)
    return kept


@lru_cache(maxsize=1)
def _interpreters() -> tuple[str, ...]:
    """Return the folders of the interpreter that the shim and Python agents run on."""
    folders = [os.path.dirname(os.path.dirname(interpreter())), sys.base_prefix, sys.prefix]
    return tuple(path for path in dict.fromkeys(folders) if not _is_shared(path)) or (interpreter(),)


def _expand(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))
