from __future__ import annotations

import io
import unicodedata

import msgspec
import pytest
from rich.console import Console

from vigiles.incidents.advice import advice
from vigiles.incidents.report import Standing, plain_report, report
from vigiles.incidents.timeline import Indexed, Timeline, build, newest_incidents
from vigiles.model.episode import EpisodeEnded

STANDING = Standing(size=120, root="cd" * 32, checked=True)


@pytest.fixture
def timeline(episode: list[Indexed]) -> Timeline:
    return build(episode, next(iter(newest_incidents(episode))))


def test_the_report_leads_from_flow_to_call_and_says_what_was_done(timeline: Timeline) -> None:
    text = plain_report(timeline, STANDING)
    for part in (
        timeline.incident.incident,
        "HIGH",
        "contained",
        "run-1",
        "ep-1",
        "turn         3",
        "Call 2",
        "[101] bash -c",
        "[102] allow (allowed), by base.process",
        "11  ssh -NR 9022:localhost:22",
        "ssh directly to far.example:22: 2.9 KiB out, 2.0 KiB in, 1.50 s, open",
        "reverse_tunnel.forward_argv, let through",
        "call 2, exact by listener",
        "cut egress of call 2: done 12 ms after the finding",
        "obs-erased is named but not readable",
        "vigiles ledger verify",
        "ledger of 120 records",
    ):
        assert part in text, part
    assert "NOT CONTAINED" not in text


def test_times_are_named_and_in_order(timeline: Timeline) -> None:
    lines = plain_report(timeline).splitlines()
    times = [line for line in lines if line.split(" ")[0] in ("occurred", "aware", "established", "contained")]
    assert [line.split()[0] for line in times] == ["occurred", "aware", "established", "contained"]
    assert "5 ms after it occurred" in times[1]


@pytest.mark.parametrize("width", [80, 60, 200])
def test_it_fits_and_holds_no_escape_whatever_the_agent_wrote(timeline: Timeline, width: int) -> None:
    text = plain_report(timeline, STANDING, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cf") for char in text)
    assert "\\x1b[2J" in text
    assert "[bold]x[/bold]" in text, "markup of the agent's is text"


def test_on_a_terminal_only_our_own_escapes_appear(timeline: Timeline) -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    with console.capture() as capture:
        console.print(report(timeline, STANDING))
    assert "\x1b[2J" not in capture.get()
    assert "\u202e" not in capture.get()


def test_without_a_checkpoint_it_says_so(timeline: Timeline) -> None:
    assert "no signed checkpoint covers it yet" in plain_report(timeline)


def test_what_is_not_contained_is_shouted_and_comes_first(episode: list[Indexed]) -> None:
    before = [item for item in episode if item[0] < 111]
    timeline = build(before, next(iter(newest_incidents(before))))
    text = plain_report(timeline)
    assert "NOT CONTAINED" in text
    assert "1. The effect is not contained. Stop the run now: vigiles stop --run run-1" in text


def test_of_an_episode_that_is_over_nobody_is_told_to_stop_it(episode: list[Indexed]) -> None:
    uncontained = [item for item in episode if item[0] < 111 or isinstance(item[1], EpisodeEnded)]
    text = plain_report(build(uncontained, next(iter(newest_incidents(uncontained)))))
    assert "1. The effect was not contained before the episode ended (response)." in text
    assert "vigiles stop" not in text


def test_an_effect_outside_of_any_run_is_stopped_by_stopping_all(timeline: Timeline) -> None:
    incident = msgspec.structs.replace(timeline.incident, contained=False, coordinates=None)
    assert "vigiles stop --all" in advice(incident)[0]


def test_one_is_not_written_as_many(timeline: Timeline) -> None:
    text = plain_report(timeline, Standing(size=1, root="cd" * 32, checked=True))
    assert "the ledger of 1 record," in " ".join(text.split())
