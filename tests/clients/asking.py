"""Every client asks the allowed host and a blocked one, by each of its ways; what came of it is written down.

``asking.py FOLDER pass|terminate NAME...``, inside a drill's network namespace: one episode, one call for each question.
With TLS passed on, each client is told of the host's CA; where the door ends it, none is told of anything. What is blocked
is the same either way, and is tried with ``pass`` only, as are the attempts.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import served
from table import CLIENTS, Client, Way

from vigiles.api import Episode, open_episode
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.runtime.services import Services

ALLOWED, BLOCKED = "mirror.example", "blocked.example"
PROFILE = """
extends = "rl-rollout"
name = "clients"

[egress]
hosts = [
  "mirror.example:80", "mirror.example:443", "other.example:80", "localhost:80", "elsewhere.example:80",
  "203.0.113.31:80",
]
tls = "{tls}"
{more}

[egress.pins]
"mirror.example:80" = "203.0.113.30"
"mirror.example:443" = "203.0.113.30"
"other.example:80" = "203.0.113.30"

[responses]
high = ["notify"]
critical = ["notify"]
"""
_UNPROXIED = ("env", "-u", "http_proxy", "-u", "https_proxy", "-u", "HTTP_PROXY", "-u", "HTTPS_PROXY")
_AT_ONCE = 3


class Asked(msgspec.Struct):
    """``flows``: each as via, host, port, phase, reason, milliseconds; ``names``: each as name, outcome, reason."""

    code: int | None
    output: str
    ms: int
    flows: list[tuple[str, str, int, str, str, int]] = []
    names: list[tuple[str, str, str]] = []


async def ask(episode: Episode, client: Client, way: Way, host: str, facts: dict[str, str]) -> tuple[int, Asked]:
    """Have one client ask; return its call and what came of it."""
    facts = {**facts, "host": host, "key": f"{way}-{host}"}

    def filled(text: str) -> str:
        for key, value in facts.items():
            text = text.replace("{" + key + "}", value)
        return text

    more = client.more.get(way, ())
    at = client.argv.index("...") if "..." in client.argv else len(client.argv)
    words = [*client.argv[:at], *more, *client.argv[at + 1 :]]
    told = client.trusts if facts["tls"] == "pass" else {}
    env = {name: filled(value) for name, value in {**client.env, **told}.items()}
    began = time.monotonic()
    outcome = await episode.call([*(_UNPROXIED if way == "plain" else ()), *map(filled, words)], env=env, timeout=60)
    took = round(1000 * (time.monotonic() - began))
    output = (outcome.stdout + outcome.stderr).decode(errors="replace")[-3000:]
    return outcome.call, Asked(outcome.exit_code, output, took)


async def attempt(episode: Episode, *words: str) -> tuple[int, dict[str, Any]]:
    """Have the attempts made in a call of their own; return it, and what came of each."""
    outcome = await episode.call([sys.executable, "attempts.py", *words], timeout=60)
    try:
        return outcome.call, json.loads(outcome.stdout)
    except ValueError:
        return outcome.call, {"no answer": [(outcome.stdout + outcome.stderr).decode(errors="replace"), 0]}


async def main(folder: Path, tls: str, names: list[str]) -> None:
    have = {command for command in ("cc", "javac", "keytool", "dpkg-deb") if shutil.which(command)}
    ca = served.start(folder / "mirror", have)
    work, profile, home = folder / "work", folder / "profile", folder / "home"
    for path in (work, profile, home):
        path.mkdir(mode=0o700)
    shutil.copy(ca, work / "ca.pem")
    shutil.copy(Path(__file__).with_name("attempts.py"), work)
    served.prepare(work, ca, have)
    (profile / "profile.toml").write_text(PROFILE.format(tls=tls, more="" if tls == "pass" else f'trust = ["{ca}"]'))
    facts = {"tls": tls, "work": str(work), "ca": str(work / "ca.pem"), "python": sys.executable}
    limit = asyncio.Semaphore(_AT_ONCE)
    done: dict[str, Any] = {}
    calls: dict[int, Asked] = {}
    async with await Services.start(home) as services:
        async with open_episode(profile=profile, workdir=work, services=services) as episode:

            async def one(name: str, client: Client, way: Way, what: str, host: str) -> None:
                async with limit:
                    call, calls[call] = await ask(episode, client, way, host, facts)
                    done[f"{name} | {way} | {what}"] = calls[call]

            async def both(name: str, client: Client, way: Way) -> None:
                await one(name, client, way, "allowed", ALLOWED)
                if tls == "pass":
                    await one(name, client, way, "blocked", BLOCKED)

            chosen = [(name, CLIENTS[name]) for name in names]
            await asyncio.gather(*(both(name, client, way) for name, client in chosen for way in client.ways))
            if tls == "pass":
                _, done["attacks"] = await attempt(episode, "attacks")
                _, twins = await attempt(episode, "twins")
                done["twins"] = twins
                reusing, done["reused"] = await attempt(episode, "reuse", str(twins.get("the address", [""])[0]))
                calls[reusing] = done["reusing"] = Asked(0, "", 0)
            await episode.settle(0.3)
        for record in episode.records():
            asked = calls.get(record.attribution.call or 0) if isinstance(record, DnsQuery | Flow) else None
            if asked is not None and isinstance(record, DnsQuery):
                asked.names.append((record.name, record.outcome, record.reason))
            elif asked is not None and isinstance(record, Flow):
                asked.flows.append(
                    (record.via, record.host, record.port, record.phase, record.reason, record.duration_us // 1000)
                )
    done["strays"] = served.Noting.seen
    (folder / "result.json").write_bytes(msgspec.json.encode(done))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
