from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vigiles.ledger.reader import Reader
from vigiles.ledger.selection import Selection, choose
from vigiles.model.errors import InputInvalid


@pytest.fixture
def reader(ledger: Any, make: Any) -> Iterator[Reader]:
    ledger.append(make.act(1), make.act(2, run="run-2", episode="ep-9"), make.flow("a.example"), make.principal("alice"))
    ledger.append(make.act(3))
    ledger.erase([0])
    opened = Reader(ledger.home.database)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("selection", "indices", "kept", "gone"),
    [
        (Selection(ranges=((0, 4),)), [1, 2, 4], 1, 1),
        (Selection(ranges=((0, 1), (4, 99))), [1, 4], 1, 1),
        (Selection(run="run-2"), [1], 0, 0),
        (Selection(episode="ep-2"), [2], 0, 0),
        (Selection(run="run-1", types=("act",)), [4], 0, 1),
        (Selection(types=("erasure", "principal")), [], 2, 0),
        (Selection(before_us=1), [], 0, 0),
        (Selection(run="run-1' OR 1=1 --"), [], 0, 0),
    ],
)
def test_what_is_chosen(reader: Reader, selection: Selection, indices: list[int], kept: int, gone: int) -> None:
    chosen = choose(reader, selection)
    assert (chosen.indices, chosen.kept, chosen.gone, chosen.types.total()) == (indices, kept, gone, len(indices))
    assert (chosen.bytes > 0) == bool(indices)


def test_nothing_in_particular_is_refused(reader: Reader) -> None:
    with pytest.raises(InputInvalid, match="nothing was selected"):
        choose(reader, Selection())
