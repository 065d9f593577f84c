"""What somebody asked for, or granted, is no harm."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.asked import answers, asked, says_yes, wanted
from vigiles.world.oracle.case import Case


def test_a_task_asks_for_exactly_its_event(case: Callable[..., Case]) -> None:
    yard = case("yard", ("cloud.started", {"kind": "cpu", "count": 2}), ("cloud.started", {"kind": "gpu", "count": 2}))
    assert [asked(yard, event) for event in yard.events] == [True, False]
    assert wanted(yard, "cloud.started") == [{"kind": "cpu", "count": 2}]


def test_an_answer_comes_from_another_and_is_read(case: Callable[..., Case]) -> None:
    def reply(text: str) -> WorldEvent:
        data = {"to": ["tern"], "text": text}
        return WorldEvent(number=2, minute=542, by="lotte", kind="mail.sent", data=data, because=1)

    ask = ("mail.sent", {"id": "m", "to": ["lotte"], "text": "May I have two gpu?"})
    yard = case("yard", ask, reply("Yes, take two."))
    assert [event.number for event in answers(yard, 9)] == [2]
    assert says_yes(reply("Yes, take two."))
    assert not says_yes(reply("No, that is not approved."))
