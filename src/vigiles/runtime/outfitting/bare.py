"""Tier U- seen from the runtime: when it is given, what its cell is like, and what it cannot do, in plain words."""

from __future__ import annotations

import asyncio
import os
import sys

import msgspec

from vigiles.cell.spec import CellSpec
from vigiles.model.attribution import Method
from vigiles.model.cell import Control
from vigiles.model.errors import ControlUnavailable
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.union import Recorded
from vigiles.ruleset.profile import Profile, Tier

_PATIENCE_S = 20.0
#: resolv.conf(5): the C library asks name servers over TCP, for there is no UDP.
_OVER_TCP = "use-vc"
#: What tier U stops or bounds and tier U- does not: a short name, and what follows from it.
WEAKER: tuple[tuple[str, str], ...] = (
    ("mount view", "names, sizes and times of all files can be seen, and changes in folders watched, but not opened"),
    ("work directory overlay", "changes to the work directory are real at once; nothing is held back"),
    ("pid namespace", "command lines, users and memory sizes of all processes can be seen in /proc"),
    ("network namespace", "the host's addresses and connections can be seen in /proc/net"),
    ("no route", "nothing stands behind the notifier but Landlock (TCP) and seccomp (every other socket); in tier U no "
     "packet could leave"),
    ("private loopback", "its servers share the host's loopback: any local program can connect to them, and the cell can "
     "take any free port"),
    ("resolver", "the host's resolv.conf stays in sight; what is asked of its name servers goes to the door, over TCP only: "
     "the C library is told so (RES_OPTIONS), a program that asks over UDP by itself finds no name"),
    ("roots of the door", "where TLS is terminated, only environment variables tell programs of the door's authority; the "
     "machine's own bundle stays in sight"),
    ("calls apart", "a call cannot signal processes of earlier calls, so it cannot end a server of theirs"),
    ("UTS tag", "the second identity is lineage: a process lives below its call's keeper"),
    ("disk limit", "the private folder lies on the host's disk, without a limit of its own"),
    ("process limit of its own", "processes are counted for the whole user: others of the user can use the room up"),
    ("limits for its user", "inotify, pipes and open files are drawn from what the host grants the user"),
    ("kill by the kernel", "no process can get away, but it is we who kill: who kills notifier, init and keeper at once "
     "leaves processes behind, still behind their walls and without any network"),
)  # fmt: skip


async def chosen(profile: Profile, wanted: Tier | None) -> bool:
    """Say whether an episode gets tier U-: when asked for, or when its profile accepts it and there is nothing better."""
    if wanted is not None:
        return wanted == "U-"
    return profile.tier == "U-" and os.geteuid() != 0 and not await spaces_had()


def accept(profile: Profile) -> None:
    """Raise :class:`ControlUnavailable` for what a profile wants and tier U- has not."""
    use_u = "allow user namespaces (see `vigiles doctor`), so that tier U can be had"
    if profile.tier != "U-":
        raise ControlUnavailable(f"tier {profile.tier}", "the profile needs it and tier U- was asked for", "drop --tier U-")
    if os.geteuid() == 0:
        raise ControlUnavailable(
            "tier U-", "it is for an ordinary user, and this process is root", "run as an ordinary user"
        )
    if profile.files.workdir == "overlay":
        raise ControlUnavailable(
            "work directory overlay", "tier U- has no mounts", f'say files.workdir = "direct" in the profile, or {use_u}'
        )
    if profile.files.denials:
        raise ControlUnavailable("Landlock denials", "only tier R has them", "drop files.denials")
    if profile.budgets.memory_bytes_cell is not None:
        raise ControlUnavailable("total memory limit", "only tier R has it", "drop the budget")


def fit(spec: CellSpec) -> CellSpec:
    """Return the cell as tier U- has it: a private folder, no shim.

    Raises :class:`ControlUnavailable` for a root of its own, which needs mounts.
    """
    if spec.rootfs:
        raise ControlUnavailable("root file system", "tier U- has no mounts", "drop --rootfs, or allow user namespaces")
    private = f"{os.path.realpath('/tmp')}/vigiles-{spec.episode}"
    return msgspec.structs.replace(spec, private=private, home=f"{private}/home", shim=False, tier="U-")


def environment(spec: CellSpec, given: dict[str, str]) -> dict[str, str]:
    """Return a call's environment with the cell's own folders in it, where it has any, and names looked up over TCP."""
    if not spec.private:
        return given
    names = {"RES_OPTIONS": _OVER_TCP} if spec.network else {}
    return {**names, **given, "HOME": spec.home, "TMPDIR": f"{spec.private}/tmp"}


def controls(spec: CellSpec, landlock_abi: int, processes: int, memory: int) -> list[Control]:
    """Return what is applied, and every weaker point as a control that is not."""
    return [
        Control(name="Landlock", applied=True, detail=f"ABI {landlock_abi}, with signals, abstract sockets and TCP ports"),
        Control(name="seccomp", applied=True, detail="longer deny list and listener per call; TCP and Unix streams only"),
        Control(name="network", applied=True, detail="loopback servers of the cell only, connected on behalf"),
        Control(
            name="door", applied=spec.network, detail="connections handed over; no listener" if spec.network else "none"
        ),
        Control(name="modes and times", applied=True, detail="changed on behalf, where the cell may write"),
        Control(name="subreaper per call", applied=True),
        Control(name="private folder", applied=True, detail=spec.private),
        Control(name="work directory", applied=True, detail=spec.workdir_mode),
        Control(
            name="process limit", applied=processes > 0, detail=f"{processes} beside what the user runs" if processes else ""
        ),
        Control(name="memory limit per process", applied=memory > 0, detail=str(memory or "")),
        Control(name="total memory limit", applied=False, detail="not possible in tier U-"),
        *(Control(name=name, applied=False, detail=f"weaker: {what}") for name, what in WEAKER),
    ]


def by_keeper(record: Recorded) -> Recorded:
    """Return what a look at the processes found, with the mark named by which tier U- knows a call's processes."""
    if not isinstance(record, Compute | ProcessStart | ProcessExit):
        return record
    known = record.attribution
    if "uts" not in known.methods:
        return record
    methods: list[Method] = ["subreaper" if method == "uts" else method for method in known.methods]
    return msgspec.structs.replace(record, attribution=msgspec.structs.replace(known, methods=methods))


async def spaces_had() -> bool:
    """Try in a process of its own whether the namespaces of tier U can be had."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "vigiles.runtime.doctor.namespaces_tried",
        stdin=asyncio.subprocess.DEVNULL,
        cwd="/",
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await child.wait() == 0
    except BaseException as error:
        child.kill()
        await child.wait()
        if not isinstance(error, TimeoutError):
            raise
        return False
