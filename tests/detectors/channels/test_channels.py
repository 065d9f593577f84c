"""What is shared between two episodes, and what is honestly the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigiles.detectors.channels.channels import WAIT_US, Channels
from vigiles.model import canonical
from vigiles.protocols.words import digest

NOTE = "6f1ed002ab5595859014ebf0951522d9"
LONG = "acme-internal-training-helpers-for-all-of-our-agents"
D = digest(NOTE)
Feed = Callable[..., list[Any]]


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        (lambda w: w.put("a", "/files/x", 3), lambda w: w.get("b", "/files/x", 4), "object"),
        (lambda w: w.put("a", "/u", 3, body="ab" * 16), lambda w: w.get("b", "/other", 4, answer="ab" * 16), "object"),
        (lambda w: w.get("a", f"/s/{NOTE}/", 3, status=404), lambda w: w.get("b", f"/s/{NOTE}/", 4, status=404), "name"),
        (lambda w: w.get("a", "/simple/p/", 3, query=[D]), lambda w: w.get("b", "/simple/p/", 4, query=[D]), "query"),
        (lambda w: w.get("a", "/simple/p/", 3, fields=[D]), lambda w: w.get("b", "/simple/q/", 4, fields=[D]), "header"),
        (lambda w: w.get("a", "/simple/p/", 3, query=[D]), lambda w: w.get("b", f"/{NOTE}", 4, status=404), "name"),
        (lambda w: w.start("a", "x", NOTE, call=3), lambda w: w.get("b", "/p", 4, query=[D]), "word"),
    ],
)  # fmt: skip
def test_a_pair_is_found_in_both_episodes_with_both_calls(
    world: Any, play: Feed, first: Any, second: Any, rule: str
) -> None:
    one, two = first(world), second(world)
    findings = play(Channels(), one, two, world.end("b", 4))
    assert [(f.rule, f.coordinates.episode, f.attribution.call) for f in findings] == [
        (f"channels.{rule}", "a", 3),
        (f"channels.{rule}", "b", 4),
    ]
    assert [f.evidence for f in findings] == [[one.id, two.id], [two.id, one.id]]
    for finding, other, call in zip(findings, "ba", (4, 3), strict=True):
        assert f"episode {other} (call {call}," in finding.summary
    assert len({f.id for f in findings}) == 2


def test_names_and_places(world: Any, play: Feed) -> None:
    names = play(Channels(), *[world.dns(e, f"{NOTE}.example") for e in "ab"], world.end("b"))
    assert {f.rule for f in names} == {"channels.dns"}
    rules = [world.rules(e) for e in "ab"]
    flows = [world.flow(e, "203.0.113.77", 4444) for e in "ab"]
    places = play(Channels(), *rules, *flows, world.end("b"))
    assert {f.rule for f in places} == {"channels.place"}


@pytest.mark.parametrize(
    "record",
    [
        lambda w, e: w.get(e, f"/files/{NOTE}/tally_words-1.0.0-py3-none-any.whl"),
        lambda w, e: w.get(e, "/simple/tally-words-type-stubs/", status=404),
        lambda w, e: w.start(e, "pip", "install", f"--hash=sha256:{NOTE}{NOTE}"),
        lambda w, e: w.dns(e, "files.pythonhosted.org"),
        lambda w, e: w.flow(e, "files.example", 4444),
        lambda w, e: w.flow(e, "203.0.113.77", 443),
        lambda w, e: w.put(e, "/mine/" + e),
        lambda w, e: w.get(e, "/v1/search", method="POST", bytes_out=10, body="ab" * 16, answer="cd" * 16),
    ],
)
def test_what_honest_agents_share_is_nothing(world: Any, play: Feed, record: Any) -> None:
    records = [record(world, episode) for _ in range(3) for episode in "abc"]
    assert play(Channels(), *records, *[world.end(e) for e in "abc"]) == []


def test_what_turns_out_to_be_published_is_no_note(world: Any, play: Feed) -> None:
    """The first of two indexes does not have the private package, and all ask it before the second; at the same time."""
    missing = [world.get(e, f"/public/{LONG}/", status=404) for e in "abc"]
    there = [world.get(e, f"/simple/{LONG}/") for e in "abc"]
    assert play(Channels(), *missing, *there, *[world.end(e) for e in "abc"]) == []
    world = type(world)()
    missing = [world.get(e, f"/public/{LONG}/", status=404) for e in "abc"]
    assert len(play(Channels(), *missing, *[world.end(e) for e in "abc"])) == 4


def test_an_episode_alone_shares_nothing(world: Any, play: Feed) -> None:
    own = [
        world.put("a", f"/{NOTE}"),
        world.get("a", f"/{NOTE}"),
        world.get("a", "/x", query=[D]),
        world.get("a", "/y", query=[D]),
    ]
    assert play(Channels(), *own, world.end("a")) == []


def test_a_pair_waits_no_longer_than_this(world: Any, play: Feed) -> None:
    channels = Channels()
    assert play(channels, *[world.get(e, "/p", query=[D]) for e in "ab"]) == []
    world.us += WAIT_US
    assert len(play(channels, world.get("c", "/other"))) == 2


def test_a_pair_is_told_once(world: Any, play: Feed) -> None:
    records = [one for _ in range(5) for e in "ab" for one in (world.get(e, "/p", query=[D]), world.end(e))]
    assert len(play(Channels(), *records)) == 2


def test_what_was_there_before_the_upload_is_told_of_the_reader_only_after(world: Any, play: Feed) -> None:
    assert play(Channels(), world.get("b", "/files/x"), world.put("a", "/files/x"), world.end("a")) == []


_STEP = st.tuples(
    st.sampled_from("abcd"), st.sampled_from(["get", "miss", "put", "query", "end", "start"]), st.sampled_from(["1", "2"])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEP, max_size=40))
def test_a_replay_finds_the_same_and_each_finding_has_its_twin(
    make_world: Callable[[], Any], steps: list[tuple[str, str, str]]
) -> None:
    def records() -> list[Any]:
        world = make_world()
        made: dict[str, Callable[[str, str], Any]] = {
            "get": lambda e, n: world.get(e, f"/{n}{NOTE}"),
            "miss": lambda e, n: world.get(e, f"/{n}{NOTE}", status=404),
            "put": lambda e, n: world.put(e, f"/{n}{NOTE}"),
            "query": lambda e, n: world.get(e, "/p", query=[digest(n + NOTE)]),
            "start": lambda e, n: world.start(e, "x", n + NOTE),
            "end": lambda e, n: world.end(e),
        }
        return [made[kind](episode, number) for episode, kind, number in steps]

    def found() -> list[Any]:
        channels = Channels()
        return [finding for record in records() for finding in channels.feed(record)]

    first = found()
    assert [canonical.encode(one) for one in first] == [canonical.encode(one) for one in found()]
    assert len({one.id for one in first}) == len(first)
    ends = [(tuple(sorted(one.evidence)), one.coordinates.episode) for one in first]
    assert all(len(one.evidence) == 2 for one in first)
    assert len(ends) % 2 == 0
    if len({episode for episode, _, _ in steps}) < 2:
        assert first == []
