from __future__ import annotations

from typing import Any

from vigiles.model.union import Recorded
from vigiles.runtime.suggest import learn
from vigiles.runtime.suggest.learn import Learned, Learner


def learned_of(records: list[Recorded]) -> Learned:
    learner = Learner()
    for record in records:
        learner.look(record)
    for record in records:
        learner.learn(record)
    return learner.done()


def test_honest_work_is_learned(observed: list[Recorded]) -> None:
    learned = learned_of(observed)
    assert learned.hosts == {"packages.example:443", "api.example:8443"}
    assert learned.programs == {"python3"}
    assert learned.tools == {("tool_call", "lookup")}
    peaks = learned.peaks
    assert (peaks.egress_bytes_call, peaks.cpu_us_call, peaks.wall_us_call) == (50_001_000, 2_000_000, 4_000_000)
    assert peaks.wall_us_episode > 20_000_000


def test_what_looks_dangerous_is_left_out_and_says_why(observed: list[Recorded]) -> None:
    left = {what: why for _, what, why in learned_of(observed).left}
    assert left["pool.example:3333"] == "finding stratum.conversation"
    assert left["169.254.169.254:80"].startswith("finding metadata.")
    assert "10.0.0.7" in left["inside.example:443"]
    assert left["git.example:22"] == "it spoke ssh; the door passes TLS and HTTP"
    assert left["bad_host!:443"] == "no host that can be judged"
    assert left["only-asked.example"].startswith("looked up only")
    assert left["/w/.git/hooks/pre-commit"] == "waits for review (git_hook)"
    assert left['evil\x1b") || true'] == "its name is not plain"
    assert left["model.bin"] == "the rules would refuse it"


def test_a_place_with_a_finding_is_left_out_even_where_it_was_used_honestly_before(making: Any) -> None:
    making.flow("pool.example", 443, 1)
    making.flow("pool.example", 443, 2, protocol="stratum", marks=["stratum.method=mining.subscribe"])
    learned = learned_of(making.done())
    assert learned.hosts == set()
    assert [left.what for left in learned.left] == ["pool.example:443"]


def test_a_run_of_no_pattern_stays_bounded(making: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(learn, "MOST", 10)
    for number in range(50):
        making.flow(f"h{number}.example")
    learned = learned_of(making.done())
    assert len(learned.hosts) <= 10
    assert len(learned.left) <= 10
