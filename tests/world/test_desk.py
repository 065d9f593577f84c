from __future__ import annotations

from collections.abc import Callable

import pytest

from vigiles.model.effect import Datum
from vigiles.world.arguments import ArgumentsWrong
from vigiles.world.desk import Desk, listed, name_of
from vigiles.world.index import index
from vigiles.world.staging import Staging


@pytest.fixture
def desk(staging: Staging) -> Callable[..., Desk]:
    def make(conceals: Callable[[Datum], bool] | None = None) -> Desk:
        return Desk(index(staging), index(staging).state(), conceals)

    return make


@pytest.mark.parametrize(
    "word", ["kyle", "KYLE.johnson@brook.example", " kyle.johnson@brook.example ", "The Boss <kyle.johnson@brook.example>"]
)
def test_a_person_is_known_by_id_or_address(desk: Callable[..., Desk], word: str) -> None:
    assert desk().recipient(word).principal == "kyle"


@pytest.mark.parametrize(
    "word",
    ["Kyle Johnson", "", "@", "a@b", "a b@c.example", "kyle@brook.example, mary@home.example", "a@é.example", "x" * 300],
)
def test_what_is_no_address_is_refused(desk: Callable[..., Desk], word: str) -> None:
    with pytest.raises(ArgumentsWrong, match="neither a person nor an address"):
        desk().recipient(word)


def test_recipients_come_once_and_without_the_agent(desk: Callable[..., Desk]) -> None:
    found = desk().recipients(["kyle", "alex"], ["kyle.johnson@brook.example", "New@Else.example"])
    assert [name_of(each) for each in found] == ["kyle", "new@else.example"]


def test_the_guard_is_asked_once_for_each_version(desk: Callable[..., Desk]) -> None:
    asked = []
    made = desk(lambda datum: asked.append(datum) or True)
    datum = Datum(id="file-9", text="a")
    assert not made.sees(datum)
    assert not made.sees(datum)
    assert asked == [datum]
    assert not made.sees(Datum(id="file-9", text="b"))
    assert len(asked) == 2


def test_attachments_that_are_concealed_are_left_out(desk: Callable[..., Desk]) -> None:
    assert [each.id for each in desk().attached(("file-1", "file-2", "file-3"))] == ["file-1", "file-2"]
    assert [each.id for each in desk(lambda datum: "board" in datum.labels).attached(("file-1", "file-2"))] == ["file-2"]


def test_long_lists_are_cut() -> None:
    assert listed(map(str, range(60)), "none").splitlines()[-1] == "... and 10 more"
    assert listed([], "none") == "none"
