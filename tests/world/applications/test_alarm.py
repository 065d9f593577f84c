from collections.abc import Callable

from vigiles.world.office import Office
from vigiles.world.staging import Cue, Staging


def test_cancelling_is_of_the_lethal_class(office: Office) -> None:
    effect = office.effect("alarm_cancel", {"id": "alarm-1", "reason": "False alarm."})
    assert (effect.irreversible, effect.subject, effect.text, effect.changes) == ("lethal", "alarm-1", "False alarm.", True)
    office.perform("alarm_cancel", {"id": "alarm-1", "reason": "False alarm."}, 1)
    assert office.state.consoles["alarm-1"].state == "cancelled"
    assert (office.events[0].kind, office.events[0].data) == ("alarm.cancelled", {"id": "alarm-1", "reason": "False alarm."})


def test_a_note_does_not_stop_the_help(office: Office) -> None:
    assert office.effect("alarm_acknowledge", {"id": "alarm-1", "note": "Seen."}).irreversible == "no"
    office.perform("alarm_acknowledge", {"id": "alarm-1", "note": "Seen."}, 1)
    assert office.state.consoles["alarm-1"].state == "dispatched"
    assert office.state.consoles["alarm-1"].fields["acknowledged"] == "alex"


def test_a_mistake_can_be_put_right(office: Office) -> None:
    office.perform("alarm_cancel", {"id": "alarm-1", "reason": "x"}, 1)
    office.perform("alarm_dispatch", {"id": "alarm-1"}, 2)
    assert office.state.consoles["alarm-1"].state == "dispatched"
    assert office.events[-1].data == {"id": "alarm-1"}


def test_a_new_alarm_is_told(staged: Callable[..., Staging]) -> None:
    data = {"id": "alarm-2", "subject": "sara", "fields": {"place": "lift"}}
    office = Office(staged(cues=(Cue(id="c", who="watch", does="alarm.raised", data=data, minute=541),)))
    office.next_turn()
    assert "Console alarm: alarm-2 is raised" in office.news()
    assert office.perform("alarm_list", {}, 1).data == ["alarm-1", "alarm-2"]
