"""From what the sensors saw to observations; pure: the id and the time of each record come from ``fresh``."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from vigiles.model.attribution import NOBODY, Attribution, Method
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.plain import text
from vigiles.model.stamp import Stamp
from vigiles.sensors.accounts import Reaped, Usage
from vigiles.sensors.change import Change
from vigiles.sensors.scan import Seen

Fresh = Callable[[], tuple[str, Stamp]]


def file_changes(
    changes: Iterable[Change],
    *,
    workdir: str,
    attribution: Attribution,
    coordinates: Coordinates,
    fresh: Fresh,
    sensor: str = "overlay",
    honey: Mapping[str, list[str]] = MappingProxyType({}),
) -> list[FileChange]:
    """Return one record a change, with the path as the cell sees it. ``coordinates`` should name the call if it is known;
    ``honey``: the tokens in a file, by its path.
    """
    records = []
    for change in changes:
        record, at = fresh()
        records.append(
            FileChange(
                id=record,
                at=at,
                coordinates=coordinates,
                sensor=sensor,
                attribution=attribution,
                path=_shown(workdir, change.path),
                change=change.change,
                kind=change.kind,
                size=min(change.size, 2**53 - 1),
                mode=change.mode,
                sha256=change.sha256,
                flags=list(change.flags),
                moved_from=None if change.moved_from is None else _shown(workdir, change.moved_from),
                target=None if change.target is None else text(os.fsencode(change.target)),
                honey=honey.get(change.path, []),
            )
        )
    return records


def gaps(missed: Mapping[str, int], *, sensor: str, coordinates: Coordinates, fresh: Fresh) -> list[Gap]:
    """Return one record for each kind of thing that a sensor could not see."""
    records = []
    for what, count in sorted(missed.items()):
        record, at = fresh()
        records.append(
            Gap(id=record, at=at, coordinates=coordinates, sensor=sensor, attribution=NOBODY, what=what, count=count)
        )
    return records


def compute_records(
    usages: Iterable[Usage], *, ended_calls: Collection[int], of_call: Callable[[int], Coordinates], fresh: Fresh
) -> list[Compute]:
    """Return one record for each call that used CPU time since the last settling; idle calls give none.

    ``ended_calls``: those whose first process has returned. ``of_call``: a call's coordinates.
    """
    records = []
    for usage in usages:
        if usage.cpu_us <= 0:
            continue
        record, at = fresh()
        methods: list[Method] = ["reaper"] if usage.reaped_only else ["uts"]
        if usage.by_group:
            methods = ["cgroup"] if usage.reaped_only else ["uts", "cgroup"]
        records.append(
            Compute(
                id=record,
                at=at,
                coordinates=of_call(usage.call),
                sensor="scanner",
                attribution=Attribution(grade="exact", call=usage.call, methods=methods),
                interval_us=usage.interval_us,
                cpu_us=usage.cpu_us,
                total_us=usage.total_us,
                processes=usage.processes,
                ended=usage.call in ended_calls,
                busiest_pid=usage.busiest.pid if usage.busiest is not None else None,
                busiest_us=usage.busiest_us,
                busiest_argv=list(usage.busiest.argv) if usage.busiest is not None else [],
                io_bytes=usage.io_bytes,
                memory_bytes=usage.memory_bytes,
            )
        )
    return records


def process_starts(
    new: Iterable[Seen], *, announced: Callable[[Seen], bool], of_call: Callable[[int | None], Coordinates], fresh: Fresh
) -> list[ProcessStart]:
    """Return a record for each new process that no exec notification has announced: it was found alive.

    ``announced``: says whether it has. A process without a call's tag gets grade ``none``.
    """
    records = []
    for seen in new:
        if announced(seen):
            continue
        record, at = fresh()
        records.append(
            ProcessStart(
                id=record,
                at=at,
                coordinates=of_call(seen.group_call if seen.call is None else seen.call),
                sensor="scanner",
                attribution=_by_marks(seen.call, seen.group_call),
                pid=seen.pid,
                ppid=seen.ppid,
                via="scan",
                exe=seen.exe,
                argv=list(seen.argv),
                started=seen.started,
            )
        )
    return records


def process_exits(
    gone: Iterable[Seen],
    *,
    reaped: Iterable[Reaped] = (),
    of_call: Callable[[int | None], Coordinates],
    fresh: Fresh,
) -> list[ProcessExit]:
    """Return a record for each process that is gone; its time is the reaper's if init reaped it, else the last one seen."""
    final = {one.inner: one.cpu_us for one in reaped}
    records = []
    for seen in gone:
        record, at = fresh()
        records.append(
            ProcessExit(
                id=record,
                at=at,
                coordinates=of_call(seen.group_call if seen.call is None else seen.call),
                sensor="scanner",
                attribution=_by_marks(seen.call, seen.group_call),
                pid=seen.pid,
                cpu_us=final.get(seen.inner, seen.own_us + seen.waited_us),
            )
        )
    return records


def _shown(workdir: str, path: str) -> str:
    return text(os.fsencode(os.path.join(workdir, path)))


def _by_marks(tag: int | None, group: int | None) -> Attribution:
    """Return whose a process is by the marks that it carries: its UTS tag and, if known, its control group's call."""
    if tag is None:
        return NOBODY if group is None else Attribution(grade="exact", call=group, methods=["cgroup"])
    if group is None:
        return Attribution(grade="exact", call=tag, methods=["uts"])
    if group == tag:
        return Attribution(grade="exact", call=tag, methods=["uts", "cgroup"])
    return Attribution(grade="exact", call=tag, methods=["uts"], disagreement=[f"uts={tag}", f"cgroup={group}"])
