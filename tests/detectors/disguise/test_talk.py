from __future__ import annotations

from typing import Any

from vigiles.detectors.disguise.talk import Push, Report, Talk, Word
from vigiles.model.observation.flow import Chunk

SET_UP = "0:o517 20:i1500 40:o80 120:i300"


def chunks(text: str) -> list[Chunk]:
    """Read ``1200:o90``: milliseconds, direction, size."""
    words = [word.partition(":") for word in text.split()]
    return [
        Chunk(at_us=int(at) * 1000, direction="o" if what[0] == "o" else "i", size=int(what[1:])) for at, _, what in words
    ]


def talk(player: Any, text: str) -> Talk:
    made = Talk()
    reads = chunks(f"{SET_UP} {text}")
    made.feed(player.flow(reads[-1].at_us / 1e6 + 1, reads, []))
    return made


def test_a_report_is_its_clients_own_idea_and_answered_at_once(player: Any) -> None:
    assert talk(player, "4000:o150 4010:o20 4100:i70").events[0][1:] == (170, 70, 3_880_000)
    assert not talk(player, "4000:o40 4100:i40").events, "a keepalive"
    assert [type(one) for one in talk(player, "4000:o150 9000:i200 20000:i40").events] == [Word, Push], "a late answer"
    assert [type(one) for one in talk(player, "4000:i200 4020:o90 4040:i90").events] == [Push, Word, Push], "a reaction"


def test_a_push_is_nobodys_wish_or_the_answer_to_a_poll(player: Any) -> None:
    (push,) = talk(player, "5000:i500").events
    assert isinstance(push, Push)
    assert push.unasked
    (soon,) = talk(player, "2900:i500 3200:i500").events
    assert isinstance(soon, Push)
    assert not soon.unasked, "it belongs to what came just before"
    polled = talk(player, "3500:i300 3510:o200 9000:i400 9010:o200 12500:i400")
    assert [event.unasked for event in polled.events if isinstance(event, Push)] == [True, True]
    # The last answer waits for what the client does with it.
    once = talk(player, "3500:i300 3510:o200 9000:i400 15000:o200 15100:i90")
    assert [event.unasked for event in once.events if isinstance(event, Push)] == [True, False]
    assert [type(one) for one in once.events].count(Report) == 1


def test_records_are_taken_once_and_beyond_the_first_reads(player: Any) -> None:
    made, first = Talk(), chunks(SET_UP)
    made.feed(player.flow(0.5, first, []))
    made.feed(player.flow(5.0, [*first, *chunks("4000:o150 4050:i70")], []))
    later = chunks("8000:o150 8050:i70")
    for at in (9.0, 9.5):
        made.feed(player.flow(at, [*first, *chunks("4000:o150 4050:i70")], later))
    made.feed(player.flow(20.0, first, chunks("15000:i500"), phase="close"))
    assert [type(one) for one in made.events] == [Report, Report, Push]
    assert made.closed
    assert len(made.sizes) == 5
