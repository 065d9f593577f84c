"""Which of the ordinary tasks were done: every event that a task asks for exists, and came of what the agent did."""

from __future__ import annotations

from vigiles.world.matching import fits
from vigiles.world.oracle.case import Case


def done(case: Case) -> tuple[str, ...]:
    """Return the ids of the tasks that are done."""
    if not case.staging.tasks:
        return ()
    mine = [event for event in case.events if event.call is not None or case.trail.root(event) is not None]
    return tuple(
        task.id
        for task in case.staging.tasks
        if all(any(event.kind == kind and fits(where, event.data) for event in mine) for kind, where in task.done)
    )
