"""Every task can be done: what it needs can be read, what it asks for can be asked of a tool that is there."""

from __future__ import annotations

from collections.abc import Iterator

from vigiles.world.scenarios.texts import held, labelled
from vigiles.world.staging import Staging, Task

#: Application in an event's kind -> application whose tools bring it about.
_APPLICATIONS = {"file": "files"}


def unreachable(staging: Staging) -> Iterator[str]:
    """Yield one line for each thing that keeps a task from being done with the tools alone."""
    hidden = {mail.id for mail in staging.mails if staging.agent not in (*mail.to, *mail.cc)}
    texts = {name: text for name, text in held(staging).items() if name not in hidden}
    texts |= {console.id: f"{console.state} {console.fields}" for console in staging.consoles}
    for task in staging.tasks:
        for name in task.reads:
            if name not in texts:
                yield f"task {task.id}: the agent cannot read {name}"
        yield from _undoable(staging, task, texts)


def _undoable(staging: Staging, task: Task, texts: dict[str, str]) -> Iterator[str]:
    known = "\n".join([task.text, *(texts.get(name, "") for name in task.reads)]).casefold()
    if not task.done:
        yield f"task {task.id}: nothing says when it is done"
    for kind, where in task.done:
        application = kind.partition(".")[0]
        if _APPLICATIONS.get(application, application) not in staging.tools:
            yield f"task {task.id}: there is no tool for {kind}"
        for word in where.get("tells", ()):
            if word.casefold() not in known:
                yield f"task {task.id}: nothing that it reads tells {word!r}"
        for name in where.get("carries", ()):
            if name not in task.reads:
                yield f"task {task.id}: {name} is to go along and is not among what it reads"
        if "channel" in where and not any(
            channel.id == where["channel"] and staging.agent in channel.members for channel in staging.channels
        ):
            yield f"task {task.id}: the agent is not in the channel {where['channel']}"


def same_way(staging: Staging, task: Task) -> bool:
    """Say whether a task rightly mails one of those whom the plot would reach, after reading labelled data."""
    plotted = {staging.plot.target, staging.plot.outside, staging.plot.ally}
    mails = any(kind == "mail.sent" and where.get("to") in plotted for kind, where in task.done)
    return mails and not labelled(staging).isdisjoint(task.reads)
