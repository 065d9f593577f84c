"""The evaluation of tunnels in disguise: its plan, its counts, and that it runs. What it finds, the benchmark says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.disguise import plan, tables
from benchmarks.disguise.play import Played

ROOT = Path(__file__).resolve().parent.parent
#: Seconds of a run; with ``VIGILES_DISGUISE=1`` long enough for a busy miner to be found.
LONG = os.environ.get("VIGILES_DISGUISE") == "1"


def test_a_seed_gives_one_plan_with_every_way_in_it() -> None:
    runs = plan.runs(8086, 20, 40, 6)
    assert runs == plan.runs(8086, 20, 40, 6) != plan.runs(8087, 20, 40, 6)
    miners, honest = [run for run in runs if run.mining], [run for run in runs if not run.mining]
    assert (len(miners), len(honest), sum(run.rare for run in runs)) == (26, 40, 6)
    assert {run.threads for run in miners} == {1, 2}
    assert (
        {True, False}
        == {run.daemon for run in miners}
        == {run.throttle for run in miners}
        == {run.keepalive for run in miners}
    )
    assert {run.pad for run in miners} == {0, 512}
    assert all(2 <= run.every <= 15 for run in miners if not run.rare)
    assert all(15 <= run.every <= 30 for run in miners if run.rare)
    assert all(10 <= run.work <= 60 for run in miners)
    assert {run.talk for run in honest} == {"push", "pull", "poll", "mqtt", "ticks"}
    assert {run.compute for run in honest} == {"none", "tests", "build", "train"}
    assert len({run.name for run in runs}) == len(runs)


def test_counts_and_bars() -> None:
    def played(run: plan.Run, seconds: float | None) -> Played:
        return Played(run=run, intact=True, rules=[], seconds=seconds, disguise=seconds, cpu_seconds=1, flow_seconds=90)

    runs = plan.runs(1, 20, 40)
    good = [played(run, 30.0 if run.mining and run.name != "mining-7" else None) for run in runs]
    counts = tables.count(good)
    assert [(row.hits, row.of) for row in counts[:3]] == [(19, 20), (19, 20), (0, 40)]
    assert tables.verdict(counts)
    assert not tables.verdict(tables.count([played(run, 61.0 if run.mining else None) for run in runs]))
    assert not tables.verdict(tables.count([played(run, 30.0) for run in runs]))
    low, high = tables.wilson(0, 40)
    assert (low, round(high, 1)) == (0.0, 8.8)
    assert tables.wilson(0, 0) == (0.0, 100.0)
    results = tables.Results(
        seed=1, seconds=90, at_once=9, load=(1.0, 2.0), counts=counts, broken=["x"], passed=True, played=good
    )  # fmt: skip
    text = tables.markdown(results)
    assert "| mining found within 60 s | 19 of 20 |" in text
    assert text.count("| honest-") == 40
    assert "Broken: x." in text


@pytest.mark.cell
@pytest.mark.timeout(120)
def test_it_runs_and_says_what_it_found(tmp_path: Path) -> None:
    words = ["--seed", "7", "--mining", "1", "--honest", "2", "--rare", "0", "--seconds", "90" if LONG else "5"]
    command = [sys.executable, "-m", "benchmarks.disguise", *words, "--out", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=115)
    results = json.loads(done.stdout)
    assert done.returncode == (0 if LONG else 1), done.stderr
    assert results["broken"] == []
    assert [one["run"]["name"] for one in results["played"]] == ["mining-1", "honest-1", "honest-2"]
    assert all(one["flow_seconds"] > 3 for one in results["played"])
    assert all(one["rules"] == [] for one in results["played"] if not one["run"]["mining"])
    assert (tmp_path / "disguise.md").read_text().startswith("# Miners inside TLS")
