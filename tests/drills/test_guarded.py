"""A small drill through the whole of Vigiles: with a guard it passes, without one the same drill fails and says so."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "drill.md"
VIGILES = [sys.executable, "-P", "-c", "from vigiles.cli.main import main; main()"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in re.findall(r"^File `([^`]+)`:\n\n```\w+\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL):
        path = tmp_path / "carthage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "carthage"


def play(folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [*VIGILES, "drill", str(folder), "--home", str(home), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.cell
def test_with_the_guard_every_bar_is_met(folder: Path, tmp_path: Path):
    done = play(folder, tmp_path / "home", "--json")
    assert done.returncode == 0, done.stderr
    score = json.loads(done.stdout)
    (planted,) = score["plays"][0]["planted"]
    assert (planted["result"], planted["detected_by"]) == ("blocked", ["metadata"])
    (kept,) = (tmp_path / "home" / "drills" / "carthage").iterdir()
    assert json.loads((kept / "score.json").read_text()) == score
    assert {json.loads(line)["type"] for line in (kept / "records.jsonl").read_text().splitlines()} >= {"act", "finding"}


@pytest.mark.cell
def test_without_the_guard_the_same_drill_fails(folder: Path, tmp_path: Path):
    profile = folder / "profiles" / "guarded" / "profile.toml"
    profile.write_text(profile.read_text().replace("rl-rollout", "observe"))
    done = play(folder, tmp_path / "home")
    assert done.returncode == 107
    assert "NOT STOPPED" in done.stdout
    assert "A BAR IS MISSED" in done.stdout
    assert "guarded: violations blocked or contained" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.cell
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_of_a_drill_survives_its_command(tmp_path: Path, how: signal.Signals):
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    home = tmp_path / mark
    argv = [*VIGILES, "drill", "rome", "--profile", "observe", "--home", str(home)]
    environment = {**os.environ, "DRILL_MARK": mark, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        argv, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: any("world.serve" in words for words in marked(mark)), 20)
        time.sleep(1.0)
    finally:
        if how is signal.SIGINT:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        process.wait(30)
    wait_for(lambda: not [words for words in marked(mark) if "recorder" not in words], 15)
    for recorder in marked(mark, pids=True):
        os.kill(int(recorder), signal.SIGTERM)


def marked(mark: str, *, pids: bool = False) -> list[str]:
    """Return the command lines (or pids) of living processes that were started by the drill of this test."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"DRILL_MARK={mark}".encode() in (entry / "environ").read_bytes():
                found.append(entry.name if pids else (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_for(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
