"""Does the honest jobs, each in an episode of its own, and writes down how each went.

``working.py FOLDER [--bare] JOB...``, inside a drill's network namespace. ``--bare``: in tier U-.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import jobs
import mirror
import msgspec

import vigiles
from vigiles.api import open_episode
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.sensor import Gap
from vigiles.model.result import Result
from vigiles.runtime.services import Services

PROFILE = """
extends = "rl-rollout"
name = "honest-work"

[egress]
hosts = ["mirror.example:80", "mirror.example:443"]
trust = ["{ca}"]

[egress.pins]
"mirror.example:80" = "203.0.113.30"
"mirror.example:443" = "203.0.113.30"

[[egress.requests]]
host = "mirror.example:80"
preset = "package-mirror"

[[egress.requests]]
host = "mirror.example:80"
preset = "git-read"

[[egress.requests]]
host = "mirror.example:443"
preset = "package-mirror"

[[egress.requests]]
host = "mirror.example:443"
preset = "git-read"
paths = ["/repository.git"]
"""
#: pip looks through the folder that an editable installation names, which a cell with mounts does not see at all.
BARE = f"""
tier = "U-"

[files]
workdir = "direct"
apply = "all"
read = ["{Path(vigiles.__path__[0]).parent}"]
"""
_AT_ONCE = 2


async def do(job: jobs.Job, folder: Path, services: Services, profile: Path) -> dict[str, Any]:
    """Do one job; return each call's end, the findings, and what is missing from the work directory."""
    work = folder / "work"
    work.mkdir(parents=True)
    for name, text in job.files.items():
        (work / name).write_text(text)
    facts = {"work": str(work)}
    calls = []
    async with open_episode(profile=profile, workdir=work, services=services) as episode:
        for call in job.calls:
            argv = [jobs.filled(word, **facts) for word in call.argv]
            env = {name: jobs.filled(value, **facts) for name, value in call.env.items()}
            outcome = await episode.call(argv, env=env, timeout=100, background=call.background)
            output = (outcome.stdout + outcome.stderr).decode(errors="replace")
            calls.append(
                {
                    "argv": call.argv,
                    "code": 0 if call.background else outcome.exit_code,
                    "says": call.says in output,
                    "output": output[-2000:],
                    "feedback": outcome.feedback,
                }
            )
        await episode.settle(0.3)
        findings = msgspec.to_builtins(episode.findings())
        seen = [say(record) for record in episode.records() if isinstance(record, DnsQuery | Flow | Gap | Result)]
        feedback = [episode.feedback(number + 1).value for number in range(len(job.calls))]
    missing = [path for path in job.makes if not (work / path).exists()]
    return {
        "calls": calls, "findings": findings, "missing": missing, "ended_by": episode.ended_by, "feedback": feedback,
        "seen": seen,
    }  # fmt: skip


def say(record: DnsQuery | Flow | Gap | Result) -> str:
    """Return one line about what was seen, for whoever must find out why a job failed."""
    if isinstance(record, DnsQuery):
        return f"dns {record.name} {record.qtype}: {record.outcome} {record.reason} ({record.attribution.grade})"
    if isinstance(record, Flow):
        return f"flow {record.via} {record.host}:{record.port} {record.phase} {record.protocol} {record.reason}"
    if isinstance(record, Gap):
        return f"gap {record.what} {record.count}"
    return f"result {record.outcome} code={record.exit_code} signal={record.signal} {record.error}"


async def main(folder: Path, names: list[str], *, bare: bool) -> None:
    ca = mirror.start(folder / "mirror")
    profile, home = folder / "profile", folder / "home"
    for path in (profile, home):
        path.mkdir(mode=0o700)
    text = PROFILE.replace("{ca}", str(ca))
    (profile / "profile.toml").write_text(text.replace("\n\n", "\n" + BARE + "\n", 1) if bare else text)
    limit = asyncio.Semaphore(1 if bare else _AT_ONCE)  # servers of two jobs cannot have one port of the host's loopback
    async with await Services.start(home) as services:

        async def one(number: int, name: str) -> tuple[str, Any]:
            async with limit:
                return name, await do(jobs.JOBS[name], folder / str(number), services, profile)

        done = dict(await asyncio.gather(*(one(number, name) for number, name in enumerate(names))))
    (folder / "result.json").write_text(json.dumps(done))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), [word for word in sys.argv[2:] if word != "--bare"], bare="--bare" in sys.argv))
