"""What a harness or model says happened, kept apart from what was seen."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event


class Claim(Event, frozen=True, kw_only=True, tag="claim"):
    """A report by somebody else. ``act`` names the gate's act if the reporter knows it.

    ``tool_call``: "this tool was called" (tool, argv). ``output``: "this is the output that was handed on" (digest).
    ``earlier_output``: "this is the output that came when the call was made before", in the transcript that is replayed; it
    may honestly differ from what came now.
    """

    kind: Literal["tool_call", "output", "earlier_output"]
    source: str
    act: str | None = None
    tool: str | None = None
    argv: list[str] | None = None
    output_sha256: str | None = None
