"""The way through a trajectory: which use an output belongs to, and when a turn begins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from vigiles.model.errors import InputInvalid
from vigiles.protocols.transcript.said import NextTurn, ToolOutput, ToolUse
from vigiles.runtime.trajectory.report import Report
from vigiles.runtime.trajectory.source import Source

T = TypeVar("T")

#: How many uses are waited for with their outputs: they are held until then, and a transcript may never bring one.
_WAITING = 64


@dataclass
class Walk(Generic[T]):
    """Walks one trajectory. ``T`` is what the walker keeps of each use until ``on_output`` gets it with its output."""

    source: Source
    report: Report
    on_output: Callable[[T, str], None]
    _of_label: dict[str, T] = field(default_factory=dict)
    _of_tool: dict[str, T] = field(default_factory=dict)
    _used: bool = False
    _answered: bool = False

    async def steps(self) -> AsyncIterator[tuple[str, ToolUse, bool]]:
        """Yield each use with its place, and whether it begins a turn after the first. An entry that cannot be read ends
        the walk, and the report says so.
        """
        entries = self.source.said()
        spoke = False
        while True:
            try:
                where, said = await anext(entries)
            except StopAsyncIteration:
                return
            except InputInvalid as error:
                self.report.stopped = error
                return
            for one in said:
                if isinstance(one, NextTurn):
                    spoke = True
                elif isinstance(one, ToolUse):
                    begins = self._used and (spoke or self._answered)
                    self._used, self._answered, spoke = True, False, False
                    yield where, one, begins
                    if one.output is not None:
                        self._told(ToolOutput(one.output, one.label, one.tool))
                else:
                    self._answered = True
                    self._told(one)

    def kept(self, use: ToolUse, what: T) -> None:
        """Remember what was made of a use until its output comes."""
        if use.label is not None:
            self._of_label[use.label] = what
        self._of_tool[use.tool] = what
        for known in (self._of_label, self._of_tool):
            while len(known) > _WAITING:
                del known[next(iter(known))]

    def _told(self, output: ToolOutput) -> None:
        known, name = (self._of_label, output.label) if output.label is not None else (self._of_tool, output.tool)
        if name is not None and name in known:
            self.on_output(known.pop(name), output.output)
        else:
            self.report.strangers += 1
