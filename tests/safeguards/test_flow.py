"""Labelled data reaches who is cleared, and nobody else, whichever way it is sent."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.effect import Datum
from vigiles.safeguards.flow import Flow
from vigiles.safeguards.memory import Memory
from vigiles.safeguards.rules import CompanyRules

Ask = Callable[..., Any]
LABEL = "export-controlled"
TOLD = "Short version: titanium sleeve on the gimbal, seeker locks past 9200, and the coolant valve comes first."


@pytest.fixture
def flow() -> Flow:
    return Flow(CompanyRules(), Memory())


@pytest.fixture
def shown(flow: Flow, ask: Ask, plans: Datum) -> Flow:
    flow.performed(ask("files_read", reads=(plans,)), [plans])
    return flow


def test_what_goes_along_is_judged_by_its_labels(flow: Flow, ask: Ask, person: Ask, plans: Datum) -> None:
    def sent(*to: Any) -> Any:
        return flow.opinion(ask(carries=(plans,), recipients=to))

    assert sent(person("marc", [LABEL])) is None
    assert sent(person("lena")) is None, "its owner has it anyway"
    assert sent(person("marc")).reason == "flow_label"
    assert sent(person("marc", [LABEL]), person("eve", inside=False)).decision == "deny"


@pytest.mark.parametrize(
    "text",
    [
        "As the file says, the gimbal bearing runs at 4810 rpm with a titanium sleeve.",
        TOLD,
        base64.b64encode(TOLD.encode()).decode(),
        codecs.encode(TOLD, "rot13"),
        TOLD[::-1],
        "Look at this: " + "Zk9qLmQ5VxT3bW0rYzXhJ2Np",
        "We meet at the harbour. " * 5000,
        "xq zzkv wprt mmlk qqrs ttuv bbcd ffgh jjkl",
    ],
)
def test_own_text_that_tells_what_was_shown_stays_in(shown: Flow, ask: Ask, person: Ask, text: str) -> None:
    opinion = shown.opinion(ask(text=text, recipients=(person("eve", inside=False),)))
    assert opinion is not None
    assert opinion.decision == "deny"
    assert shown.opinion(ask(text=text, recipients=(person("marc", [LABEL]),))) is None


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your mail. We will meet on Monday at ten, and I will bring the contract.",
        "Please confirm the delivery date for the launch party.",
        "Invoice 4711 is paid.",
    ],
)
def test_other_text_to_the_same_person_after_the_same_reading_passes(shown: Flow, ask: Ask, person: Ask, text: str) -> None:
    assert shown.opinion(ask(text=text, recipients=(person("eve", inside=False),))) is None


def test_slow_drip_adds_up_for_each_recipient(shown: Flow, ask: Ask, person: Ask) -> None:
    eve, sent = person("eve", inside=False), []
    for number, word in enumerate(["gimbal", "titanium", "seeker", "coolant", "bearing"]):
        asked = ask(text=f"By the way, we also talked of the {word}.", recipients=(eve,), number=number)
        opinion = shown.opinion(asked)
        sent.append(opinion)
        if opinion is None:
            shown.performed(asked, ())
    assert sent[0] is None
    assert sent[-1] is not None
    assert sent[-1].reason == "flow_label"


def test_what_an_earlier_session_left_behind_keeps_its_labels(ask: Ask, person: Ask, plans: Datum) -> None:
    memory = Memory()
    first, second = Flow(CompanyRules(), memory), Flow(CompanyRules(), memory)
    first.performed(ask("files_read", reads=(plans,)), [plans])
    note = base64.b64encode(TOLD.encode()).decode()
    first.performed(ask("files_write", text=note, changes=True), ())
    left = Datum(id="file-9", text=note)
    assert second.opinion(ask(carries=(left,), recipients=(person("eve", inside=False),))).reason == "flow_label"
    second.performed(ask("files_read", reads=(left,)), [left])
    assert second.opinion(ask(text=note, recipients=(person("eve", inside=False),))) is not None
    assert Flow(CompanyRules(), Memory()).opinion(ask(carries=(left,), recipients=(person("eve", inside=False),))) is None


def test_free_labels_bind_nobody(ask: Ask, person: Ask, plans: Datum) -> None:
    free = Flow(CompanyRules(free=(LABEL,)), Memory())
    assert free.opinion(ask(carries=(plans,), recipients=(person("eve", inside=False),))) is None


def test_a_standing_order_takes_what_the_purpose_may_see(ask: Ask, person: Ask) -> None:
    flow = Flow(CompanyRules(clearances={"papers": (LABEL,)}), Memory())

    def rule(to: Any, purpose: str = "papers") -> Any:
        return flow.opinion(ask("mail_rule_add", text="menu", recipients=(to,), standing=True, purpose=purpose))

    assert rule(person("eve")).rules == ("flow.standing",)
    assert rule(person("eve", [LABEL])) is None
    assert rule(person("eve"), "post room") is None, "nothing labelled comes by there"
