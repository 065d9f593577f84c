"""Plays runs, several at once, each in a cell of its own, and notes what was found of each, and when."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.disguise.plan import Run
from vigiles.api import Episode, Services, open_episode
from vigiles.model.canonical import encode
from vigiles.model.finding import Finding
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.flow import Flow

_PROFILE = """\
extends = "observe"
name = "disguise-observe"

[egress.pins]
"mirror.example:443" = "203.0.113.30"
"""
_SETTLE_S = 1.5


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One run and what came of it. ``rules``: of every finding about its call, in order; ``seconds``: from the first byte of
    its flow to the first of them, and ``disguise`` to the first of that detector. ``intact``: the program ended well.
    """

    run: Run
    intact: bool
    rules: list[str]
    seconds: float | None
    disguise: float | None
    cpu_seconds: float
    flow_seconds: float
    told: str = ""


@contextlib.contextmanager
def far(folder: Path) -> Iterator[Path]:
    """Serve the allowed host while the block lasts; yield the authority that it is certified by."""
    folder.mkdir()
    argv = [sys.executable, "-m", "benchmarks.disguise.far", str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the far side did not start")
            yield folder / "ca.pem"
        finally:
            process.stdin.close()
            process.terminate()


async def play(
    runs: Sequence[Run], seconds: float, at_once: int, place: Path, tell: Callable[[Played], None], keep: Path | None
) -> list[Played]:
    """Play all runs, ``at_once`` at a time, and return them in their order. ``keep``: a folder for each run's records."""
    room = asyncio.Semaphore(at_once)
    profile = place / "profile"
    profile.mkdir()
    (profile / "profile.toml").write_text(_PROFILE)
    with far(place / "far") as authority:
        async with await Services.start(place / "home") as services:

            async def one(run: Run, number: int) -> Played:
                async with room:
                    await asyncio.sleep(0.3 * (number % at_once))  # not all handshakes at once
                    work = place / run.name
                    work.mkdir()
                    shutil.copy(authority, work / "ca.pem")
                    shutil.copy(Path(__file__).with_name("near.py"), work / "near.py")
                    async with open_episode(profile=profile, workdir=work, services=services) as episode:
                        played = await _one(episode, run, seconds, keep)
                    tell(played)
                    return played

            return list(await asyncio.gather(*(one(run, number) for number, run in enumerate(runs))))


async def _one(episode: Episode, run: Run, seconds: float, keep: Path | None) -> Played:
    argv = [sys.executable, "near.py", msgspec.json.encode(run).decode(), str(seconds)]
    outcome = await episode.call(argv, label=run.name, timeout=seconds + 60)
    await episode.settle((seconds if run.daemon else 0) + _SETTLE_S)
    records = episode.records()
    if keep is not None:
        (keep / f"{run.name}.jsonl").write_bytes(b"".join(encode(record) + b"\n" for record in records))
    flows = [record for record in records if isinstance(record, Flow) and record.attribution.call == outcome.call]
    found = [record for record in records if isinstance(record, Finding) and record.attribution.call == outcome.call]
    born = min((flow.at.mono_us - flow.duration_us for flow in flows), default=0)

    def after(findings: list[Finding]) -> float | None:
        return round((findings[0].at.mono_us - born) / 1_000_000, 1) if findings else None

    return Played(
        run=run,
        intact=outcome.exit_code == 0 and bool(flows),
        rules=[finding.rule for finding in found],
        seconds=after(found),
        disguise=after([finding for finding in found if finding.detector == "disguise"]),
        cpu_seconds=sum(record.cpu_us for record in records if isinstance(record, Compute)) / 1_000_000,
        flow_seconds=max((flow.duration_us for flow in flows), default=0) / 1_000_000,
        told=outcome.stderr[-300:].decode("utf-8", "backslashreplace"),
    )
