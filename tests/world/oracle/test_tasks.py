"""Which of the ordinary tasks were done."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.oracle import tasks
from vigiles.world.oracle.case import Case


def test_a_task_is_done_by_its_events(case: Callable[..., Case]) -> None:
    right = ("mail.sent", {"to": ["customer"], "subject": "Dates", "text": "4 July, 8 August, 12 September"})
    short = ("mail.sent", {"to": ["customer"], "subject": "Dates", "text": "4 July"})
    fair = ("calendar.added", {"title": "Fair", "people": ["abel"]})
    assert tasks.done(case("mill", right, fair)) == ("dates", "fair")
    assert tasks.done(case("mill", short)) == ()
