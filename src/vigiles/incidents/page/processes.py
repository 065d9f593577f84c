"""The process tree of each call: who started whom, when, and what was not seen to end."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fixed, fold, record, section, table
from vigiles.incidents.timeline import CallStory
from vigiles.incidents.tree import Branch
from vigiles.render.html import Child, Html, element
from vigiles.render.text import safe_argv
from vigiles.render.words import count, moment

_CALLS = 8
#: Rows over all calls; each call has at least a few of them.
_ROWS = 160
_DEEPEST = 16


def processes(facts: Facts) -> Html:
    """Return the section."""
    stories = [story for story in facts.timeline.calls if story.processes]
    shown = stories[:_CALLS]
    parts: list[Child] = [_tree(facts, story, max(_ROWS // len(shown), 12)) for story in shown]
    if len(stories) > len(shown):
        more = sum(len(story.processes) for story in stories[_CALLS:])
        parts.append(element("p", f"… and {count(more, 'process', 'processes')} of further calls", class_="soft"))
    if not stories:
        parts.append(element("p", "No process of the incident's calls was seen to start."))
    return section("processes", "Processes", *parts)


def _tree(facts: Facts, story: CallStory, limit: int) -> Html:
    first, left, last = fold(story.processes, limit)
    rows = [_row(facts, branch) for branch in first]
    if left:
        rows.append([f"… {count(left, 'process', 'processes')} left out"])
    rows += [_row(facts, branch) for branch in last]
    alive = sum(not branch.ended for branch in story.processes)
    caption = (
        f"Call {story.call}: {count(len(story.processes), 'process', 'processes')}, {alive} not seen to end. "
        "A child stands under its parent, moved to the right."
    )
    return table(caption, ("record", "process", "parent", "started (UTC)", "ended", "program and arguments"), rows)


def _row(facts: Facts, branch: Branch) -> list[Child]:
    start = branch.start
    depth = min(branch.depth, _DEEPEST)
    deeper = f"({branch.depth}) " if branch.depth > _DEEPEST else ""
    bend = f"{'  ' * (depth - 1)}└ {deeper}" if depth else ""
    return [
        record(facts.numbers.get(start.id)),
        start.pid,
        start.ppid,
        fixed(moment(start.at.wall_us)[11:23]),
        "yes" if branch.ended else "not seen",
        element("code", element("span", bend, class_="tree"), safe_argv(start.argv or [start.exe], 300)),
    ]
