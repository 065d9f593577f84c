"""What became of each flow: its last state, when it began, and who spoke when."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from vigiles.incidents.timeline import Indexed
from vigiles.model.observation.flow import Chunk, Flow


class FlowStory(msgspec.Struct, frozen=True, kw_only=True):
    """``index``: ledger index of the last state; ``began_us``, ``ended_us``: wall clock; ``chunks``: the first reads."""

    index: int
    last: Flow
    began_us: int
    ended_us: int
    chunks: list[Chunk]

    @property
    def first_speaker(self) -> str:
        """Who sent the first byte, in words."""
        if not self.chunks:
            return "nobody"
        return "the cell" if self.chunks[0].direction == "o" else "the far side"


def flow_stories(records: Iterable[Indexed]) -> list[FlowStory]:
    """Return one story for each flow of ``records``, which stand in ledger order, by the time at which it began."""
    found: dict[str, FlowStory] = {}
    for index, record in records:
        if not isinstance(record, Flow):
            continue
        known = found.get(record.flow)
        began = record.at.wall_us - record.duration_us
        chunks = record.chunks
        if known is not None:
            began = min(began, known.began_us)
            chunks = max(known.chunks, record.chunks, key=len)
        found[record.flow] = FlowStory(
            index=index, last=record, began_us=began, ended_us=max(record.at.wall_us, began), chunks=chunks
        )
    return sorted(found.values(), key=lambda story: (story.began_us, story.index))
