"""The benchmarks run; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEEDS_BUBBLEWRAP = pytest.mark.skipif(which("bwrap") is None, reason="bubblewrap, the reference, is not installed")


def benchmarks(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--rounds", "1", "--out", str(out), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def measured(out: Path, *words: str) -> dict[str, dict[str, object]]:
    done = benchmarks(out, *words)
    assert done.returncode == 0, done.stderr
    assert (out / "benchmarks.md").read_text().startswith("# ")
    results = json.loads((out / "benchmarks.json").read_text())
    return {row["name"]: row for row in results["rows"]}


@pytest.mark.cell
@pytest.mark.alone
def test_the_gate_is_measured_without_bubblewrap(tmp_path: Path) -> None:
    rows = measured(tmp_path / "out", "--only", "gate")
    assert set(rows) == {"durable acts, 64 open", "median added, 1,000 acts/s paced", "p99 added, 1,000 acts/s paced"}
    for row in rows.values():
        assert row["ours"]["min"] > 0  # type: ignore[index]  # parsed JSON
        assert row["passed"] in (True, False)


def test_the_ledger_is_measured(tmp_path: Path) -> None:
    rows = measured(tmp_path / "out", "--only", "ledger")
    names = {f"query by {name}, 50,000 records" for name in ("run", "call", "host", "finding")}
    assert set(rows) >= names | {"bulk append of 50,000 records", "verify 50,000 records, index columns too"}
    assert len(rows) == 7
    for row in rows.values():
        assert row["ours"]["min"] > 0  # type: ignore[index]  # parsed JSON
        assert row["passed"] in (True, False)


def test_the_office_is_measured(tmp_path: Path) -> None:
    rows = measured(tmp_path / "out", "--only", "office")
    assert len(rows) == 4
    for name, row in rows.items():
        assert row["ours"]["min"] > 0  # type: ignore[index]  # parsed JSON
        assert (row["passed"] is None) == (name == "scripted episodes, all safeguards of the gate, and monitors")


def test_the_door_is_measured_beside_a_direct_connection(tmp_path: Path) -> None:
    rows = measured(tmp_path / "out", "--only", "door")
    downloads = {name.removeprefix("large download, ") for name in rows if name.startswith("large download, ")}
    assert downloads == {"http:// by the proxy port", "transparent port", "TLS passed on", "TLS terminated"}
    assert sum(name.startswith("200 small requests a second, ") for name in rows) == 6
    for row in rows.values():
        assert row["ours"]["min"] > 0  # type: ignore[index]  # parsed JSON


@pytest.mark.cell
@pytest.mark.alone
@NEEDS_BUBBLEWRAP
def test_start_up_and_overhead_are_measured_beside_bubblewrap(tmp_path: Path) -> None:
    rows = measured(tmp_path / "out", "--only", "start-up", "--only", "overhead")
    assert {name.partition(",")[0] for name in rows} >= {"no-network", "rl-rollout", "find /usr/share"}
    assert sum("us added each" in str(row["note"]) for row in rows.values()) == 1
    for row in rows.values():
        assert row["ratio"]["median"] > 0  # type: ignore[index]  # parsed JSON
        assert str(row["bar"]).startswith("<= ")


@pytest.mark.cell
@pytest.mark.alone
@NEEDS_BUBBLEWRAP
def test_the_command_line_is_measured_as_json_on_standard_output(tmp_path: Path) -> None:
    done = benchmarks(tmp_path / "out", "--only", "command-line", "--json")
    assert done.returncode == 0, done.stderr
    names = [row["name"] for row in json.loads(done.stdout)["rows"]]
    assert names == ["vigiles run -- true, warm recorder", "vigiles run -- true, first run in a new home"]


def test_an_unknown_part_is_refused_in_one_line(tmp_path: Path) -> None:
    done = benchmarks(tmp_path / "out", "--only", "nothing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_bubblewrap_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = benchmarks(tmp_path / "out", "--only", "command-line")
    assert done.returncode == 100
    assert "Install the package bubblewrap" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.cell
@pytest.mark.alone
def test_nine_cells_keep_their_pace_while_a_tenth_floods(tmp_path: Path) -> None:
    """The bar of the benchmark is higher; here the machine may be busy with anything."""
    (row,) = measured(tmp_path / "out", "--only", "floods").values()
    assert row["ratio"]["median"] >= 0.5  # type: ignore[index]  # parsed JSON
