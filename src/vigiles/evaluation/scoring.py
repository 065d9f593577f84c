"""The monitors' scores of one episode: on record before an act is judged, and highest where nobody can say."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from vigiles.detectors.monitor.cascade import step
from vigiles.detectors.monitor.judge import Judge, judged
from vigiles.detectors.monitor.watch import MONITORS
from vigiles.evaluation.choosing import Chosen
from vigiles.evaluation.chronicle import Chronicle
from vigiles.evaluation.conversation import ToolCall, Turn
from vigiles.evaluation.parts import Monitors
from vigiles.model.act import Act
from vigiles.model.effect import Datum, Effect
from vigiles.model.score import MOST
from vigiles.safeguards.monitors import MODEL_JUDGE

#: The scores of what could not be scored.
_UNSCORED: dict[str, int] = dict.fromkeys(map(str, MONITORS), MOST)


class Scoring:
    """Asks the monitors, if there are any; ``failed`` is told of an error of theirs."""

    def __init__(
        self,
        monitors: Monitors | None,
        chronicle: Chronicle,
        failed: Callable[[str, Exception], None],
        second: Judge | None = None,
    ) -> None:
        self._monitors = monitors
        self._second = second
        #: Nanoseconds that the judge took to answer, all acts together.
        self.looked_ns = 0
        #: How often it gave no score, and why it last did not.
        self.judge_failures = 0
        self.judge_fault: str | None = None
        self._chronicle = chronicle
        self._failed = failed

    def of(self, call: ToolCall, effect: Effect, turn: Turn) -> dict[str, int]:
        """Return the scores of a call that is only thought of; nothing is recorded."""
        if self._monitors is None:
            return {}
        try:
            return self._monitors.scores(call.tool, effect, turn.reasoning or "", turn.text)
        except Exception as error:
            self._failed("monitor", error)
            return dict(_UNSCORED)

    def recorded(self, act: Act, effect: Effect, chosen: Chosen) -> dict[str, int]:
        """Return an act's scores and put them on record; what could not be scored has the highest."""
        if self._monitors is None:
            return {}
        turn = chosen.turn
        try:
            marks = self._monitors.marks(act.tool, effect, turn.reasoning or "", turn.text)
        except Exception as error:
            self._failed("monitor", error)
            self._chronicle.unscored(act, type(error).__name__)
            return dict(_UNSCORED)
        scores = {mark.monitor: max(mark.score, chosen.raised.get(mark.monitor, 0)) for mark in marks}
        for mark in marks:
            self._chronicle.score(act, mark, scores[mark.monitor])
        return scores

    async def looked(self, act: Act, effect: Effect, turn: Turn, scores: dict[str, int]) -> dict[str, int]:
        """Return the scores with the dear judge's, on record, where the cascade asks it: not about what is ordinary.

        A judge that fails stops the act, as everywhere; but what would have been done with an answer nobody knows, so it is
        counted.
        """
        if self._second is None or step(scores.get("both", MOST)) == "pass":
            return scores
        began = time.perf_counter_ns()
        mark = await judged(self._second, act.tool, effect, turn.reasoning or "", turn.text)
        self.looked_ns += time.perf_counter_ns() - began
        if mark.fault is not None:
            self.judge_failures += 1
            self.judge_fault = mark.fault
        self._chronicle.score(act, mark, mark.score)
        return scores | {MODEL_JUDGE: mark.score}

    def performed(self, tool: str, effect: Effect, read: Sequence[Datum]) -> None:
        """Tell the monitors of an act that was done. Raises what they raise."""
        if self._monitors is not None:
            self._monitors.performed(tool, effect, read)

    def refused(self) -> None:
        """Tell the monitors of an act that was refused."""
        if self._monitors is not None:
            try:
                self._monitors.refused()
            except Exception as error:
                self._failed("monitor", error)
