"""Plays every row of the table in cells of the public API, or of ``vigiles run``, and writes what it came to.

``python -m vigiles.drills.world.enter -- python play.py FOLDER [--bare] [ROW...]``: as root or as an ordinary user. Writes
FOLDER/result.json. Rows are named; without any, all are played. ``--bare``: in tier U-, on the work directory itself.
The walls are judged, not the strikes: these profiles answer no finding, so that every program speaks to its end.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sys
import time
import traceback
from pathlib import Path

import msgspec
import outside
import under_run
from judged import Finding, Played, Said, Seen
from scene import ADDRESS, ALLOWED_HOST, DISK_BYTES, DISK_FILES, Scene
from table import ROWS, Row

from vigiles.api import Episode, Outcome, Services, open_episode
from vigiles.model.episode import CallEnded
from vigiles.model.observation.base import Observation
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.observation.sensor import Gap

PROFILE = """
extends = "{base}"
name = "{name}"
tier = "{tier}"

[egress]
hosts = ["{host}:{tls}", "{host}:{web}", "{host}:{mirror}", "{host}:{secure}", "{host}:{other}", "{host}:{ticks}"]
upgrade = ["{host}:{ticks}"]
tls = "terminate"
trust = ["{ca}"]
max_flows = 32

[egress.pins]
"{host}:{tls}" = "{address}"
"{host}:{web}" = "{address}"
"{host}:{secure}" = "{address}"
"{host}:{other}" = "{address}"
"{host}:{ticks}" = "{address}"
"{host}:{mirror}" = "{address}"

[[egress.requests]]
host = "{host}:{mirror}"
preset = "package-mirror"

[files]
workdir = "{workdir}"
tmp_bytes = {disk_bytes}
tmp_inodes = {disk_files}

[budgets]
processes = 1000
memory_bytes = 1_073_741_824
exfil_bytes_call = 10_000

[responses]
high = ["notify"]
critical = ["notify"]
"""
PYTHON = "/usr/bin/python3"
_AT_ONCE = 4
_SECONDS, _SOON_S = 40.0, 2.0


class Stage:
    """The scene, the profiles, and the programs. These lie in each work directory, which every cell shows."""

    def __init__(self, folder: Path, scene: Scene, services: Services, tier: str) -> None:
        self.folder, self.scene, self.services = folder, scene, services
        programs = Path(__file__).parent / "programs"
        shutil.copytree(programs, scene.workdir / "programs", ignore=shutil.ignore_patterns("__pycache__"))
        for name, base, mode in (
            ("rollout", "rl-rollout", "overlay" if tier == "U" else "direct"),
            ("review", "coding-agent", "overlay"),
            ("direct", "rl-rollout", "direct"),
        ):
            place = folder / "profiles" / name
            place.mkdir(parents=True)
            text = PROFILE.format(
                base=base, name=f"attack-{name}", tier=tier, host=ALLOWED_HOST, tls=outside.ALLOWED, web=outside.WEB,
                secure=outside.SECURE, other=outside.OTHER_NAME, ticks=outside.TICKS,
                mirror=outside.MIRROR, ca=scene.facts["ca"],
                address=ADDRESS, workdir=mode, disk_bytes=DISK_BYTES, disk_files=DISK_FILES,
            )  # fmt: skip
            (place / "profile.toml").write_text(text)

    def profile(self, row: Row) -> Path:
        """Where the row is played: what is held is judged under the profile that holds."""
        name = "review" if row.outcome == "held" or row.face != "api" else "rollout"
        return self.folder / "profiles" / ("direct" if row.workdir == "direct" else name)

    def facts(self, row: Row, number: int) -> dict[str, str]:
        """The scene's facts with a work directory of the row's own, unless the row is about what lies in the scene's."""
        facts = dict(self.scene.facts)
        if any("{workdir_socket}" in word for word in row.arguments):
            return facts
        work = self.folder / "works" / str(number)
        shutil.copytree(self.scene.workdir, work, symlinks=True, ignore=shutil.ignore_patterns("*.sock*"))
        for path in (work, *work.rglob("*")):
            os.chown(path, self.scene.uid, self.scene.gid, follow_symlinks=False)
        facts |= {"workdir": str(work), "key": str(work / "agent_key"), "beat": str(work / "beat")}
        facts["late_socket"] = str(work / "late.sock")
        return facts | {name: f"{facts[name]}-{number}" for name in ("daemon", "neighbour", "big")}


async def play(stage: Stage, row: Row, number: int) -> Played:
    """Play one row: the neighbour, the honest twin, the attack, one more call, the end."""
    facts = stage.facts(row, number)
    work = Path(facts["workdir"])
    before, arrived, began = digests(work), stage.scene.arrived().splitlines(), time.monotonic()
    words = [word.format(**facts) for word in row.arguments]
    if row.face == "api":
        played = await in_episode(stage, row, facts, words)
    else:
        played = await under_run.play(row, stage.profile(row), work, stage.services.home, words)
    after = digests(work)
    played.changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    played.arrived = stage.scene.arrived().splitlines()[len(arrived) :]
    played.left = living(facts["daemon"])
    played.ms = round(1000 * (time.monotonic() - began))
    return played


async def _over(episode: Episode, call: int) -> None:
    """Return when nothing of a call is left (git tidies up behind it), or soon: some twins leave a daemon on purpose."""
    until = time.monotonic() + _SOON_S
    while time.monotonic() < until:
        if any(isinstance(one, CallEnded) and one.coordinates.call == call for one in episode.records()):
            return
        await asyncio.sleep(0.02)


async def in_episode(stage: Stage, row: Row, facts: dict[str, str], words: list[str]) -> Played:
    """Play one row through the Python API."""

    async def call(episode: Episode, program: str, *given: str, background: bool = False, **env: str) -> Outcome:
        argv = [PYTHON, f"programs/{program}.py", *given]
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        return await episode.call(argv, timeout=_SECONDS, label=row.name, background=background, env=env)

    opening = open_episode(profile=stage.profile(row), workdir=Path(facts["workdir"]), services=stage.services)
    async with opening as episode:
        beside = None
        if row.workdir == "direct":
            stage.scene.greet(facts["late_socket"])
        if row.beside:
            given = [word.format(**facts) for word in row.beside[1:]]
            beside = (await call(episode, row.beside[0], *given, background=True, TOKEN=facts["neighbour"])).call
        twin = await call(episode, row.program, "twin", *words)
        await _over(episode, twin.call)
        attack = await call(episode, row.program, "attack", *words)
        await episode.settle(0.3)
        outlived = len(living(facts["daemon"]))
        after = await episode.call(["/bin/true"], timeout=10)
    records = episode.records()
    gaps: dict[str, int] = {}
    for record in records:
        if isinstance(record, Gap | Flood):
            what = record.what if isinstance(record, Gap) else f"flood of {record.kind}"
            gaps[what] = gaps.get(what, 0) + record.count
    return Played(
        row=row.name,
        twin=said(twin, "works"),
        attack=said(attack, "succeeded"),
        beside=beside,
        findings=[
            Finding(
                call=one.attribution.call,
                detector=one.detector,
                rule=one.rule,
                severity=one.severity,
                summary=one.summary,
                blocked=one.blocked,
            )
            for one in episode.findings()
        ],
        seen=[short for record in records if isinstance(record, Observation) and (short := shortened(record)) is not None],
        held=[] if episode.applied is None else [item.path for item in episode.applied.held],
        gaps=gaps,
        alive=after.exit_code == 0,
        ended_by=episode.ended_by,
        outlived=outlived,
    )


def said(outcome: Outcome, word: str) -> Said:
    """Read a program's line."""
    lines = outcome.stdout.decode(errors="replace").splitlines()
    try:
        told = json.loads(lines[0]) if len(lines) == 1 else {}
    except ValueError:
        told = {}
    text = told.get("detail") or (outcome.stdout + outcome.stderr)[-600:].decode(errors="replace")
    if outcome.signal:
        text += f" (signal {outcome.signal})"
    return Said(call=outcome.call, worked=told.get(word), detail=text, code=outcome.exit_code, error=outcome.result.error)


def shortened(record: Observation) -> Seen | None:
    """Return an observation in short, None for kinds that no test asks for."""
    outcome, flags = "", []
    if isinstance(record, Connect):
        what, outcome = f"{record.address}:{record.port}", record.outcome
    elif isinstance(record, Bind):
        what = f"{record.address}:{record.port}"
    elif isinstance(record, Flow):
        what, outcome = f"{record.host}:{record.port}", f"{record.phase} {record.reason}"
    elif isinstance(record, DnsQuery):
        what, outcome = record.name, f"{record.outcome} {record.reason}"
    elif isinstance(record, FileChange):
        what, outcome, flags = record.path, record.change, list(record.flags)
    elif isinstance(record, ProcessStart):
        what, outcome = " ".join([record.exe, *record.argv])[:400], record.via
    elif isinstance(record, Compute):
        what = f"{record.cpu_us} us"
    else:
        return None
    by = record.attribution
    kind = type(record).__name__
    return Seen(
        kind=kind, call=by.call, grade=by.grade, what=what, outcome=outcome, flags=flags, disagreement=by.disagreement
    )


def digests(folder: Path) -> dict[str, str]:
    """Return path -> what stands there, for everything below a folder."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"link {os.readlink(path)}"
        elif path.is_file():
            found[name] = f"{path.stat().st_mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        else:
            found[name] = str(path.stat().st_mode)
    return found


def living(marker: str) -> list[str]:
    """Return the host's processes whose command line has a word that is the marker."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if marker.encode() in Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0"):
                found.append(name)
        except OSError:
            continue
    return found


async def main(folder: Path, names: list[str], tier: str) -> None:
    """Play the rows: most of them four at a time, then those that have to be alone."""
    uid, gid = (65534, 65534) if os.getuid() == 0 else (os.getuid(), os.getgid())
    (folder / "scene").mkdir()
    os.chown(folder / "scene", uid, gid)
    limit = asyncio.Semaphore(_AT_ONCE)
    with Scene(folder / "scene", uid, gid) as scene:
        async with await Services.start(folder / "home") as services:
            stage = Stage(folder, scene, services, tier)

            async def one(number: int, row: Row) -> Played:
                async with limit:
                    try:
                        async with asyncio.timeout(2 * _SECONDS):
                            return await play(stage, row, number)
                    except Exception:
                        return Played(row=row.name, twin=Said(), attack=Said(), error=traceback.format_exc())

            numbered = [(number, row) for number, row in enumerate(ROWS) if not names or row.name in names]
            done = list(await asyncio.gather(*(one(number, row) for number, row in numbered if not row.alone)))
            for number, row in numbered:
                if row.alone:
                    done.append(await one(number, row))
    (folder / "result.json").write_bytes(msgspec.json.encode(done))


if __name__ == "__main__":
    rows = [word for word in sys.argv[2:] if word != "--bare"]
    asyncio.run(main(Path(sys.argv[1]), rows, "U-" if "--bare" in sys.argv else "U"))
