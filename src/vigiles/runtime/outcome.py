"""What the caller of a call or act gets back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vigiles.model.act import Act
from vigiles.model.feedback import FeedbackValue
from vigiles.model.result import Result
from vigiles.model.verdict import Verdict


@dataclass(frozen=True)
class Outcome:
    """One call or act, judged and, if allowed, done.

    ``call`` is its number in the episode. ``stdout``/``stderr`` are what the process wrote, cut at the profile's limit
    (``result.truncated``). ``value`` is what an in-process act returned. ``agent_text`` is what to tell the agent: empty, or
    the constant sentence of a refusal. ``feedback`` is what is known now; :meth:`Episode.feedback` says it again later.
    """

    call: int
    act: Act
    verdict: Verdict
    result: Result
    stdout: bytes = b""
    stderr: bytes = b""
    value: Any = None
    agent_text: str = ""
    feedback: FeedbackValue = "nothing"

    @property
    def allowed(self) -> bool:
        """Whether the act was done at all."""
        return self.verdict.decision in ("allow", "modify")

    @property
    def exit_code(self) -> int | None:
        """The process's exit code, None if it was refused or killed."""
        return self.result.exit_code

    @property
    def signal(self) -> int | None:
        """The signal that killed the process."""
        return self.result.signal
