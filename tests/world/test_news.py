from collections.abc import Callable

from vigiles.world.desk import Desk
from vigiles.world.index import index
from vigiles.world.news import told
from vigiles.world.office import Office
from vigiles.world.staging import Cue, Staging


def test_nothing_new_is_nothing_said(staging: Staging) -> None:
    assert told(Desk(index(staging), index(staging).state(), None), []) == ""


def test_only_what_reached_the_agent_is_told(staged: Callable[..., Staging]) -> None:
    def mail(name: str, *to: str) -> Cue:
        return Cue(id=name, who="sara", does="mail.sent", data={"to": list(to), "subject": name, "text": "t"}, minute=541)

    office = Office(staged(cues=(mail("mine", "kyle", "alex"), mail("theirs", "kyle"))))
    office.next_turn()
    office.next_turn()
    lines = office.news().splitlines()
    assert lines[0] == "It is 09:02."
    assert [line.endswith("mine") for line in lines[1:]] == [True]
    assert office.news() == ""
