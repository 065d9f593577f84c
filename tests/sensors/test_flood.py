"""Floods are told in numbers, and the numbers add up."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.model import canonical
from vigiles.model.attribution import NOBODY, Attribution, Trigger
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded
from vigiles.model.observation.base import Observation
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded, decode
from vigiles.sensors.flood import Floods, Rate

SMALL = Rate(thing=5, thing_again=1, whole=20, whole_again=2)
SECOND = 1_000_000


class World:
    """Observations one after the other, on a clock that only moves when told to."""

    def __init__(self) -> None:
        self._names = itertools.count()
        self.us = 1000

    def wait(self, us: int) -> None:
        self.us += us

    def stamp(self) -> Stamp:
        return Stamp(wall_us=self.us, mono_us=self.us, boot="b")

    def name(self) -> str:
        return f"obs-{next(self._names)}"

    def _head(self, call: int | None = 1, **more: Any) -> dict[str, Any]:
        seen = NOBODY if call is None else Attribution(grade="exact", call=call, methods=["listener"])
        place = Coordinates(run="r", episode="e", call=call)
        return {
            "id": self.name(),
            "at": self.stamp(),
            "coordinates": place,
            "sensor": "notifier",
            "attribution": seen,
        } | more

    def connect(self, port: int = 80, outcome: Any = "refused", pid: int = 7, **more: Any) -> Connect:
        reason: Any = "egress_address" if outcome == "refused" else "allowed"
        return Connect(
            **self._head(**more), pid=pid, family="inet", transport="tcp", address="203.0.113.1", port=port,
            outcome=outcome, reason=reason,
        )  # fmt: skip

    def start(self, *argv: str, pid: int = 7, **more: Any) -> ProcessStart:
        return ProcessStart(**self._head(**more), pid=pid, ppid=1, via="exec", exe=argv[0], argv=list(argv))

    def exit(self, pid: int = 7, **more: Any) -> ProcessExit:
        return ProcessExit(**self._head(**more), pid=pid, status=0, cpu_us=3)

    def bind(self, port: int = 80, **more: Any) -> Bind:
        return Bind(**self._head(**more), pid=7, family="inet", transport="tcp", address="127.0.0.1", port=port)

    def dns(self, name: str = "a.example", **more: Any) -> DnsQuery:
        return DnsQuery(**self._head(**more), name=name, qtype="A", outcome="refused", reason="dns_name")

    def flow(self, flow: str, phase: Any = "refused", bytes_out: int = 10, **more: Any) -> Flow:
        return Flow(
            **self._head(**more), flow=flow, phase=phase, via="connect", host="a.example", port=443, protocol="tls",
            bytes_out=bytes_out, bytes_in=2,
        )  # fmt: skip

    def file(self, path: str = "/w/a", **more: Any) -> FileChange:
        return FileChange(**self._head(**more), path=path, change="created")

    def gap(self, count: int = 4, **more: Any) -> Gap:
        return Gap(**self._head(**more), what="program arguments", count=count)


@pytest.fixture
def world() -> World:
    return World()


def floods(world: World, telling: Callable[[Observation], bool] = lambda _: False, rate: Rate = SMALL) -> Floods:
    return Floods(world.name, telling, rate, rate)


def run(kept: Floods, records: list[Recorded]) -> list[Recorded]:
    return [told for record in records for told in kept.take(record)]


def numbers(out: list[Recorded]) -> list[Flood]:
    return [record for record in out if isinstance(record, Flood)]


def test_the_first_are_recorded_one_by_one_and_the_rest_in_one_record(world: World) -> None:
    kept = floods(world)
    seen = [world.start("/bin/true", str(n)) for n in range(1000)]
    out = run(kept, list(seen))
    assert out == seen[:5]
    (flood,) = kept.flush(world.stamp())
    assert (flood.kind, flood.what, flood.count, flood.distinct) == ("process_start", "exec", 995, 995)
    assert [(thing.name, thing.count) for thing in flood.things] == [("/bin/true", 995)]
    assert flood.samples[0] == ["/bin/true", "/bin/true", "5"]
    assert (len(flood.samples), len(flood.digests)) == (8, 32)
    assert flood.attribution.call == 1
    assert decode(canonical.encode(flood)) == flood
    assert kept.flush(world.stamp()) == []


def test_a_flood_is_told_while_it_goes_on_at_growing_intervals(world: World) -> None:
    kept = floods(world, rate=Rate(thing=1, thing_again=0, whole=20, whole_again=0))
    out: list[Recorded] = []
    for _ in range(300):
        out += kept.take(world.connect())
        world.wait(100_000)
    told = [flood.last.mono_us - flood.first.mono_us for flood in numbers(out)]
    assert told == [1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 10 * SECOND]


def test_settling_tells_what_is_due_and_nothing_else(world: World) -> None:
    kept = floods(world)
    run(kept, [world.connect() for _ in range(10)])
    assert kept.settle(world.stamp()) == []
    world.wait(SECOND)
    (flood,) = kept.settle(world.stamp())
    assert (flood.count, flood.at) == (5, world.stamp())
    assert kept.settle(world.stamp()) == []


def test_one_a_second_of_each_thing_goes_on(world: World) -> None:
    kept = floods(world)
    out = []
    for _ in range(100):
        out += [record for record in kept.take(world.connect()) if isinstance(record, Connect)]
        world.wait(100_000)
    assert 5 + 9 <= len(out) <= 5 + 10


def test_what_is_new_has_room_when_what_is_known_has_used_its_half(world: World) -> None:
    kept = floods(world)
    out = run(kept, [world.connect(port) for port in range(1, 6) for _ in range(50)])
    assert len(out) == 5 + 5 + 3, "the third thing has the first half's last token, the fourth and fifth are new"
    new = run(kept, [world.connect(port) for port in range(100, 200)])
    assert [record.port for record in new if isinstance(record, Connect)] == list(range(100, 107))


def test_refusals_do_not_compete_with_what_was_let_through(world: World) -> None:
    kept = floods(world)
    run(kept, [world.connect(port, "inside") for port in range(1, 500)])
    assert len(run(kept, [world.connect(port) for port in range(1, 10)])) == 9


@pytest.mark.parametrize("other", [{"call": 2}, {"call": None}, {"sensor": "scanner"}])
def test_calls_and_sensors_have_rates_of_their_own(world: World, other: dict[str, Any]) -> None:
    kept = floods(world)
    run(kept, [world.connect() for _ in range(100)])
    assert len(run(kept, [world.connect(**other) for _ in range(100)])) == 5
    assert sorted(flood.count for flood in kept.flush(world.stamp())) == [95, 95]


def test_contradictions_that_all_differ_are_a_flood_too(world: World) -> None:
    kept = floods(world, lambda record: bool(record.attribution.disagreement))
    seen = [Attribution(grade="exact", call=1, disagreement=[f"pid={n}"]) for n in range(1000)]
    out = run(kept, [world.connect(attribution=one) for one in seen])
    assert [record.attribution for record in out if isinstance(record, Connect)] == seen[:40], "20 and 20 of their own"
    (flood,) = kept.flush(world.stamp())
    assert (flood.count, flood.attribution.call) == (960, 1)


def test_the_end_of_a_call_tells_its_floods_only(world: World) -> None:
    kept = floods(world)
    run(kept, [world.connect(call=call) for call in (1, 2) for _ in range(10)])
    assert [flood.attribution.call for flood in kept.flush(world.stamp(), 2)] == [2]
    assert [flood.attribution.call for flood in kept.flush(world.stamp())] == [1]


def test_what_tells_something_by_itself_has_a_rate_of_its_own(world: World) -> None:
    kept = floods(world, lambda record: isinstance(record, ProcessStart) and record.argv[-1].startswith("secret"))
    run(kept, [world.start("/bin/cat", str(n)) for n in range(100)])
    assert len(run(kept, [world.start("/bin/cat", "secret"), world.start("/bin/cat", "secret 2")])) == 2
    assert len(run(kept, [world.start("/bin/cat", "secret") for _ in range(100)])) < 10, "and it is a rate"


def test_what_a_telling_process_does_is_passed_on(world: World) -> None:
    kept = floods(world, lambda record: isinstance(record, ProcessStart) and record.exe == "ssh")
    run(kept, [world.connect(outcome="inside") for _ in range(100)])
    run(kept, [world.start("ssh", pid=9)])
    assert len(run(kept, [world.connect(outcome="inside", pid=9)])) == 1
    run(kept, [world.start("true", pid=9), world.exit(pid=9)])
    assert run(kept, [world.connect(outcome="inside", pid=9)]) == []


def test_the_end_of_a_process_goes_with_its_start(world: World) -> None:
    kept = floods(world)
    out = run(kept, [world.start("true", pid=pid) for pid in range(100)])
    run(kept, [world.exit(pid=1000 + n) for n in range(100)])
    out = run(kept, [world.exit(pid=pid) for pid in range(100)])
    assert [record.pid for record in out if isinstance(record, ProcessExit)] == [0, 1, 2, 3, 4]


def test_a_flow_that_was_passed_on_is_passed_on_to_its_end(world: World) -> None:
    kept = floods(world)
    opened = run(kept, [world.flow(f"f{n}", "open") for n in range(50)])
    closed = run(kept, [world.flow(f"f{n}", "close", bytes_out=100) for n in range(50)])
    assert [f"f{n}" for n in range(5)] == [flow.flow for flow in opened if isinstance(flow, Flow)]
    assert {flow.flow for flow in opened if isinstance(flow, Flow)} <= {f.flow for f in closed if isinstance(f, Flow)}
    by_what = {flood.what.split()[0]: flood for flood in kept.flush(world.stamp())}
    whole = sum(flow.bytes_out for flow in closed if isinstance(flow, Flow)) + by_what["close"].bytes_out
    assert whole == 50 * 100
    assert by_what["open"].bytes_out == 0, "an open flow's bytes come with its end"


def test_sums(world: World) -> None:
    kept = floods(world, rate=Rate(thing=0, whole=0, thing_again=0, whole_again=0))
    run(kept, [*(world.gap(4) for _ in range(3)), *(world.exit() for _ in range(5)), world.flow("a"), world.flow("b")])
    told = {flood.kind: flood for flood in kept.flush(world.stamp())}
    assert told["gap"].missed == 12
    assert told["process_exit"].cpu_us == 15
    assert (told["flow"].bytes_out, told["flow"].bytes_in) == (20, 4)


def test_a_request_of_another_call_is_not_told_of_the_whole_flood(world: World) -> None:
    kept = floods(world, rate=Rate(thing=0, whole=0))
    asked = Attribution(grade="exact", call=1, trigger=Trigger(state="exact", call=2))
    run(kept, [world.connect(attribution=asked), world.connect()])
    assert all(flood.attribution.trigger is None for flood in kept.flush(world.stamp()))


def test_what_no_workload_makes_at_will_is_left_alone(world: World) -> None:
    kept = floods(world, rate=Rate(thing=0, whole=0))
    used = Compute(**world._head(), interval_us=1, cpu_us=1, total_us=1, processes=1, ended=False)
    ended = CallEnded(id="e", at=world.stamp(), coordinates=None, cpu_us=1, processes=0)
    assert run(kept, [used, ended]) == [used, ended]


def test_memory_is_bounded_and_what_makes_room_is_told(world: World) -> None:
    kept = floods(world, rate=Rate(thing=1, whole=1))
    out = run(kept, [record for call in range(2000) for record in (world.bind(call=call), world.bind(call=call))])
    assert len(kept._classes) <= 512
    assert len(kept._buckets) <= 16_384
    assert len(out) + sum(flood.count - 1 for flood in numbers(out)) + len(kept.flush(world.stamp())) == 4000


makers = st.sampled_from(["connect", "start", "exit", "bind", "dns", "file", "gap", "flow"])


@given(
    steps=st.lists(
        st.tuples(makers, st.integers(0, 30), st.sampled_from([1, 2, None]), st.sampled_from([0, 1, 90_000, 700_000])),
        max_size=300,
    ),
    settle_every=st.integers(1, 50),
)
@settings(max_examples=60)
def test_the_numbers_add_up(steps: list[tuple[str, int, int | None, int]], settle_every: int) -> None:
    world = World()
    kept = floods(world, lambda record: isinstance(record, Connect) and record.port % 7 == 0)
    given_in: list[Observation] = []
    out: list[Recorded] = []
    for at, (kind, n, call, wait) in enumerate(steps):
        world.wait(wait)
        options: dict[str, dict[str, Any]] = {
            "connect": {"port": n}, "bind": {"port": n}, "exit": {"pid": n}, "gap": {"count": n + 1},
            "dns": {"name": f"{n}.example"}, "file": {"path": f"/w/{n % 3}/{n}"},
        }  # fmt: skip
        if kind == "start":
            record: Observation = world.start("/bin/" + "ab"[n % 2], str(n), pid=n, call=call)
        elif kind == "flow":
            record = world.flow(f"f{n}", ("open", "update", "close", "refused")[n % 4], call=call)
        else:
            record = getattr(world, kind)(call=call, **options[kind])
        given_in.append(record)
        out += kept.take(record)  # type: ignore[arg-type]  # all of these are of the union
        if at % settle_every == 0:
            out += kept.settle(world.stamp())
    out += kept.flush(world.stamp())
    singles = [record for record in out if not isinstance(record, Flood)]
    told = numbers(out)
    assert len(singles) + sum(flood.count for flood in told) == len(given_in)
    for kind in ("connect", "process_start", "process_exit", "bind", "dns_query", "file_change", "gap", "flow"):
        one_by_one = sum(1 for record in singles if record.__struct_config__.tag == kind)
        counted = sum(flood.count for flood in told if flood.kind == kind)
        assert one_by_one + counted == sum(1 for record in given_in if record.__struct_config__.tag == kind)
    missed = sum(record.count for record in given_in if isinstance(record, Gap))
    assert sum(record.count for record in singles if isinstance(record, Gap)) + sum(f.missed for f in told) == missed
    for flood in told:
        assert 1 <= flood.distinct <= flood.count
        assert sum(thing.count for thing in flood.things) <= flood.count
        assert flood.first.mono_us <= flood.last.mono_us <= flood.at.mono_us
    assert [record for record in given_in if record in singles] == singles, "in order, and unchanged"
