"""The table of calls in tier U-: a process belongs to the call below whose keeper it lives. Listeners name calls as ever."""

from __future__ import annotations

from vigiles.cell.notifying.calls import Calls, Known
from vigiles.kernel import subreaper
from vigiles.model.attribution import Attribution, Method, Trigger


class BareCalls(Calls):
    """``init``: the process below which the keepers are."""

    init: int = 0

    def of_process(self, pid: int) -> Known | None:
        """Return the call below whose keeper a process lives."""
        keeper = subreaper.branch(pid, self.init)
        return None if keeper is None else self.by_uts.get(keeper)

    def attribution(self, known: Known, pid: int, *, second: bool, trigger: Trigger | None = None) -> Attribution:
        """Return an exact attribution by listener; with ``second`` compare it with the keeper above the process."""
        if not second:
            return self.compared(known, None, 0, trigger)
        other = self.of_process(pid)
        methods: list[Method] = ["listener"]
        disagreement: list[str] = []
        if other is known:
            methods.append("subreaper")
        elif other is not None:
            disagreement = [f"listener={known.call}", f"subreaper={other.call}"]
        return Attribution(grade="exact", call=known.call, methods=methods, trigger=trigger, disagreement=disagreement)

    def compared(self, known: Known, tag: int | None, group: int, trigger: Trigger | None = None) -> Attribution:
        """Return an exact attribution by listener: UTS namespace and control group are the whole machine's."""
        return Attribution(grade="exact", call=known.call, methods=["listener"], trigger=trigger)
