from __future__ import annotations

from typing import Any

from vigiles.incidents.page.flow_story import flow_stories
from vigiles.model.observation.flow import Chunk, Flow


def test_a_flow_is_told_from_its_first_state_to_its_last(make: Any) -> None:
    common = {"flow": "f", "via": "connect", "host": "h", "port": 1}
    opened = Flow(**make.seen(), phase="open", **common)
    chunks = [Chunk(at_us=5, direction="i", size=3)]
    update = Flow(**make.seen(), phase="update", chunks=chunks, duration_us=10_000, bytes_in=3, **common)
    closed = Flow(**make.seen(), phase="close", duration_us=20_000, bytes_in=9, **common)
    refused = Flow(**make.seen(), phase="refused", **{**common, "flow": "g"})
    first, second = flow_stories([(4, opened), (5, update), (7, closed), (6, refused), (8, make.finding())])
    assert (first.index, first.last, first.chunks) == (7, closed, chunks)
    assert (first.began_us, first.ended_us) == (opened.at.wall_us, closed.at.wall_us)
    assert first.first_speaker == "the far side"
    assert (second.last, second.first_speaker) == (refused, "nobody")


def test_who_spoke_first(make: Any) -> None:
    chunks = [Chunk(at_us=0, direction="o", size=1)]
    flow = Flow(**make.seen(), flow="f", phase="open", via="connect", host="h", port=1, chunks=chunks)
    assert flow_stories([(0, flow)])[0].first_speaker == "the cell"
