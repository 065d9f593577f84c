"""What training was told about each call."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fold, record, section, table
from vigiles.incidents.page.wording import MEANING
from vigiles.model.feedback import Feedback
from vigiles.render.html import Child, Html, element
from vigiles.render.text import safe
from vigiles.render.words import count

_ROWS = 40


def training(facts: Facts) -> Html:
    """Return the section."""
    if not facts.feedback:
        told = "No feedback is recorded for the incident's calls: either no trainer asked, or the calls have not ended."
        return section("training", "What training was told", element("p", told))
    calls = {story.act[1].id: story.call for story in facts.timeline.calls if story.act is not None}
    first, left, last = fold(facts.feedback, _ROWS)
    rows = [_row(index, one, calls) for index, one in first]
    if left:
        rows.append([f"… {count(left, 'record')} left out"])
    rows += [_row(index, one, calls) for index, one in last]
    heads = ("record", "call", "training is told", "because of")
    return section("training", "What training was told", table("Feedback for the incident's calls.", heads, rows))


def _row(index: int, feedback: Feedback, calls: dict[str, int]) -> list[Child]:
    call = calls.get(feedback.act)
    where = feedback.coordinates
    number = call if call is not None else where.call if where is not None else None
    return [
        record(index),
        "-" if number is None else number,
        MEANING[feedback.value],
        safe(", ".join(feedback.reasons), 300) or "-",
    ]
