from __future__ import annotations

import itertools
from collections.abc import Callable

import msgspec
import pytest

from vigiles.model import canonical
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.record import Event
from vigiles.model.stamp import Stamp
from vigiles.sensors import records
from vigiles.sensors.accounts import Reaped, Usage
from vigiles.sensors.change import Change
from vigiles.sensors.files import attribute
from vigiles.sensors.scan import Seen

HERE = Coordinates(run="run-1", episode="ep-1")
Fresh = Callable[[], tuple[str, Stamp]]


@pytest.fixture
def fresh() -> Fresh:
    numbers = itertools.count(1)
    return lambda: (f"obs-{next(numbers)}", Stamp(wall_us=1, mono_us=2, boot="b"))


def of_call(call: int | None) -> Coordinates:
    return Coordinates(run="run-1", episode="ep-1", call=call)


def process(pid: int, call: int | None = 1, **more: int) -> Seen:
    return Seen(
        pid=pid,
        ppid=1,
        inner=pid + 1000,
        started=5,
        call=call,
        state="S",
        comm="p",
        exe="/usr/bin/p",
        argv=("p", "x"),
        own_us=more.get("own", 40),
        waited_us=2,
        io_bytes=None,
    )


def recordable(made: list[Event]) -> None:
    for one in made:
        assert canonical.encode(one)
    assert len({one.id for one in made}) == len(made)


def test_file_changes(fresh: Fresh) -> None:
    changes = [
        Change(
            path=".git/hooks/h\udcff", change="created", kind="file", size=3, mode=0o755, sha256="ab", flags=("git_hook",)
        ),
        Change(path="huge", change="modified", kind="file", size=2**62),
        Change(path="to", change="moved", kind="file", moved_from="from\udcff"),
    ]
    made = records.file_changes(changes, workdir="/w", attribution=attribute({4}), coordinates=of_call(4), fresh=fresh)
    recordable(list(made))
    assert [one.path for one in made] == ["/w/.git/hooks/h\\xff", "/w/huge", "/w/to"]
    assert [one.moved_from for one in made] == [None, None, "/w/from\\xff"]
    assert made[0].flags == ["git_hook"]
    assert made[0].attribution == Attribution(grade="inferred", call=4, methods=["sole_call"])


def test_gaps(fresh: Fresh) -> None:
    made = records.gaps({"b": 2, "a": 1}, sensor="overlay", coordinates=HERE, fresh=fresh)
    recordable(list(made))
    assert [(one.what, one.count) for one in made] == [("a", 1), ("b", 2)]


def test_compute(fresh: Fresh) -> None:
    def usage(call: int, cpu_us: int, busiest: Seen | None = None, reaped_only: bool = False) -> Usage:
        return Usage(
            call=call,
            interval_us=1000,
            cpu_us=cpu_us,
            total_us=cpu_us * 2,
            io_bytes=7,
            processes=1,
            busiest=busiest,
            busiest_us=5 if busiest else 0,
            reaped_only=reaped_only,
        )

    usages = [usage(1, 50, process(9)), usage(2, 0), usage(3, 10, reaped_only=True)]
    made = records.compute_records(usages, ended_calls={3}, of_call=of_call, fresh=fresh)
    recordable(list(made))
    assert [(m.attribution.call, m.attribution.methods, m.ended, m.cpu_us, m.total_us) for m in made] == [
        (1, ["uts"], False, 50, 100),
        (3, ["reaper"], True, 10, 20),
    ]
    assert (made[0].busiest_pid, made[0].busiest_argv) == (9, ["p", "x"])


def test_only_the_unannounced_start(fresh: Fresh) -> None:
    made = records.process_starts(
        [process(1), process(2, 2), process(3, None)], announced=lambda seen: seen.pid == 1, of_call=of_call, fresh=fresh
    )
    recordable(list(made))
    assert [(m.pid, m.via, m.attribution.grade, m.attribution.call) for m in made] == [
        (2, "scan", "exact", 2),
        (3, "scan", "none", None),
    ]


def test_exits_take_the_reapers_word(fresh: Fresh) -> None:
    made = records.process_exits(
        [process(1), process(2)], reaped=[Reaped(inner=1002, call=1, cpu_us=99)], of_call=of_call, fresh=fresh
    )
    recordable(list(made))
    assert [(m.pid, m.cpu_us) for m in made] == [(1, 42), (2, 99)]
    assert msgspec.json.decode(msgspec.json.encode(made[0]))["type"] == "process_exit"
