"""A ledger fed again to fresh detectors and a fresh judge says the same: nothing is decided by what is not recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.detectors.registry import Detectors
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.verify import verify
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.finding import Finding
from vigiles.model.response import Response
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import ruleset_of
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell

RULES = """
@id("no-mail") forbid (principal, action, resource == Tool::"send_mail");
@id("late") forbid (principal, action, resource == Tool::"lookup") when { context.call > 3 };
"""
PROFILE = "[budgets]\ncalls = 14\n[responses]\nhigh = []\ncritical = []\n"
SWEEP = """
import socket
for last in range(1, 40):
    try:
        socket.create_connection(("203.0.113." + str(last), 22), timeout=0.2)
    except OSError:
        pass
"""
METADATA = "import socket\nsocket.create_connection(('169.254.169.254', 80), timeout=1)"


async def nothing(_: dict[str, Any]) -> None:
    return None


@pytest.fixture(scope="module")
def recorded(
    short_folder: Callable[[str], Path], shared_home: Path, python: list[str], incident_of: Callable[[Coordinates], Any]
) -> list[Recorded]:
    """An eventful episode, as the ledger has it."""
    from vigiles.api import open_episode

    profile = short_folder("profile")
    (profile / "profile.toml").write_text(f'extends = "rl-rollout"\nname = "mine"\n{PROFILE}')
    (profile / "rules.cedar").write_text(RULES)

    async def body(episode: Episode) -> None:
        await episode.act("tool_call", "lookup", {"q": 1.5}, nothing)
        await episode.call([*python, SWEEP])
        await episode.call([*python, METADATA])
        await episode.act("tool_call", "lookup", {}, nothing)
        await episode.act("tool_call", "send_mail", {"to": "x"}, nothing)
        changed = await episode.call(["sh", "-c", "echo honest; echo 'all:' > Makefile"])
        episode.claim("output", source="trainer", act=changed.act.id, output=b"changed\n")
        episode.claim("tool_call", source="harness", tool="bash", argv=["never"])
        await asyncio.gather(*(episode.call(["sh", "-c", f"sleep 0.1; echo {n}"]) for n in range(3)))
        await episode.act("approval", "judge", {}, nothing)
        episode.strikes.plan(incident_of(episode.coordinates), ["freeze"])
        await episode.strikes.idle()
        await episode.call(["true"])
        episode.strikes.plan(incident_of(episode.coordinates), ["thaw"])
        await episode.strikes.idle()
        for _ in range(8):
            await episode.call(["true"])
        await episode.end("stopped")
        await episode.call(["true"])

    async def main() -> str:
        async with open_episode(profile=profile, workdir=short_folder("w"), home=shared_home) as episode:
            await body(episode)
        return episode.coordinates.episode

    name = asyncio.run(main())
    with LedgerReader(shared_home) as reader:
        return [record for _, record in reader.records(episode=name)]


def test_fresh_detectors_find_the_same(recorded: list[Recorded]) -> None:
    detectors = Detectors()
    again = [finding for record in recorded for finding in detectors.feed(record)]
    written = [record for record in recorded if isinstance(record, Finding)]
    rules = {finding.rule for finding in written}
    assert {"claimed_observed.output_differs", "claimed_observed.unseen_call", "metadata.service"} <= rules
    assert any(rule.startswith("scanning.") for rule in rules)
    assert [without_name(finding) for finding in again] == [without_name(finding) for finding in written]


def without_name(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, id="")


def test_a_fresh_judge_gives_the_same_verdicts(recorded: list[Recorded]) -> None:
    text = next(record.text for record in recorded if isinstance(record, RulesetInForce))
    ruleset = ruleset_of(text)
    opened = next(record for record in recorded if isinstance(record, EpisodeOpened))
    state = BudgetState(opened.at.mono_us)
    acts = {record.id: record for record in recorded if isinstance(record, Act)}
    shut: str | None = None
    reasons: list[str] = []
    for record in recorded:
        if isinstance(record, Verdict):
            act = acts[record.act]
            if shut is not None and act.kind != "response":
                assert record.reason == shut
            else:
                kind: Any = "service" if act.principal == "vigiles" else "agent"
                judgement = ruleset.judge.judge(act, PrincipalRef(kind=kind, name=act.principal), state)
                given = (record.decision, record.reason, record.rules)
                assert (judgement.decision, judgement.reason, judgement.rules) == given
            assert record.ruleset == ruleset.digest
            reasons.append(record.reason)
            if record.decision == "allow":
                state.admitted(act)
        elif isinstance(record, Response) and record.outcome == "done":
            shut = {"freeze": "episode_frozen", "thaw": None}.get(record.kind, shut)
        elif isinstance(record, EpisodeEnded):
            shut = "episode_ended"
        state.add(record)
    assert set(reasons) >= {"allowed", "rule_forbids", "budget_calls", "episode_frozen", "episode_ended"}


def test_the_ledger_that_holds_it_verifies(recorded: list[Recorded], shared_home: Path) -> None:
    from vigiles.ledger.home import Home
    from vigiles.ledger.reader import Reader

    reader = Reader(Home(shared_home).database)
    try:
        report = verify(reader.entries(), reader.checkpoints(), Home(shared_home).verifier.read_text().strip())
    finally:
        reader.close()
    assert report.problems == []
    assert report.size >= len(recorded)
