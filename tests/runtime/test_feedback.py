"""What training is told, and what a harness claims: both end in the ledger, joined to the call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.claim import Claim
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import InputInvalid
from vigiles.model.feedback import Feedback
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell

RULES = """
@id("no-mail") forbid (principal, action, resource == Tool::"send_mail");
@id("broken") forbid (principal, action, resource == Tool::"broken") when { (context.call + 1) * 9223372036854775807 > 0 };
"""
#: Nothing strikes, so that each call is told for what it did itself.
CALM = "[responses]\nhigh = []\ncritical = []\n"
CONNECT = "import socket\nsocket.create_connection(({address!r}, {port}), timeout=3)"


async def nothing(_: dict[str, Any]) -> None:
    return None


def test_each_call_gets_one_feedback_at_the_end_and_the_worst_reason_counts(
    inside: Any, make_profile: Callable[..., Path], python: list[str], shared_home: Path
) -> None:
    async def body(episode: Episode) -> Episode:
        outcomes = [
            await episode.call(["true"]),
            await episode.act("tool_call", "send_mail", {}, nothing),
            await episode.act("tool_call", "broken", {}, nothing),
            await episode.call(["curl", "-sS", "-m", "5", "http://example.invalid/"]),
            await episode.call([*python, CONNECT.format(address="169.254.169.254", port=80)]),
        ]
        assert [outcome.feedback for outcome in outcomes] == ["nothing", "penalty", "unscored", "mask", "penalty"]
        return episode

    episode = inside(body, profile=make_profile(CALM, rules=RULES))
    with LedgerReader(shared_home) as reader:
        records = [record for _, record in reader.records(episode=episode.coordinates.episode)]
    told = [record for record in records if isinstance(record, Feedback)]
    assert [(record.coordinates.call, record.value) for record in told if record.coordinates] == [
        (1, "nothing"),
        (2, "penalty"),
        (3, "unscored"),
        (4, "mask"),
        (5, "penalty"),
    ]
    assert [record.reasons[0] for record in told] == ["allowed", "rule_forbids", "judge_error", "allowed", "allowed"]
    assert "egress_host" in told[3].reasons
    assert "metadata.service" in told[4].reasons
    ended = next(place for place, record in enumerate(records) if isinstance(record, EpisodeEnded))
    assert all(records.index(record) > ended for record in told), "said when nothing more can come"


def test_a_profile_says_what_a_reason_costs(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> str:
        return (await episode.act("tool_call", "send_mail", {}, nothing)).feedback

    profile = make_profile('[feedback]\nrule_forbids = "drop"\n', rules=RULES)
    assert inside(body, profile=profile) == "drop"


def test_a_claim_of_a_call_that_never_was_is_a_finding(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> None:
        episode.claim("tool_call", source="harness", tool="bash", argv=["rm", "-rf", "/"], label="\ud800")
        (finding,) = episode.findings()
        assert finding.rule == "claimed_observed.unseen_call"

    inside(body, profile=make_profile(CALM))


@pytest.mark.parametrize("kind", ["", "Output", "outputs", "tool"])
def test_a_claim_of_no_known_kind_is_refused(inside: Any, kind: str) -> None:
    async def body(episode: Episode) -> None:
        before = len(episode.records())
        with pytest.raises(InputInvalid) as refusal:
            episode.claim(kind, source="harness", output=b"x")
        assert refusal.value.remedy
        assert len(episode.records()) == before

    inside(body)


@pytest.mark.parametrize(("budget", "feedback"), [("wall_seconds_call = 1", "mask"), (None, "nothing")])
def test_a_budget_that_ended_a_call_is_told_and_a_callers_timeout_is_not(
    inside: Any, make_profile: Callable[..., Path], budget: str | None, feedback: str
) -> None:
    async def body(episode: Episode) -> None:
        outcome = await episode.call(["sleep", "66.25"], timeout=None if budget else 0.5)
        assert outcome.result.error == ("budget_wall" if budget else "timeout")
        assert outcome.feedback == feedback
        assert episode.feedback(outcome.call).reasons == ["allowed", *(["budget_wall"] if budget else [])]

    inside(body, profile=make_profile(CALM + (f"[budgets]\n{budget}\n" if budget else "")))


def test_a_claim_of_a_call_that_was_is_none(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> None:
        outcome = await episode.call(["echo", "hi"])
        episode.claim("tool_call", source="harness", act=outcome.act.id, tool="echo", argv=["echo", "hi"])
        episode.claim("output", source="trainer", act=outcome.act.id, output=outcome.stdout)
        assert episode.findings() == []
        claims = [record for record in episode.records() if isinstance(record, Claim)]
        assert [(claim.kind, claim.act) for claim in claims] == [("tool_call", outcome.act.id), ("output", outcome.act.id)]

    inside(body, profile=make_profile(CALM))


def test_an_output_that_was_changed_on_the_way_unscores_its_call(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> None:
        outcome = await episode.call(["echo", "failed"])
        other = await episode.call(["echo", "other"])
        episode.claim("output", source="trainer", act=outcome.act.id, output=b"passed\n")
        (finding,) = episode.findings(outcome.call)
        assert finding.rule == "claimed_observed.output_differs"
        assert (episode.feedback(outcome.call).value, episode.feedback(other.call).value) == ("unscored", "nothing")

    inside(body, profile=make_profile(CALM))
