"""The bar of attribution: every actor right, every trigger right or unknown, with several calls open at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

pytestmark = pytest.mark.cell

NETWORK_ACTS, CPU_DAEMONS, AT_ONCE = 120, 20, 3
DAEMONS_PER_CALL = 4
BURN_US = 150_000
BESIDE = "beside a"

Record = dict[str, Any]


@pytest.fixture(scope="module")
def played(play: Any) -> Record:
    result: Record = play(Path(__file__).with_name("workload.py"))
    return result


def of_type(played: Record, kind: str) -> list[Record]:
    return [record for record in played["records"] if record["type"] == kind]


def by_port(played: Record, kind: str) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = defaultdict(list)
    for record in of_type(played, kind):
        found[record["port"]].append(record)
    return found


def actor(record: Record, truth: int) -> str:
    """Judge an attribution: right (exact and true), ambiguous (owned up to), or wrong."""
    attribution = record["attribution"]
    if attribution["grade"] in ("exact", "inferred"):
        return "right" if attribution["call"] == truth else "wrong"
    return "ambiguous"


def trigger(record: Record, asker: int | None) -> str:
    """Judge a trigger: right, unknown, wrong, or not stated."""
    said = record["attribution"]["trigger"]
    if said is None:
        return "none"
    if said["state"] == "unknown":
        return "unknown"
    return "right" if said["call"] == asker else "wrong"


def test_every_actor_is_right(played: Record) -> None:
    connects, flows = by_port(played, "connect"), by_port(played, "flow")
    assert len(played["acts"]) >= NETWORK_ACTS
    judged: dict[str, Counter[str]] = defaultdict(Counter)
    mistakes = []
    for act in played["acts"]:
        seen = connects[act["port"]] + flows[act["port"]]
        assert connects[act["port"]], f"no connect was recorded for {act}"
        assert flows[act["port"]], f"no flow was recorded for {act}"
        verdicts = {actor(record, act["call"]) for record in seen}
        worst = next(word for word in ("wrong", "ambiguous", "right") if word in verdicts)
        judged[act["kind"]][worst] += 1
        judged[act["kind"]]["acts"] += 1
        judged[act["kind"]]["trigger " + trigger(connects[act["port"]][0], act["asker"])] += 1
        if worst != "right":
            mistakes.append((act, [record["attribution"] for record in seen]))
    show(judged, compute_row(played))
    assert mistakes == []


def show(judged: dict[str, Counter[str]], cpu: Counter[str]) -> None:
    columns = ("acts", "right", "ambiguous", "wrong", "trigger right", "trigger unknown", "trigger none", "trigger wrong")
    table = Table(title="attribution")
    for name in ("kind", *columns):
        table.add_column(name)
    for kind, counts in sorted({**judged, "fork-only CPU daemons": cpu}.items()):
        table.add_row(kind, *(str(counts[column]) for column in columns))
    Console(width=150).print(table)


def test_no_trigger_is_wrong(played: Record) -> None:
    connects = by_port(played, "connect")
    said = [(act, record) for act in played["acts"] for record in connects[act["port"]] if BESIDE not in act["kind"]]
    assert [act for act, record in said if trigger(record, act["asker"]) == "wrong"] == []


@pytest.mark.parametrize("what", ["visit", "chat"])
def test_somebody_who_stands_by_is_no_trigger(played: Record, what: str) -> None:
    connects = by_port(played, "connect")
    said = [(act, record) for act in played["acts"] for record in connects[act["port"]] if act["kind"].endswith(f"a {what}")]
    assert len(said) == 9
    assert [act for act, record in said if trigger(record, act["asker"]) == "wrong"] == []


def test_a_single_asker_over_tcp_is_the_trigger(played: Record) -> None:
    connects = by_port(played, "connect")
    asked = [act for act in played["acts"] if act["kind"] == "tcp request, one asker"]
    assert len(asked) == 9
    assert {trigger(connects[act["port"]][0], act["asker"]) for act in asked} == {"right"}


@pytest.mark.parametrize("kind", ["unix request", "fifo request"])
def test_a_request_by_a_way_that_cannot_be_traced_is_unknown(played: Record, kind: str) -> None:
    connects = by_port(played, "connect")
    asked = [act for act in played["acts"] if act["kind"] == kind]
    assert len(asked) == 9
    assert {trigger(connects[act["port"]][0], act["asker"]) for act in asked} <= {"right", "unknown"}


def test_a_call_that_acts_for_itself_has_no_known_trigger(played: Record) -> None:
    connects = by_port(played, "connect")
    own = [act for act in played["acts"] if act["asker"] is None and BESIDE not in act["kind"]]
    assert {trigger(connects[act["port"]][0], None) for act in own} <= {"none", "unknown"}


def test_calls_really_overlapped(played: Record) -> None:
    """Act to the end of the call's last process; otherwise the rest proves little."""
    ends = {record["coordinates"]["call"]: record["at"]["mono_us"] for record in of_type(played, "call_ended")}
    edges = []
    for record in of_type(played, "act"):
        call = record["coordinates"]["call"]
        edges += [(record["at"]["mono_us"], 1), (ends.get(call, 1 << 60), -1)]
    most, open_ = 0, 0
    for _, step in sorted(edges):
        open_ += step
        most = max(most, open_)
    assert most >= AT_ONCE


def found_alive(played: Record) -> list[Record]:
    calls = set(played["cpu"])
    starts = [record for record in of_type(played, "process_start") if record["via"] == "scan"]
    return [r for r in starts if any(word.startswith("cpu,") for word in r["argv"]) or r["coordinates"]["call"] in calls]


def compute_row(played: Record) -> Counter[str]:
    """A look may also have met a fork on its way to become a daemon: such are counted as acts too."""
    row: Counter[str] = Counter()
    for record in told_apart(played):
        row[actor(record, truth_of(record, played))] += 1
        row["acts"] += 1
    return row


def told_apart(played: Record) -> list[Record]:
    """Those that can be judged: one that was met while it ended shows its kernel name and no arguments any more."""
    return [record for record in found_alive(played) if len(record["argv"]) > 1]


def truth_of(record: Record, played: Record) -> int:
    """A CPU call has its own ordinal in its arguments; the workload noted which call that was."""
    ordinal = next(word for word in record["argv"] if word.startswith("cpu,")).split(",")[2]
    return int(played["cpu"][int(ordinal)])


def test_daemons_that_only_fork_and_compute(played: Record) -> None:
    assert len(played["cpu"]) * DAEMONS_PER_CALL >= CPU_DAEMONS
    alive: Counter[int] = Counter()
    for record in told_apart(played):
        assert record["attribution"]["grade"] == "exact"
        assert record["attribution"]["call"] == truth_of(record, played)
        alive[record["attribution"]["call"]] += 1
    assert set(alive) == set(played["cpu"])
    assert all(count >= DAEMONS_PER_CALL for count in alive.values())


def test_their_cpu_time_is_their_calls(played: Record) -> None:
    computes = of_type(played, "compute")
    for call in played["cpu"]:
        mine = [record for record in computes if record["attribution"]["call"] == call]
        assert {record["attribution"]["grade"] for record in mine} == {"exact"}
        assert any(record["ended"] for record in mine), "the daemons outlived their call"
        assert mine[-1]["total_us"] == sum(record["cpu_us"] for record in mine)
        # What they burned, and what three Python start-ups and the looks' grain may add.
        assert DAEMONS_PER_CALL * BURN_US * 0.9 <= mine[-1]["total_us"] <= DAEMONS_PER_CALL * BURN_US * 1.5


def test_nothing_was_lost_and_nothing_disagreed(played: Record) -> None:
    assert of_type(played, "gap") == []
    assert [r for r in played["records"] if r.get("attribution", {}).get("disagreement")] == []
