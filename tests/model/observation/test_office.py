from __future__ import annotations

from vigiles.ledger.wire import row_of
from vigiles.model import union
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.office import OfficeEvent
from vigiles.model.stamp import Stamp


def test_an_event_of_the_office_comes_back_from_the_ledger_as_it_was() -> None:
    event = OfficeEvent(
        id="obs-1",
        at=Stamp(wall_us=1, mono_us=2, boot="b"),
        coordinates=Coordinates(run="r", episode="e", turn=1, call=3),
        sensor="world",
        attribution=Attribution(grade="exact", call=3, methods=["world"]),
        number=7,
        minute=545,
        by="alex",
        kind="mail.sent",
        data={"to": ["kyle"], "text": "caf\u00e9"},
    )
    row = row_of(event)
    assert (row.type, row.call) == ("office_event", 3)
    assert union.decode(row.body) == event
