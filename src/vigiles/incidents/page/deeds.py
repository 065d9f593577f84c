"""What was done about it: each response with its time, its target and whether it worked."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fixed, fold, record, section, table
from vigiles.model.response import Response
from vigiles.render.html import Child, Html, element
from vigiles.render.text import safe, safe_argv
from vigiles.render.words import count, moment, span

_ROWS = 40
_FROZEN = 24


def deeds(facts: Facts) -> Html:
    """Return the section."""
    responses = facts.timeline.responses
    if not responses:
        return section("responses", "What was done", element("p", "Nothing beyond recording it and telling."))
    first, left, last = fold(responses, _ROWS)
    rows = [_row(index, response) for index, response in first]
    if left:
        rows.append([f"… {count(left, 'response')} left out"])
    rows += [_row(index, response) for index, response in last]
    heads = ("record", "time (UTC)", "response", "target", "outcome", "after the finding")
    frozen = [(index, response) for index, response in responses if response.processes][:2]
    return section(
        "responses",
        "What was done",
        table("Responses, each of which passed the same gate as the agent's acts.", heads, rows),
        *(_snapshot(index, response) for index, response in frozen),
    )


def _row(index: int, response: Response) -> list[Child]:
    error = f": {safe(response.error, 200)}" if response.error else ""
    return [
        record(index),
        fixed(moment(response.at.wall_us)[:23]),
        response.kind.replace("_", " "),
        safe(response.target, 120),
        f"{response.outcome}{error}",
        span(response.took_us) if response.took_us else "-",
    ]


def _snapshot(index: int, response: Response) -> Html:
    """Return what was alive when the cell was frozen."""
    first, left, last = fold(response.processes, _FROZEN)
    rows: list[list[Child]] = []
    for number, one in enumerate([*first, *last]):
        if left and number == len(first):
            rows.append([f"… {count(left, 'process', 'processes')} left out"])
        call = "-" if one.call is None else str(one.call)
        rows.append([one.pid, one.ppid, call, span(one.cpu_us), element("code", safe_argv(one.argv or [one.exe], 200))])
    alive, flows = count(len(response.processes), "process", "processes"), count(len(response.flows), "open flow")
    caption = f"Alive when record [{index}] froze the cell: {alive}, {flows}."
    return table(caption, ("process", "parent", "call", "CPU time", "program and arguments"), rows)
