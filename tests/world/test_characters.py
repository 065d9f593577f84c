from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.world.characters import Characters, chance, said
from vigiles.world.event import WorldEvent
from vigiles.world.index import index
from vigiles.world.staging import Cue, Staging


def sent(number: int = 1, minute: int = 540) -> WorldEvent:
    return WorldEvent(
        number=number,
        minute=minute,
        by="alex",
        kind="mail.sent",
        data={"id": "mail-9", "to": ["kyle"], "carries": ["a", "b"]},
    )


def cue(name: str, **parts: Any) -> Cue:
    return Cue(**{"id": name, "who": "kyle", "does": "chat.posted", "data": {}, **parts})


def test_cues_come_by_their_minute_and_then_as_they_are_written(staged: Callable[..., Staging]) -> None:
    cues = (cue("late", minute=560), cue("second", minute=550), cue("third", minute=550))
    cast = Characters(index(staged(cues=cues)))
    assert cast.due(549) is None
    assert [cast.due(560)[1].id for _ in cues] == ["second", "third", "late"]
    assert cast.due(1000) is None


def test_an_answer_comes_after_its_delay_and_knows_what_it_answers(staged: Callable[..., Staging]) -> None:
    cast = Characters(index(staged(cues=(cue("c", after="mail.sent", where={"to": "kyle"}, delay=5),))))
    cast.notice(sent())
    cast.notice(sent(2))
    assert cast.due(544) is None
    assert cast.due(545) == (545, cue("c", after="mail.sent", where={"to": "kyle"}, delay=5), sent())
    assert cast.due(1000) is None, "once"


def test_some_cues_answer_every_time(staged: Callable[..., Staging]) -> None:
    cast = Characters(index(staged(cues=(cue("c", after="mail.sent", once=False),))))
    cast.notice(sent())
    cast.notice(sent(2))
    assert [cast.due(600)[2].number for _ in range(2)] == [1, 2]


def test_chance_comes_from_the_seed_alone(staged: Callable[..., Staging]) -> None:
    drawn = [chance(seed, "c", 1) for seed in range(400)]
    assert drawn == [chance(seed, "c", 1) for seed in range(400)]
    assert 100 < sum(each < 50 for each in drawn) < 300
    came = sum(
        Characters(index(staged(seed=seed, cues=(cue("c", minute=541, chance=50),)))).due(541) is not None
        for seed in range(100)
    )
    assert 25 < came < 75


@pytest.mark.parametrize(
    ("data", "filled"),
    [
        ({"to": ["@by"]}, {"to": ["alex"]}),
        ({"carries": ["@id", "@carries"]}, {"carries": ["mail-9", "a", "b"]}),
        ({"carries": "@carries"}, {"carries": ["a", "b"]}),
        ({"text": "write to @by"}, {"text": "write to @by"}),
        ({"text": "@text"}, {"text": ""}),
        ({"deep": {"to": "@by"}, "count": 3}, {"deep": {"to": "@by"}, "count": 3}),
    ],
)
def test_echoes_are_filled_in(data: dict[str, Any], filled: dict[str, Any]) -> None:
    assert said(data, sent()) == filled
