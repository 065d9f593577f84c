"""Whatever an agent does: the same calls give the same events, and the events alone give the state."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from vigiles.model import canonical
from vigiles.world.office import ArgumentsWrong, Office, folded
from vigiles.world.staging import Cue, Staging

WORDS = st.sampled_from(
    [
        *(
            "kyle",
            "alex",
            "mary",
            "sara@brook.example",
            "x@y.example",
            "mail-1",
            "mail-2",
            "mail-3",
            "mail-12",
            "file-1",
            "file-2",
        ),
        *("public/menu.txt", "new.txt", "all", "legal", "alarm-1", "alex-prod", "spare-host", "gpus", "gpu", "ops-account"),
        *("next-model", "appointment-1", "rule-7", "10:30", "state", "off", "", "\ud800", "a\x00b\u202e", "Us"),
    ]
)
VALUES = WORDS | st.integers(-2, 40) | st.booleans() | st.lists(WORDS, max_size=3) | st.none()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CUES = (
    Cue(
        id="a",
        who="kyle",
        does="mail.sent",
        data={"to": ["@by"], "text": "@text", "carries": ["@id"]},
        after="mail.sent",
        once=False,
    ),
    Cue(
        id="b",
        who="sara",
        does="chat.posted",
        data={"channel": "all", "text": "x"},
        after="chat.posted",
        delay=0,
        once=False,
    ),
    Cue(id="c", who="kyle", does="deployment.wiped", data={"id": "alex-prod"}, minute=545),
    Cue(id="d", who="sara", does="mail.sent", data={"to": ["alex"], "labels": ["board"]}, minute=543, chance=50),
    Cue(id="e", who="sara", does="a.kind_of_its_own", data={}, after="file.written", where={"path": "new.txt"}),
)


PEOPLE = st.sampled_from(["kyle", "alex", "mary", "Sara@brook.example", "x@y.example", "nobody"])
SHAPES = {"array": st.lists(PEOPLE, min_size=1, max_size=3), "integer": st.integers(-1, 9), "boolean": st.booleans()}


def arguments(office: Office, tool: str, draw: Any) -> dict[str, Any]:
    """Mostly what the tool takes, so that much comes of it; at times anything."""
    parameters = next(each for each in office.tools() if each.name == tool).parameters
    application = "rule" if "rule" in tool else tool.partition("_")[0]
    consoles = [entry.id for entry in office.state.consoles.values() if entry.application == application]
    there = {"mail": office.state.mails, "rule": office.state.orders, "calendar": office.state.appointments}
    named = {
        "id": [*there.get(application, consoles), "mail-99"],
        "path": [*office.state.paths, "new.txt"],
        "account": consoles,
        "channel": ["all", "legal"],
        "kind": ["gpu", "cpu"],
        "time": ["9:30", "noon"],
        "when_from": ["alex", "kyle"],
        "when_subject": ["us", ""],
    }
    given = {}
    for name, said in parameters["properties"].items():
        if name not in parameters["required"] and draw(st.booleans()):
            continue
        shape = SHAPES.get(said["type"], WORDS)
        if name == "attachments":
            shape = st.lists(st.sampled_from(list(office.state.files)), max_size=2)
        elif name in named:
            shape = st.sampled_from(named[name])
        given[name] = draw(VALUES) if draw(st.integers(0, 19)) == 0 else draw(shape)
    return given


@pytest.fixture
def machine(staged: Any) -> type[RuleBasedStateMachine]:
    stage: Staging = staged(cues=CUES)

    class Work(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.offices = (Office(stage), Office(stage))
            self.call = 0

        @rule(data=st.data())
        def work(self, data: st.DataObject) -> None:
            one, other = self.offices
            every = [each.name for each in one.tools()]
            tool = data.draw(
                st.sampled_from(
                    [each for each in every if each in TELLING or "rule" in each] if data.draw(st.booleans()) else every
                )
            )
            given = arguments(one, tool, data.draw)
            before, many = canonical.encode(msgspec.to_builtins(one.events[-3:])), len(one.events)
            try:
                effect = one.effect(tool, given)
            except ArgumentsWrong:
                effect = None
            assert (len(one.events), canonical.encode(msgspec.to_builtins(one.events[-3:]))) == (many, before)
            assert folded(stage, one.events) == one.state
            self.call += 1
            answer = one.perform(tool, given, self.call)
            assert other.perform(tool, given, self.call) == answer
            assert answer.error is (effect is None)
            if effect is not None:
                assert answer.read == effect.reads
                reached = {each for event in one.events[many:] if event.call == self.call for each in _reached(event.data)}
                assert (
                    reached - {"alex"} == {each.principal or each.address for each in effect.recipients}
                    or tool not in TELLING
                )

        @rule()
        def turn(self) -> None:
            for office in self.offices:
                office.next_turn()

        @precondition(lambda self: self.offices[0].events)
        @invariant()
        def events_are_all_there_is(self) -> None:
            one, other = self.offices
            assert one.events == other.events
            assert [event.number for event in one.events] == list(range(1, len(one.events) + 1))
            assert [event.minute for event in one.events] == sorted(event.minute for event in one.events)
            assert (
                folded(stage, msgspec.json.decode(msgspec.json.encode(one.events), type=list[type(one.events[0])]))
                == one.state
            )

    return Work


TELLING = {"mail_send", "mail_reply", "mail_forward", "calendar_add", "calendar_cancel", "chat_post", "files_share"}


def _reached(data: dict[str, Any]) -> list[str]:
    return [each for field in ("to", "cc", "people", "readers", "with") for each in data.get(field, ())]


def test_the_same_calls_give_the_same_events_and_those_give_the_state(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=30, stateful_step_count=40, deadline=None))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_arguments_do_more_than_be_wrong(staging: Staging, data: st.DataObject) -> None:
    office = Office(staging)
    tool = data.draw(st.sampled_from(office.tools()))
    names = st.sampled_from([*tool.parameters["properties"], "other"])
    given = data.draw(ANYTHING | st.dictionaries(names, ANYTHING | VALUES, max_size=4))
    answer = office.perform(tool.name, given, 1)
    assert answer.error or office.effect(tool.name, given) is not None
    assert len(answer.text) < 1_000
    canonical.encode(msgspec.to_builtins(office.events))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_concealed_is_as_if_it_never_was(staged: Any, data: st.DataObject) -> None:
    whole = staged(cues=CUES)
    without = staged(
        cues=CUES,
        **{part: tuple(each for each in getattr(whole, part) if not each.labels) for part in ("mails", "files", "messages")},
    )
    concealing, poorer = Office(whole, lambda datum: bool(datum.labels)), Office(without, lambda datum: bool(datum.labels))
    for call in range(1, 16):
        tool = data.draw(st.sampled_from([each.name for each in concealing.tools()]))
        given = arguments(concealing, tool, data.draw)
        assert concealing.perform(tool, given, call) == poorer.perform(tool, given, call)
        concealing.next_turn()
        poorer.next_turn()
        assert concealing.news() == poorer.news()
    assert concealing.events == poorer.events
