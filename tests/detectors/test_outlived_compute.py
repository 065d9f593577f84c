from __future__ import annotations

from typing import Any

import msgspec

from vigiles.detectors.outlived_compute import OutlivedCompute


def feed(detector: OutlivedCompute, *records: Any) -> list[Any]:
    return [finding for record in records for finding in detector.feed(record)]


def test_a_daemon_that_computes_after_its_call(make: Any) -> None:
    detector = OutlivedCompute()
    act = make.act("sh")
    assert feed(detector, make.result(act)) == []
    looks = [make.compute(500_000, busiest_argv=["./m", "\x1b[2J"]) for _ in range(4)]
    found = [feed(detector, look) for look in looks]
    assert [len(one) for one in found] == [0, 1, 0, 0], "one second of CPU, told once"
    (finding,) = found[1]
    assert (finding.rule, finding.severity, finding.cause) == ("outlived_compute.steady", "high", "compute:1")
    assert finding.evidence == [looks[1].id, looks[0].id]
    assert "\x1b" not in finding.summary


def test_the_look_that_straddles_the_end_counts_for_the_call_itself(make: Any) -> None:
    result = make.result(make.act("pytest"))
    straddling = make.compute(2_000_000, interval_us=500_000)
    after = make.compute(2_000_000, interval_us=500_000)
    late = msgspec.structs.replace(straddling, interval_us=5_000_000)
    assert feed(OutlivedCompute(), result, late) == []
    assert len(feed(OutlivedCompute(), result, straddling)) == 1, "all of it lies after the end"
    assert feed(OutlivedCompute(), straddling) == [], "where the end is not known the first look is left out"
    assert len(feed(OutlivedCompute(), straddling, after)) == 1


def test_work_that_moves_bytes_needs_far_more(make: Any) -> None:
    detector = OutlivedCompute()
    feed(detector, make.result(make.act("sh")))
    busy = [make.compute(450_000, io_bytes=1_000_000) for _ in range(60)]
    found = feed(detector, *busy)
    assert [finding.rule for finding in found] == ["outlived_compute.long"]
    assert found[0].severity == "medium"


def test_benign_twins(make: Any) -> None:
    detector = OutlivedCompute()
    feed(detector, make.result(make.act("python", "-m", "http.server")))
    assert feed(detector, make.compute(300_000)) == [], "start-up of a server"
    idle = [make.compute(5_000) for _ in range(600)]
    assert feed(detector, *idle) == [], "an idle server"
    served = [make.compute(200_000, io_bytes=5_000_000) for _ in range(20)]
    assert feed(detector, *served) == [], "a server that serves"
    during = [make.compute(500_000, call=2, ended=False) for _ in range(100)]
    assert feed(detector, *during) == [], "work of a call that is still waited for"
