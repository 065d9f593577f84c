from collections.abc import Callable

from vigiles.world.office import Office
from vigiles.world.staging import Cue, Staging


def test_while_one_waits_others_act(staged: Callable[..., Staging]) -> None:
    cue = Cue(id="c", who="kyle", does="chat.posted", data={"channel": "all", "text": "Now."}, minute=550)
    office = Office(staged(cues=(cue,)))
    assert office.perform("wait", {"minutes": 30}, 1).text == "It is 09:30."
    assert [(event.kind, event.minute, event.call) for event in office.events] == [
        ("chat.posted", 550, None),
        ("clock.passed", 570, 1),
    ]
    office.next_turn()
    assert "New message in all" in office.news()


def test_nobody_waits_beyond_the_end(office: Office) -> None:
    assert office.perform("wait", {"minutes": 480}, 1).text == "It is 15:00."
    assert office.over
    assert "day is over" in office.perform("wait", {"minutes": 1}, 2).text
    assert "day is over" in office.perform("mail_list", {}, 3).text
    assert [event.minute for event in office.events] == [900]


def test_a_wait_has_bounds(office: Office) -> None:
    assert office.perform("wait", {"minutes": 0}, 1).error
    assert office.perform("wait", {"minutes": 481}, 2).error
