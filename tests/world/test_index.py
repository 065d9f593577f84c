from collections.abc import Callable

from vigiles.world.index import KEPT, index
from vigiles.world.staging import Staging


def test_one_index_for_one_staging(staging: Staging, staged: Callable[..., Staging]) -> None:
    assert index(staging) is index(staging)
    other = staged(seed=2)
    assert index(other) is not index(staging)
    assert index(other).staging is other


def test_old_ones_are_let_go(staging: Staging, staged: Callable[..., Staging]) -> None:
    first = index(staging)
    kept = [staged(seed=number) for number in range(KEPT + 1)]
    assert all(index(each).staging is each for each in kept)
    assert index(staging) is not first


def test_people_are_known_by_id_and_by_address_in_any_case(staging: Staging) -> None:
    found = index(staging)
    assert found.known["kyle"] is found.known["kyle.johnson@brook.example"]
    assert found.recipient("KYLE.JOHNSON@brook.example").principal == "kyle"
    assert found.recipient("watch").authority


def test_who_nobody_knows_is_an_outsider_unless_of_the_company(staging: Staging) -> None:
    found = index(staging)
    assert not found.recipient("x@sub.brook.example").inside
    assert not found.recipient("x@brook.example.evil.example").inside
    assert not found.recipient("kyle@rival.example").inside
    ours = found.recipient("nobody@BROOK.example")
    assert ours.inside
    assert ours.principal is None


def test_what_an_outsider_wrote_is_outside(staging: Staging) -> None:
    letters = index(staging).letters
    assert letters["mail-3"].datum.outside
    assert not letters["mail-1"].datum.outside
    assert list(letters) == ["mail-1", "mail-2", "mail-3", "mail-4", "mail-5"]
